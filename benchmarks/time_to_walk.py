"""Seconds of training, and steps, from nothing until a policy passes the gate `walk`: the medians over seeds.

    python benchmarks/time_to_walk.py [--seeds 5] [--limit 180] [--every 30] [--num-envs 512] [--set KEY=VALUE ...]
    python benchmarks/time_to_walk.py --iterations 280          # judged once, at their end, as in `make walk`

Each seed trains for `--limit` seconds of training, compiling and saving not counted, and keeps
its policy every `--every` seconds. Then the policies are judged from the first on until one passes. Exits with 1
if the median is over the limit. `--keep benchmarks/time_to_walk.json` keeps the figures for docs/performance.md.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
ON_THE_CPU = {**os.environ, "JAX_PLATFORMS": "cpu"}  # where the gates judge, whatever trained


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=180.0, help="seconds of training")
    parser.add_argument("--every", type=float, default=30.0, help="seconds from one judged policy to the next")
    parser.add_argument("--iterations", type=int, help="train so many, and judge what comes of them alone")
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--keep", type=Path, metavar="FILE.json", help="where the seconds of each seed are kept")
    arguments = parser.parse_args()
    from playground_amp.outputs import json_object, require_output, write_output

    earlier = json_object("earlier figures of this benchmark (JSON)", "cores", "limit", "seconds", "steps")
    if arguments.keep:
        require_output(arguments.keep, earlier)
    found = [time_to_walk(seed, arguments) for seed in range(arguments.seeds)]
    middle, steps = (median(column) for column in zip(*found, strict=True))
    said = f"{middle:.0f} s of training, {steps:,.0f} steps"
    print(f"median of {len(found)} seeds: {said if middle < math.inf else f'not within {arguments.limit:.0f} s'}")
    if arguments.keep:
        judged = {"iterations": arguments.iterations} if arguments.iterations else {"every": arguments.every}
        kept = {"cores": os.cpu_count(), **judged, "limit": arguments.limit}
        for name, column in zip(("seconds", "steps"), zip(*found, strict=True), strict=True):
            kept[name] = [round(each) if each < math.inf else None for each in column]
        write_output(arguments.keep, earlier, (json.dumps(kept) + "\n").encode())
    return 0 if middle <= arguments.limit else 1


def time_to_walk(seed: int, arguments: argparse.Namespace) -> tuple[float, float]:
    """Seconds of training and steps; infinite if none of the policies passes."""
    with tempfile.TemporaryDirectory() as folder:
        for seconds, steps, policy in list(policies(seed, arguments, Path(folder))):
            command = [sys.executable, str(ROOT / "playground_amp/evaluate.py"), "--gate", "walk"]
            done = subprocess.run(
                [*command, "--checkpoint", str(policy)], env=ON_THE_CPU, capture_output=True, check=False
            )
            print(f"seed {seed}: {seconds:4.0f} s, {steps:9,} steps: {'passed' if done.returncode == 0 else 'failed'}")
            if done.returncode == 0:
                return seconds, steps
    return math.inf, math.inf


def policies(seed: int, arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[float, int, Path]]:
    """(seconds of training, steps, policy file) of one run, as it goes."""
    from measurements import make_config

    from playground_amp.learning.build import make_trainer
    from playground_amp.robot.identity import identity_of
    from playground_amp.robot.robot import load_robot
    from playground_amp.runs.checkpoint import save_policy
    from playground_amp.runs.contents import checkpoint_path
    from playground_amp.runs.training import Training

    iterations = f"trainer.num_iterations={arguments.iterations or 10**6}"
    config = make_config(arguments.num_envs, f"trainer.seed={seed}", iterations, *arguments.set)
    robot = identity_of(load_robot(config.robot, config.env.terrain)).as_plain()
    training, spent, due = Training(make_trainer, lambda said: None), 0.0, arguments.every
    while training.done < config.trainer.num_iterations:
        training.enter(config)
        plain = training.stage.config.model_dump(mode="json")
        for record, _ in training.iterations():
            spent += record["time/iteration"]
            if training.done == arguments.iterations if arguments.iterations else spent >= due:
                due += arguments.every
                path = checkpoint_path(folder, training.done)
                params = training.trainer.policy(training.state).params
                save_policy(path, metrics=record, params=params, config=plain, robot=robot)
                yield spent, int(record["env_steps"]), path
            if spent >= arguments.limit:
                return


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    from playground_amp.cli.parser import run_command

    run_command(main)
