"""What the motion prior gives and costs: PPO + AMP against PPO alone, at equal steps and equal starts.

    python benchmarks/amp.py [--seeds 3] [--iterations 400] [--num-envs 512] [--folder DIR] [--set KEY=VALUE ...]

Both train on the same task with the same starts on the reference, each run in a folder of its own, and are judged by
the gate walk. The deterministic policies then walk at the demonstrations' commands. Distance to the demonstrations:
1-Wasserstein per joint position and velocity, over the demonstrations' spread, averaged; the discriminator has no part
in it. Throughput is timed in turns, in this one run.
"""

import argparse
import contextlib
import io
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

TIMED = 10  # iterations of each, in turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, default=400)
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--folder", type=Path, default=Path("runs/amp"), help="of the runs (default: runs/amp)")
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--skip-throughput", action="store_true")
    arguments = parser.parse_args()
    if not arguments.skip_throughput:
        print_throughput(arguments)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for amp in (False, True):
            started = time.monotonic()
            config = make_config(arguments, seed, amp)
            checkpoint, records = train(config)
            seconds = time.monotonic() - started
            passed = {"gate walk": float(gate_passed(checkpoint)), "with the gate, s": time.monotonic() - started}
            print_row("PPO + AMP" if amp else "PPO alone", seed, seconds, judge(config, checkpoint) | passed)
            if amp:
                print_prior(records)


def make_config(arguments: argparse.Namespace, seed: int, amp: bool) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.train import DEFAULT_CONFIG, PACKAGE

    settings = [
        f"trainer.num_envs={arguments.num_envs}",
        f"trainer.num_iterations={arguments.iterations}",
        f"trainer.seed={seed}",
        f"amp.enabled={str(amp).lower()}",
        f"trainer.checkpoint_dir={arguments.folder}/{'amp' if amp else 'ppo'}_seed{seed}",
    ]
    return load_config(PACKAGE / DEFAULT_CONFIG, [*settings, *arguments.set])


def train(config: Any) -> tuple[Path, list[dict[str, Any]]]:
    """The policy file of a run, and its metrics."""
    from playground_amp.training import loop
    from playground_amp.training.metrics_log import read_records

    with contextlib.redirect_stdout(io.StringIO()):
        loop.train(config, use_wandb=False)
    folder = Path(config.trainer.checkpoint_dir)
    return folder / f"final_iter_{config.trainer.num_iterations}.pkl", read_records(folder / "metrics.jsonl")


def gate_passed(checkpoint: Path) -> bool:
    evaluate = Path(__file__).resolve().parents[1] / "playground_amp" / "evaluate.py"
    command = [sys.executable, str(evaluate), "--checkpoint", str(checkpoint), "--gate", "walk"]
    done = subprocess.run([*command, "--json", str(checkpoint.with_name("gate_walk.json"))], capture_output=True)
    return done.returncode == 0


def judge(config: Any, checkpoint: Path) -> dict[str, float]:
    """Means over the commands of the demonstrations, of the robots that did not fall."""
    from playground_amp.evaluation.recorder import record
    from playground_amp.evaluation.style_distance import style_distance
    from playground_amp.reference.demonstrations import load_demonstrations
    from playground_amp.training.checkpoint import load_policy

    clips = load_demonstrations(config)
    commands = np.array([clip.command for clip in clips], np.float32)
    takes = record(config, load_policy(checkpoint)["params"], commands, seed=1)
    standing = [take for take in takes if not take.figures["fell"]]
    demonstrated = np.vstack([np.hstack([clip.qpos[:, 7:], clip.qvel[:, 6:]]) for clip in clips])
    walked = np.vstack([np.hstack([take.clip.qpos[:, 7:], take.clip.qvel[:, 6:]]) for take in standing])
    speeds = [np.hypot(*take.clip.command[:2]) for take in standing]
    figures = {name: mean(take.figures[name] for take in standing) for name in ("speed_error", "torque_rms", "power")}
    return {
        "falls": len(takes) - len(standing),
        "distance": float(style_distance(walked, demonstrated).mean()),
        **figures,
        "energy per metre": sum(take.figures["power"] for take in standing) / sum(speeds),
    }


def print_row(name: str, seed: int, seconds: float, figures: dict[str, float]) -> None:
    text = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
    print(f"{name}  seed {seed}  {seconds:.0f} s  {text}", flush=True)


def print_prior(records: list[dict[str, Any]]) -> None:
    last = records[-len(records) // 3 :]
    names = [name for name in records[-1] if name.startswith("amp/")]
    print("  last third: " + "  ".join(f"{name} {mean(record[name] for record in last):.3f}" for name in names))


def print_throughput(arguments: argparse.Namespace) -> None:
    import jax

    from playground_amp.training.build import make_trainer

    trainers = {amp: make_trainer(make_config(arguments, 0, amp)) for amp in (False, True)}
    states = {amp: trainer.iterate(trainer.init())[0] for amp, trainer in trainers.items()}
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(TIMED):
        for amp, trainer in trainers.items():
            started = time.perf_counter()
            states[amp], metrics = trainer.iterate(states[amp])
            jax.block_until_ready(metrics)
            seconds[amp].append(time.perf_counter() - started)
    speed = {amp: trainers[amp].steps_per_iteration / median(times) for amp, times in seconds.items()}
    share = speed[True] / speed[False]
    print(f"PPO alone {speed[False]:,.0f} steps/s, PPO + AMP {speed[True]:,.0f} steps/s: {share:.2f} of it", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
