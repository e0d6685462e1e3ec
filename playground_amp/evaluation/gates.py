"""What 'trained' means: gates as data, and the judgement of episodes by them. No engine, no JAX.

A gate is a list of cells (what the robot is asked to do) and a list of checks (what every episode of every cell must
show). A check is read from the field of `EpisodeFigures` that it names, and passes in a cell when enough of the
cell's episodes are within its limit.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from playground_amp.configs.errors import UserError
from playground_amp.configs.keys import nearest
from playground_amp.evaluation.gait_metrics import EpisodeFigures


@dataclass(frozen=True)
class Check:
    """A limit on one figure of an episode."""

    figure: str  # field of EpisodeFigures
    bound: Literal["at least", "at most"]
    limit: float
    unit: str
    meaning: str
    source: str
    required_share: float = 1.0  # of the cell's episodes

    def holds(self, value: float) -> bool:
        """Whether one episode's figure is within the limit; a figure that is not a number is not."""
        return value >= self.limit if self.bound == "at least" else value <= self.limit

    def worst(self, values: Sequence[float]) -> float:
        """The figure farthest on the wrong side."""
        return min(values) if self.bound == "at least" else max(values)


@dataclass(frozen=True)
class Cell:
    """One thing the robot is asked to do, `episodes` times from rest, over `distance` in m at `speed` in m/s."""

    name: str
    speed: float
    distance: float
    episodes: int

    @property
    def time_limit(self) -> float:
        """Seconds after which even the slowest speed allowed would have covered the distance."""
        return self.distance / (self.speed * (1 - SPEED_TOLERANCE))


@dataclass(frozen=True)
class Gate:
    """Cells, checks and the physics they are run with, fixed so that figures can be compared."""

    name: str
    cells: tuple[Cell, ...]
    checks: tuple[Check, ...]
    seed: int = 0
    heading: float = 0.0  # rad, world; held by command
    engine: str = "native"
    timestep: float = 0.002  # s
    solver_iterations: int = 50  # converged: training gets by with a few
    fall_height: float = 0.25  # m, of the waist; the robot stands at 0.46
    fall_tilt: float = 0.785  # rad

    def reduced(self, distance: float | None, episodes: int | None) -> "Gate":
        """The same gate over fewer metres or episodes, for tests and quick looks."""
        changes = {name: value for name, value in (("distance", distance), ("episodes", episodes)) if value is not None}
        return dataclasses.replace(self, cells=tuple(dataclasses.replace(cell, **changes) for cell in self.cells))


SPEED_TOLERANCE = 0.10

WALK_CHECKS = (
    Check("survived", "at least", 1.0, "", "no fall", "a robot that falls once in 50 m is not walking"),
    Check("distance_share", "at least", 1.0, "of the way", "covers the distance before the time limit",
          "the time that the slowest speed allowed would take"),
    Check("speed_error", "at most", SPEED_TOLERANCE, "", "mean speed from rest, off the commanded one by",
          "a command is followed when a person would not see the difference"),
    Check("lateral_error", "at most", 1.0, "m", "largest distance from the straight line",
          "2 % of the way: what a heading command has to hold"),
    Check("heading_error", "at most", 0.35, "rad", "mean absolute heading error",
          "20 degrees: rules out walking sideways or backwards along the line"),
    Check("alternation", "at least", 0.99, "of steps", "touchdowns that follow one of the other foot",
          "walking is left, right, left; a stumble in a hundred steps may be caught"),
    Check("step_length_ratio", "at least", 0.8, "", "step length over speed × half the gait cycle, shorter foot",
          "shorter steps at that speed are shuffling"),
    Check("step_asymmetry", "at most", 0.15, "", "left and right step length apart by", "more is a limp"),
    Check("swing_clearance", "at least", 0.015, "m", "peak of the sole's lowest point, median swing, lower foot",
          "half of the 30 mm that the gait of this robot plans for"),
    Check("joint_torque", "at most", 1.5, "N·m", "mean absolute torque of the most loaded joint",
          "HTD-45H: well under its limit of 4 N·m, so that it does not overheat"),
)  # fmt: skip

WALK = Gate(
    name="walk",
    cells=tuple(Cell(f"walk {speed} m/s", speed, distance=50.0, episodes=20) for speed in (0.3, 0.5)),
    checks=WALK_CHECKS,
)

GATES: Mapping[str, Gate] = {gate.name: gate for gate in (WALK,)}


@dataclass(frozen=True)
class CheckResult:
    """A check over the episodes of one cell."""

    check: Check
    worst: float
    mean: float
    failed_episodes: tuple[int, ...]
    passed: bool


@dataclass(frozen=True)
class CellResult:
    """All checks of a cell, and the figures of its episodes."""

    cell: Cell
    gait_cycle: float  # s
    checks: tuple[CheckResult, ...]
    episodes: tuple[EpisodeFigures, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(result.passed for result in self.checks)

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """The figures whose checks did not pass."""
        return tuple(result.check.figure for result in self.checks if not result.passed)


def find_gate(name: str) -> Gate:
    """The gate of that name. Raises UserError, naming the nearest one, if there is none."""
    if name not in GATES:
        near = nearest(name, GATES)
        hint = f"; did you mean '{near}'?" if near else ""
        raise UserError(f"unknown gate '{name}'; gates are: {', '.join(sorted(GATES))}{hint}")
    return GATES[name]


def judge_cell(
    cell: Cell, checks: Sequence[Check], gait_cycle: float, episodes: Sequence[EpisodeFigures]
) -> CellResult:
    """Every check over every episode of a cell."""
    results = tuple(_judge(check, [getattr(figures, check.figure) for figures in episodes]) for check in checks)
    return CellResult(cell, gait_cycle, results, tuple(episodes))


def _judge(check: Check, values: Sequence[float]) -> CheckResult:
    failed = tuple(index for index, value in enumerate(values) if not check.holds(value))
    share = 1 - len(failed) / len(values)
    return CheckResult(
        check, check.worst(values), sum(values) / len(values), failed, passed=share >= check.required_share
    )
