"""What the motion prior gives and costs: PPO + AMP against PPO alone, at equal steps and equal starts.

    python benchmarks/amp.py [--seeds 3] [--iterations 400] [--num-envs 512] [--folder DIR] [--set KEY=VALUE ...]

Both train on the same task with the same starts on the reference, each run in a folder of its own, and are judged by
the gate walk. The deterministic policies then walk at the demonstrations' commands. Distance to the demonstrations:
1-Wasserstein per joint position and velocity, over the demonstrations' spread, averaged; the discriminator has no part
in it. Throughput is timed in turns, in this one run.
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
    from playground_amp.paths import STANDARD

    settings = comparison.settings(arguments, seed, "amp" if amp else "ppo")
    return load_config(STANDARD, [f"amp.enabled={str(amp).lower()}", *settings])


def judge(config: Any, checkpoint: Path) -> dict[str, float]:
    """Means over the commands of the demonstrations, of the robots that did not fall."""
    from playground_amp.amp.style_distance import style_distance
    from playground_amp.motion.demonstrations import load_demonstrations
    from playground_amp.record.recorder import record_takes
    from playground_amp.runs.checkpoint import read_policy

    clips = load_demonstrations(config)
    commands = np.array([clip.command for clip in clips], np.float32)
    takes = record_takes(config, read_policy(checkpoint).params, commands, seed=1)
    standing = [take for take in takes if not take.figures.fell]
    demonstrated = np.vstack([np.hstack([clip.qpos[:, 7:], clip.qvel[:, 6:]]) for clip in clips])
    walked = np.vstack([np.hstack([take.clip.qpos[:, 7:], take.clip.qvel[:, 6:]]) for take in standing])
    speeds = [np.hypot(*take.clip.command[:2]) for take in standing]
    figures = {
        name: mean(getattr(take.figures, name) for take in standing) for name in ("speed_error", "torque_rms", "power")
    }
    return {
        "falls": len(takes) - len(standing),
        "distance": float(style_distance(walked, demonstrated).mean()),
        **figures,
        "energy per meter": sum(take.figures.power for take in standing) / sum(speeds),
    }


def print_row(name: str, seed: int, seconds: float, figures: dict[str, float]) -> None:
    text = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
    print(f"{name}  seed {seed}  {seconds:.0f} s  {text}", flush=True)


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
