"""Environment steps a second, with learning: this project's training, raw physics, and Brax's trainer on MJX.

    python benchmarks/throughput.py [--num-envs 512] [--iterations 20] [--skip-brax]

Every figure comes from this one run, on this machine: quote the ratios. Each part runs in a process of its own, one
after the other; time to the first update counts from the start of that process, imports and compiling included.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

PARTS = ("raw", "wildrobot", "brax")
PATIENCE = 900  # s for a part
STARTED = time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--iterations", type=int, default=20, help="timed iterations (Brax on MJX: two)")
    parser.add_argument("--skip-brax", action="store_true", help="leave out the slow baseline")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        measure = {"raw": raw_physics, "wildrobot": wildrobot_training, "brax": brax_training}[arguments.part]
        print(json.dumps(measure(arguments.num_envs, arguments.iterations)))
        return
    report({part: run_part(part, arguments) for part in PARTS if part != "brax" or not arguments.skip_brax})


def run_part(part: str, arguments: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--part", part, "--num-envs", str(arguments.num_envs)]
    command += ["--iterations", str(arguments.iterations)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return json.loads(done.stdout.splitlines()[-1])


def report(figures: dict[str, dict[str, float]]) -> None:
    raw, ours = figures["raw"], figures["wildrobot"]
    rows = [
        ("raw Batch stepping, same model and batch", f"{raw['steps_per_second']:,.0f} steps/s"),
        ("training with learning", f"{ours['steps_per_second']:,.0f} steps/s"),
        ("  share of raw stepping", f"{ours['steps_per_second'] / raw['steps_per_second']:.2f}"),
        ("  time to the first update", f"{ours['first_update']:.1f} s"),
    ]
    if "brax" in figures:
        brax = figures["brax"]
        rows += [
            ("--trainer brax --physics mjx", f"{brax['steps_per_second']:,.0f} steps/s"),
            ("  ours over it", f"{ours['steps_per_second'] / brax['steps_per_second']:.1f} times"),
            ("  time to its first update", f"{brax['first_update']:.1f} s"),
        ]
    for name, value in rows:
        print(f"{name:45} {value:>20}")


def make_config(num_envs: int, *settings: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.train import DEFAULT_CONFIG, PACKAGE

    return load_config(PACKAGE / DEFAULT_CONFIG, [f"trainer.num_envs={num_envs}", *settings])


def raw_physics(num_envs: int, iterations: int) -> dict[str, float]:
    """Steps the batch from home with targets that move every joint, touching nothing else."""
    import numpy as np
    from mujoco.batch import Batch

    from playground_amp.physics.native import AUTO_SOLVER
    from playground_amp.physics.simulation_model import simulation_model, substeps
    from playground_amp.robot.robot import load_robot

    config = make_config(num_envs)
    robot = load_robot()
    batch = Batch(simulation_model(robot, config.physics, AUTO_SOLVER), num_envs, config.physics.num_threads)
    batch.reset(keyframe=0)
    generator = np.random.default_rng(0)
    seconds = []
    for _ in range(iterations):
        targets = robot.home_joint_position + 0.1 * generator.standard_normal((20, num_envs, 11))
        started = time.perf_counter()
        for target in targets:
            batch.ctrl = target
            batch.step(nstep=substeps(config.physics, config.env.control_dt))
        seconds.append(time.perf_counter() - started)
    return {"steps_per_second": 20 * num_envs / median(seconds)}


def wildrobot_training(num_envs: int, iterations: int) -> dict[str, float]:
    import jax

    from playground_amp.training.iteration import Trainer

    trainer = Trainer(make_config(num_envs))
    state, metrics = trainer.iterate(trainer.init())
    jax.block_until_ready(metrics)
    first_update = time.perf_counter() - STARTED
    seconds = []
    for _ in range(iterations):
        started = time.perf_counter()
        state, metrics = trainer.iterate(state)
        jax.block_until_ready(metrics)
        seconds.append(time.perf_counter() - started)
    return {"steps_per_second": trainer.steps_per_iteration / median(seconds), "first_update": first_update}


def brax_training(num_envs: int, iterations: int) -> dict[str, float]:
    from playground_amp.training.brax_trainer import train_with_brax

    arrivals, records = [], []

    def on_progress(record: dict[str, float]) -> None:
        arrivals.append(time.perf_counter() - STARTED)
        records.append(record)

    train_with_brax(make_config(num_envs, "physics.engine=mjx", "num_iterations=3"), on_progress, evaluate=False)
    # The first stretch compiles; the later ones are the machine's speed.
    return {
        "steps_per_second": median(record["steps_per_second"] for record in records[1:]),
        "first_update": arrivals[0],
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
