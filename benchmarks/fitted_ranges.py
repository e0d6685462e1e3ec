"""What knowing the servo is worth: a policy trained with fitted constants and ranges, one with wide ranges, on a twin.

    python benchmarks/fitted_ranges.py --servo 100 [--seeds 1] [--output FOLDER]

A servo whose constants are all drawn hangs on a bench in plain MuJoCo; `identify` fits the logs and writes what it
found into a copy of WildRobot. One policy is trained on that, one on WildRobot as its data sheet has it with the servo
drawn from the ranges of `make robust`. Both then walk on a third copy, whose servos are the drawn one, exactly.
Prints a Markdown table: speed and power at both speeds of the gate `walk`, falls, and the same of standing.
"""

import argparse
import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates.cells import CellPhysics, Gate, Handicap
from playground_amp.gates.gates import GATES
from playground_amp.gates.judgement import CellResult
from playground_amp.gates.runner import gate_config, run_gate
from playground_amp.identify.identification import identify, usual_servo
from playground_amp.identify.robot_yaml import MEASURED, write_robot
from playground_amp.identify.servo_parameters import PARAMETERS, Servo
from playground_amp.identify.verdict import Constant
from playground_amp.paths import ROBUST, STANDARD
from playground_amp.physics.registry import make_engine, prepare
from playground_amp.policies.opening import open_policy
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "helpers")]

from bench_twin import GRAVITY, drawn_servo, protocol_logs  # noqa: E402 # pyright: ignore[reportMissingImports]  (of the tests)

SERVO_RANGES = ("motor_strength", "no_load_speed", "joint_damping", "joint_friction", "joint_armature", "backlash",
                "latency")  # fmt: skip
COLUMNS = {"mean_speed": "{:.3f} m/s", "velocity_error": "{:.3f}", "power": "{:.2f} W", "joint_travel": "{:.4f} rad"}


def exactly(servo: Servo) -> list[Constant]:
    """Constants that leave no doubt."""
    return [Constant(p.name, p.unit, p.meaning, float(getattr(servo, p.name)), 0.0, "told", "") for p in PARAMETERS]


def copy_of(robot: Robot, folder: Path, constants: Sequence[Constant], control_dt: float) -> Path:
    """A folder with the robot's model and description, with these constants in it."""
    shutil.copytree(robot.folder, folder, ignore=shutil.ignore_patterns("policy", "demonstrations"))
    if constants:
        write_robot(folder, constants, control_dt)
    return folder


def trained(folder: Path, run: Path, seed: int, ranges: Sequence[str], more: Sequence[str]) -> Path:
    """The run of a policy for a robot."""
    command = ["playground_amp/train.py", "--robot", str(folder), "--seed", str(seed), "--checkpoint-dir", str(run)]
    command += ["--num-envs", "512", "--no-wandb", *more, *(["--set", *ranges] if ranges else [])]
    subprocess.run([sys.executable, *command], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return run


def on_the_twin(
    truth: Path, config: Config, gate: Gate, physics: CellPhysics, scene: str, handicap: Handicap
) -> WildRobotEnv:
    """The task of a gate's cell on the robot whose servos are known exactly."""
    exact = load_config(STANDARD, [f"robot={truth}"]).domain_randomization
    config = gate_config(changed(config, {"robot": str(truth)}), gate, physics, handicap)
    config = changed(config, {"domain_randomization": exact})
    return WildRobotEnv(config, make_engine(config.physics, load_robot(str(truth), scene), config.env.control_dt))


def walked(run: Path, truth: Path, gate: Gate) -> tuple[CellResult, ...]:
    """The gate's cells on the twin."""
    source = open_policy(run)
    return run_gate(gate, source.config, source.controller, make_env=partial(on_the_twin, truth)).cells


def row(name: str, cells: Sequence[CellResult]) -> str:
    """A line of the table."""
    told = []
    for cell in cells:
        means = {figure: cell.mean(figure) for figure in COLUMNS}
        fell = sum(episode.survived == 0 for episode in cell.episodes)
        written = [style.format(means[figure]) for figure, style in COLUMNS.items() if means[figure] is not None]
        told.append(", ".join(written) + (f", {fell} fell" if fell else ""))
    return f"| {name} | {' | '.join(told)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servo", type=int, default=100, help="seed that the servo is drawn from")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--num-iterations", type=int, default=280)
    parser.add_argument("--output", type=Path, default=Path("checkpoints/fitted_ranges"))
    arguments = parser.parse_args()
    robot, out = load_robot("wildrobot"), arguments.output
    if out.exists():
        raise UserError(f"{out} is there already: name another --output")
    prepare("native")
    control_dt, usual = load_config(STANDARD).env.control_dt, usual_servo(robot)
    true = drawn_servo(arguments.servo, usual)
    found = identify(protocol_logs(true, arguments.servo, 4.0), [], usual, GRAVITY)
    for each in found.constants:
        actual = f", in truth {float(getattr(true, each.name)):.4g}" if each.name in MEASURED else ""
        print(f"{each.name}: {each.words}{actual}")
    truth = copy_of(robot, out / "truth", exactly(true), control_dt)
    fitted = copy_of(robot, out / "fitted", found.constants, control_dt)
    wide = copy_of(robot, out / "wide", [], control_dt)
    drawn = load_config(ROBUST).domain_randomization
    ranges = [f"domain_randomization.{name}={list(getattr(drawn, name))}" for name in SERVO_RANGES]
    # Its robots are drawn, from ranges that `on_the_twin` makes as narrow as points: for latency and backlash.
    gate = dataclasses.replace(GATES["walk"].scaled_for(load_robot(str(truth))), randomized=True)
    print(f"\n| trained on | {' | '.join(cell.name for cell in gate.cells)} |\n{'|---' * (len(gate.cells) + 1)}|")
    more = ["--num-iterations", str(arguments.num_iterations)]
    for seed in range(arguments.seeds):
        for name, folder, own in (("fitted", fitted, []), ("wide", wide, ranges)):
            run = trained(folder, out / f"run_{name}_{seed}", seed, own, more)
            print(row(f"{name} ranges, seed {seed}", walked(run, truth, gate)), flush=True)
    return 0


if __name__ == "__main__":
    from playground_amp.cli.parser import run_command

    run_command(main)
