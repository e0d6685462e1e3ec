"""Does a policy go where it is sent: ahead, back, to both sides, and around?

    python benchmarks/directions.py checkpoints/walk checkpoints/robust [--episodes 8]

Each policy, deterministic, goes from rest on its robot's bus, 16 s in each direction; the robot is the nominal one.
Prints a Markdown table a policy, of the gates' figures: how far speed and yaw rate are off, touchdowns, the share of
them that follow one of the other foot, how high the feet are lifted, power, falls.
"""

import argparse
from pathlib import Path

from playground_amp.gates.cells import Cell, Gate, seeded
from playground_amp.gates.judgement import CellResult
from playground_amp.gates.runner import run_gate
from playground_amp.physics.registry import prepare
from playground_amp.policies.opening import open_policy
from playground_amp.policies.source import PolicySource
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.recording import Segment

SECONDS = 16.0
DIRECTIONS = {
    "ahead, 0.3 m/s": Segment(SECONDS, forward=0.3),
    "ahead, 0.5 m/s": Segment(SECONDS, forward=0.5),
    "ahead, 0.8 m/s": Segment(SECONDS, forward=0.8),
    "back, 0.2 m/s": Segment(SECONDS, forward=-0.2),
    "to the left, 0.2 m/s": Segment(SECONDS, sideways=0.2),
    "to the right, 0.2 m/s": Segment(SECONDS, sideways=-0.2),
    "around to the left, 0.5 rad/s": Segment(SECONDS, yaw_rate=0.5),
    "around to the right, 0.5 rad/s": Segment(SECONDS, yaw_rate=-0.5),
}
COLUMNS = {  # a figure and how it is written
    "velocity_error": "{:.3f} m/s",
    "yaw_rate_error": "{:.3f} rad/s",
    "steps": "{:.0f}",
    "alternation": "{:.2f}",
    "swing_clearance": "{:.4f} m",
    "power": "{:.1f} W",
}
HEAD = f"| WildRobot's command, scaled | {' | '.join(COLUMNS)} | falls |\n{'|---' * (len(COLUMNS) + 2)}|"


def walked(source: PolicySource, episodes: int) -> tuple[CellResult, ...]:
    """What came of each direction, in their order."""
    gate = Gate("walk", seeded([Cell(name, (segment,), episodes, ()) for name, segment in DIRECTIONS.items()]))
    return run_gate(gate.scaled_for(load_robot(source.config.robot)), source.config, source.controller).cells


def row(name: str, cell: CellResult) -> str:
    """A line of the table."""
    means = {figure: cell.mean(figure) for figure in COLUMNS}
    written = ["–" if means[figure] is None else style.format(means[figure]) for figure, style in COLUMNS.items()]
    fallen = sum(episode.survived == 0 for episode in cell.episodes)
    return f"| {name} | {' | '.join(written)} | {fallen} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", type=Path, nargs="+", metavar="POLICY")
    parser.add_argument("--episodes", type=int, default=8)
    arguments = parser.parse_args()
    prepare("native")
    for path in arguments.policies:
        cells = walked(open_policy(path), arguments.episodes)
        print(f"\n{path}\n\n{HEAD}")
        for name, cell in zip(DIRECTIONS, cells, strict=True):
            print(row(name, cell))
    return 0


if __name__ == "__main__":
    from playground_amp.cli.parser import run_command

    run_command(main)
