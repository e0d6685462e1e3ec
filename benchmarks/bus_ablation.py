"""What each part of the bus costs a policy: walks and stands with every part alone off, and with every part alone on.

    python benchmarks/bus_ablation.py checkpoints/walk/final_iter_250.pkl policies/walk [--episodes 8]

Prints a Markdown table a policy: power, mean speed and worst joint's mean torque at both speeds, falls, power and
travel of the joints while standing. Physics and start are those of the gates, the robot is the nominal one.
"""

import argparse
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.gates.cells import Cell, CellPhysics, Gate, Handicap, seeded
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.runner import gate_config, run_gate
from playground_amp.physics.registry import make_engine, prepare
from playground_amp.policies.opening import open_policy
from playground_amp.policies.source import PolicySource
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.recording import Segment

NOTHING = 1e-6  # s or rad: what is as good as none
PARTS: Mapping[str, Mapping[str, object]] = {  # and what the hardware is without it
    "counts": {"count": NOTHING},
    "ages of readings and targets": {"read_time": NOTHING, "write_time": NOTHING},
    "speeds by differences": {"measures_speed": True},
    "the IMU's delay": {"imu_delay": 0.0, "imu_period": NOTHING},
    "losses and jitter": {"lost_reads": 0.0, "imu_lost": 0.0, "jitter": 0.0},
}


class Case(NamedTuple):
    """A row of the table."""

    name: str
    hardware: Hardware | None  # None: ideal sensors


def cases(own: Hardware) -> Iterator[Case]:
    """Every part alone off, and alone on."""
    yield Case("ideal sensors", None)
    for name in PARTS:
        yield Case(f"{name} alone", without(own, *(other for other in PARTS if other != name)))
    for name in PARTS:
        yield Case(f"the bus without {name}", without(own, name))
    yield Case("the bus", own)


def without(own: Hardware, *parts: str) -> Hardware:
    """The hardware less some of its parts."""
    changes = {key: value for part in parts for key, value in PARTS[part].items()}
    return dataclasses.replace(own, **changes)  # pyright: ignore[reportArgumentType]


def judged(source: PolicySource, case: Case, episodes: int, seconds: float) -> GateRun:
    """Walks at both speeds and stands."""
    cells = [Cell(f"{speed:g} m/s", (Segment(seconds, forward=speed),), episodes, ()) for speed in (0.3, 0.5)]
    gate = Gate("walk", seeded([*cells, Cell("stand", (Segment(seconds),), episodes, ())]))
    gate = gate.scaled_for(load_robot(source.config.robot))
    config = changed(source.config, {"env.bus": case.hardware is not None})
    if case.hardware is None:
        gate = gate.with_ideal_sensors()

    def make_env(config: Config, gate: Gate, physics: CellPhysics, scene: str, handicap: Handicap) -> WildRobotEnv:
        config = gate_config(config, gate, physics, handicap)
        robot = dataclasses.replace(load_robot(config.robot, scene), hardware=case.hardware)
        return WildRobotEnv(config, make_engine(config.physics, robot, config.env.control_dt))

    return run_gate(gate, config, source.controller, make_env=make_env)


def row(case: Case, run: GateRun) -> str:
    """A line of the table."""
    *walks, stand = run.cells
    columns = [
        f"{cell.mean('power'):.1f} W, {cell.mean('mean_speed'):.2f} m/s, {cell.mean('joint_torque'):.2f} N·m"
        for cell in walks
    ]
    falls = sum(episode.survived == 0 for cell in run.cells for episode in cell.episodes)
    travel = max(episode.joint_travel or 0.0 for episode in stand.episodes)
    return f"| {case.name} | {' | '.join(columns)} | {falls} | {stand.mean('power'):.2f} W, {travel:.4f} rad |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", type=Path, nargs="+", metavar="POLICY")
    parser.add_argument("--episodes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    prepare("native")
    for path in arguments.policies:
        source = open_policy(path)
        own = load_robot(source.config.robot).hardware
        if own is None:
            parser.error(f"robot {source.config.robot} has no hardware: in its robot.yaml")
        print(f"\n{path}\n\n| what the policy gets | 0.3 m/s | 0.5 m/s | falls | standing |\n|---|---|---|---|---|")
        for case in cases(own):
            print(row(case, judged(source, case, arguments.episodes, arguments.seconds)), flush=True)
    return 0


if __name__ == "__main__":
    from playground_amp.cli.parser import run_command

    run_command(main)
