"""How long the robot could go on as in a cell until a servo is too hot, and which one is first."""

from dataclasses import dataclass

import numpy as np

from playground_amp.gates.judgement import CellResult
from playground_amp.robot.record import Robot


@dataclass(frozen=True)
class Overheating:
    """The servo that is too hot first, from room temperature; where none ever is, the warmest."""

    joint: str
    minutes: float | None  # None: never
    ends_at: float | None  # °C, if it went on; None: without end
    limit: float  # °C

    @property
    def in_words(self) -> str:
        """One sentence's worth."""
        if self.minutes is None:
            return f"no servo gets too hot: {self.joint} is the warmest, {self.ends_at:.0f} of {self.limit:g} °C"
        return f"{self.joint} is too hot, {self.limit:g} °C, after {self.minutes:.3g} min"


def overheating(cell: CellResult, robot: Robot) -> Overheating:
    """By the mean squares of the torques in all episodes of a cell."""
    square = np.mean([episode.joints.square for episode in cell.episodes], axis=0)
    minutes, ends_at = robot.heat.minutes_until_hot(square), robot.heat.ends_at(square)
    first = int(minutes.argmin() if np.isfinite(minutes).any() else ends_at.argmax())
    return Overheating(
        robot.joint_names[first],
        float(minutes[first]) if np.isfinite(minutes[first]) else None,
        float(ends_at[first]) if np.isfinite(ends_at[first]) else None,
        robot.heat.limit,
    )
