"""What the motion prior gives and costs: PPO + AMP against PPO alone, at equal steps and equal starts.

    python benchmarks/amp.py [--seeds 3] [--iterations 400] [--num-envs 512] [--folder DIR] [--set KEY=VALUE ...]

Both train on the same task with the same starts on the reference, each by its recipe (`make walk-amp`, `make walk`) in
a folder of its own, and are judged by the gate walk. The deterministic policies then walk at the demonstrations'
commands. How alike they are is measured without the discriminator (docs/amp.md): `distance` is 1-Wasserstein per joint
position and velocity, over the demonstrations' spread, averaged; `coordination` the same of stretches of all joints
together; `judge` the accuracy of a fresh judge. First come the measures of the demonstrations against themselves.
Throughput is timed in turns.
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any

import comparison
import numpy as np

TIMED = 10  # iterations of each, in turns


def main() -> int:
    arguments = comparison.make_parser(__doc__, 400, "runs/amp").parse_args()
    if not arguments.skip_throughput:
        configs = {"PPO + AMP": make_config(arguments, 0, True), "PPO alone": make_config(arguments, 0, False)}
        comparison.print_throughput(configs, before=1, timed=TIMED)
    print_demonstrations(make_config(arguments, 0, True))
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for amp in (False, True):
            started = time.monotonic()
            config = make_config(arguments, seed, amp)
            checkpoint = comparison.train(config)
            seconds = time.monotonic() - started
            passed = comparison.judge(checkpoint, "walk")["passed"]
            judged = {"gate walk": float(passed), "with the gate, s": time.monotonic() - started}
            print_row("PPO + AMP" if amp else "PPO alone", seed, seconds, judge(config, checkpoint) | judged)
            if amp:
                print_prior(checkpoint)
    return 0


def make_config(arguments: argparse.Namespace, seed: int, amp: bool) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import CONFIGS, STANDARD

    recipe = CONFIGS / "wildrobot_walk_amp.yaml" if amp else STANDARD
    return load_config(recipe, comparison.settings(arguments, seed, "amp" if amp else "ppo"))


def judge(config: Any, checkpoint: Path) -> dict[str, float]:
    """Means over the commands of the demonstrations, of the robots that did not fall, and how alike their walks are."""
    from playground_amp.motion.demonstrations import load_demonstrations
    from playground_amp.record.beside import walk_beside
    from playground_amp.robot.robot import load_robot
    from playground_amp.runs.checkpoint import read_policy

    walked = walk_beside(config, read_policy(checkpoint).params, load_demonstrations(config))
    speeds = [np.hypot(*take.clip.command[:2]) for take in walked.takes]
    figures = {
        name: mean(getattr(take.figures, name) for take in walked.takes)
        for name in ("speed_error", "torque_rms", "power")
    }
    return {
        "falls": walked.falls,
        **figures,
        "energy per meter": sum(take.figures.power for take in walked.takes) / sum(speeds),
        **measures(walked.likeness(load_robot(config.robot))),
    }


def measures(alike: Any) -> dict[str, float]:
    """The figures of a `Likeness` by name."""
    figures = {"distance": alike.distance, "coordination": alike.coordination}
    for name, accuracy in alike.judge._asdict().items():
        figures[f"judge on {name}"] = accuracy.share
        figures[f"judge on {name}, ±"] = (accuracy.high - accuracy.low) / 2
    return figures


def print_demonstrations(config: Any) -> None:
    from playground_amp.motion.demonstrations import load_demonstrations
    from playground_amp.motion.likeness import own_likeness
    from playground_amp.robot.robot import load_robot

    own = own_likeness(load_robot(config.robot), load_demonstrations(config))
    if own is not None:
        print_figures("demonstrations", measures(own))


def print_row(name: str, seed: int, seconds: float, figures: dict[str, float]) -> None:
    print_figures(f"{name}  seed {seed}  {seconds:.0f} s", figures)


def print_figures(name: str, figures: dict[str, float]) -> None:
    print("  ".join([name, *(f"{key} {value:.3f}" for key, value in figures.items())]), flush=True)


def print_prior(checkpoint: Path) -> None:
    from playground_amp.runs.tracking.metrics_log import read_records

    records: list[dict[str, Any]] = read_records(checkpoint.with_name("metrics.jsonl"))
    last = records[-len(records) // 3 :]
    names = [name for name in records[-1] if name.startswith("amp/")]
    print("  last third: " + "  ".join(f"{name} {mean(record[name] for record in last):.3f}" for name in names))


if __name__ == "__main__":
    sys.path.insert(0, str(comparison.ROOT))
    from playground_amp.cli.parser import run_command

    run_command(main)
