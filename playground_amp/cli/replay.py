"""Replay what led to numbers that went bad: `python playground_amp/replay.py checkpoints/brax_ppo/evidence/iter_N.npz`.

Exit status: 0 it went bad again, 1 it did not, 2 a mistake in the command line or the file.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.runs.evidence import ReplayedStep


def build_parser() -> CommandParser:
    parser = CommandParser(description="Replay the control step that led to numbers that went bad.")
    parser.add_argument("evidence", type=Path, metavar="FILE", help="<run folder>/evidence/iter_<N>.npz")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Replays as the command line says and returns the exit status."""
    arguments = build_parser().parse_args(argv)

    from playground_amp.runs.evidence import replay_evidence

    replay = replay_evidence(arguments.evidence)
    tell(description(replay))
    return 1 if bool(replay.readings.finite) else 0


def description(replay: "ReplayedStep") -> str:
    """The control step in words and numbers, one line a joint."""
    from playground_amp.physics.readings import RUNAWAY_SPEED
    from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE
    from playground_amp.robot.robot import load_robot

    evidence, after = replay.evidence, replay.state
    before = evidence.physics
    engine, control_dt = replay.config.physics.engine, replay.config.env.control_dt
    names = load_robot(replay.config.robot, replay.config.env.terrain).joint_names
    width = 1 + max(map(len, names))
    lines = [f"iteration {replay.iteration}, one control step of {control_dt} s on the engine {engine}"]
    lines.append(f"{'':{width}} {'position':>10} {'velocity':>10} {'action':>10} {'target':>10} → {'velocity':>10}")
    columns = (before.qpos[BASE_QPOS_SIZE:], before.qvel[BASE_QVEL_SIZE:], evidence.action, evidence.joint_target)
    for name, *values, reached in zip(names, *columns, after.qvel[BASE_QVEL_SIZE:], strict=True):
        lines.append(f"{name:{width}} {' '.join(f'{value:10.3g}' for value in values)} → {reached:10.3g}")
    lines.append(f"base: height {before.qpos[2]:.3g} m, velocity {_numbers(before.qvel[:BASE_QVEL_SIZE])} m/s, rad/s")
    drawn = {name: value for name, value in evidence.parameters._asdict().items() if value is not None}
    parameters = ", ".join(f"{name} {_numbers(value.ravel())}" for name, value in drawn.items())
    lines.append(f"push {_numbers(evidence.push_force_w)} N; {parameters}")
    verdict = "finite" if replay.readings.finite else f"not finite, or a speed above {RUNAWAY_SPEED:g}"
    return "\n".join([*lines, f"the state reached is {verdict}"])


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values)
