"""What two ways to train are compared by: the same flags, trainings and gates, and throughput measured in turns."""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def make_parser(description: str | None, iterations: int, folder: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, default=iterations)
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--folder", type=Path, default=Path(folder), help=f"of the runs (default: {folder})")
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--skip-throughput", action="store_true")
    return parser


def settings(arguments: argparse.Namespace, seed: int, name: str) -> list[str]:
    """What the flags say of the run called `name` with that seed, as of --set."""
    return [
        f"trainer.num_envs={arguments.num_envs}",
        f"trainer.num_iterations={arguments.iterations}",
        f"trainer.seed={seed}",
        f"trainer.checkpoint_dir={arguments.folder}/{name}_seed{seed}",
        *arguments.set,
    ]


def train(config: Any) -> Path:
    """The policy file of a run."""
    from playground_amp.runs import loop

    folder = Path(config.trainer.checkpoint_dir)
    with contextlib.redirect_stdout(io.StringIO()):
        loop.train(config, use_wandb=False)
    return folder / f"final_iter_{config.trainer.num_iterations}.pkl"


def judge(checkpoint: Path, gate: str, *options: str) -> dict[str, Any]:
    """What a gate wrote about a policy, which is kept beside it. `options`: more of evaluate.py's."""
    path = checkpoint.with_name(f"gate_{gate}.json")
    command = [sys.executable, str(ROOT / "playground_amp/evaluate.py"), "--checkpoint", str(checkpoint)]
    command += ["--gate", gate, "--seed", "0", "--json", str(path), *options]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode > 1:  # it was not judged, and has said why; what an earlier run wrote may still be there
        sys.exit(done.returncode)
    return json.loads(path.read_text())


def print_throughput(configs: Mapping[str, Any], before: int, timed: int) -> None:
    """Steps a second of two configurations, iteration by iteration in turns, and the first one's share of the second's.

    `before`: iterations of each that are not timed.
    """
    import jax

    from playground_amp.learning.build import make_trainer

    trainers = {name: make_trainer(config) for name, config in configs.items()}
    states = {name: trainer.init() for name, trainer in trainers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in trainers}
    for _ in range(before + timed):
        for name, trainer in trainers.items():
            started = time.perf_counter()
            states[name], metrics, _ = trainer.iterate(states[name])
            jax.block_until_ready(metrics)
            seconds[name].append(time.perf_counter() - started)
    speed = {name: trainers[name].steps_per_iteration / median(times[before:]) for name, times in seconds.items()}
    first, second = speed.values()
    listed = ", ".join(f"{name} {value:,.0f} steps/s" for name, value in speed.items())
    print(f"{listed}: {first / second:.2f} of it", flush=True)
