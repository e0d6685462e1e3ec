"""What randomisation gives and costs: the gate `robust` of policies that were trained with it and without.

    python benchmarks/robust.py [--seeds 3] [--iterations 2500] [--num-envs 512] [--folder DIR] [--set KEY=VALUE ...]

Both are trained by wildrobot_robust.yaml; the second with the standard file's `domain_randomization:` (the floor's
friction alone differs, nobody is pushed). Throughput is timed in turns, in this one run, of robots that walk already:
after `--iterations-before` iterations of each.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TIMED = 15  # iterations of each, in turns
FIGURES = ("velocity_error", "yaw_rate_error", "torque_rms", "power")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, default=2500)
    parser.add_argument("--iterations-before", type=int, default=150, help="before throughput is timed")
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--folder", type=Path, default=Path("runs/robust"), help="of the runs (default: runs/robust)")
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--skip-throughput", action="store_true")
    arguments = parser.parse_args()
    if not arguments.skip_throughput:
        print_throughput(arguments)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for randomised in (True, False):
            started = time.monotonic()
            checkpoint = train(arguments, seed, randomised)
            trained = time.monotonic() - started
            result = judge(checkpoint)
            title = f"{'randomised' if randomised else 'nominal'}, seed {seed}"
            print_result(
                title, result, f"{trained:.0f} s of training, {time.monotonic() - started:.0f} s with the gate"
            )


def settings(arguments: argparse.Namespace, seed: int, randomised: bool) -> list[str]:
    from playground_amp.configs.loader import load_config
    from playground_amp.train import DEFAULT_CONFIG, PACKAGE

    standard = load_config(PACKAGE / DEFAULT_CONFIG).domain_randomization.model_dump(mode="json")
    nominal = [f"domain_randomization.{name}={json.dumps(value)}" for name, value in standard.items()]
    return [
        f"trainer.num_envs={arguments.num_envs}",
        f"trainer.num_iterations={arguments.iterations}",
        f"trainer.seed={seed}",
        f"trainer.checkpoint_dir={arguments.folder}/{'randomised' if randomised else 'nominal'}_seed{seed}",
        *([] if randomised else nominal),
        *arguments.set,
    ]


def make_config(arguments: argparse.Namespace, seed: int, randomised: bool, *more: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.evaluation.runner import FULL_RANGES

    return load_config(FULL_RANGES, [*settings(arguments, seed, randomised), *more])


def train(arguments: argparse.Namespace, seed: int, randomised: bool) -> Path:
    """The policy file of a run."""
    from playground_amp.evaluation.runner import FULL_RANGES

    command = [sys.executable, str(ROOT / "playground_amp/train.py"), "--config", str(FULL_RANGES), "--no-wandb"]
    subprocess.run([*command, "--set", *settings(arguments, seed, randomised)], check=True, stdout=subprocess.DEVNULL)
    config = make_config(arguments, seed, randomised)
    return Path(config.trainer.checkpoint_dir) / f"final_iter_{config.trainer.num_iterations}.pkl"


def judge(checkpoint: Path) -> dict[str, Any]:
    """What the gate `robust` wrote about a policy."""
    path = checkpoint.with_name("gate_robust.json")
    command = [sys.executable, str(ROOT / "playground_amp/evaluate.py"), "--checkpoint", str(checkpoint)]
    subprocess.run([*command, "--gate", "robust", "--json", str(path)], stdout=subprocess.DEVNULL, check=False)
    return json.loads(path.read_text())


def print_result(title: str, result: dict[str, Any], times: str) -> None:
    print(f"{title}: gate robust {'passed' if result['passed'] else 'FAILED'}; {times}")
    for cell in result["cells"]:
        figures = "  ".join(f"{name} {cell['means'][name]:.3f}" for name in FIGURES if cell["means"][name] is not None)
        mark = "" if cell["passed"] else "  FAIL"
        print(f"  {cell['name']:18} survival {cell['survival']['share']:.3f}  {figures}{mark}", flush=True)


def print_throughput(arguments: argparse.Namespace) -> None:
    import jax

    from playground_amp.training.build import make_trainer

    full = "trainer.curriculum.enabled=false"
    trainers = {randomised: make_trainer(make_config(arguments, 0, randomised, full)) for randomised in (True, False)}
    states = {randomised: trainer.init() for randomised, trainer in trainers.items()}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(arguments.iterations_before + TIMED):
        for randomised, trainer in trainers.items():
            started = time.perf_counter()
            states[randomised], metrics = trainer.iterate(states[randomised])
            jax.block_until_ready(metrics)
            seconds[randomised].append(time.perf_counter() - started)
    speed = {name: trainers[name].steps_per_iteration / median(times[-TIMED:]) for name, times in seconds.items()}
    share = speed[True] / speed[False]
    print(f"randomised {speed[True]:,.0f} steps/s, nominal {speed[False]:,.0f} steps/s: {share:.2f} of it", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
