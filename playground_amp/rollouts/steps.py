"""The steps of a recorded episode, read from the foot switches. NumPy only, no engine.

A foot swings while neither its heel nor its toe touches the floor. Spells in the air shorter than `SHORTEST_SWING`, or
in which the sole's lowest point stays under `LOWEST_SWING`, are the rolling and bouncing of a landing foot, not steps.
Only swings that begin and end on the floor count.
"""

import math
from dataclasses import dataclass

import numpy as np

from playground_amp.robot.scale import Scale
from playground_amp.rollouts.recording import Recording

# WildRobot's; another robot's are scaled.
SHORTEST_SWING = 0.06  # s; a landing foot chatters for one or two control periods of 0.02 s
LOWEST_SWING = 0.005  # m; landing feet were seen to lift again by 1 to 4 mm, steps by 15 and more
FEWEST_STEPS = 4  # two of each foot, below which a gait has no left and right to compare


@dataclass(frozen=True)
class Steps:
    """Every touchdown of an episode in order of time."""

    foot: np.ndarray  # [K] 0 left, 1 right
    row: np.ndarray  # [K] row of the recording where the foot touches down
    length: np.ndarray  # [K] m from the other foot's touchdown just before; NaN if there was none
    clearance: np.ndarray  # [K] m, greatest height of the sole's lowest point in the swing that ends here

    @property
    def too_few(self) -> bool:
        """Whether there is no left and right to compare."""
        return len(self.foot) < FEWEST_STEPS

    @property
    def alternation(self) -> float:
        """Share of touchdowns that follow one of the other foot; 0 if there are too few."""
        return 0.0 if self.too_few else float((self.foot[1:] != self.foot[:-1]).mean())

    def mean_length(self, foot: int) -> float:
        """Of a foot's steps, m; 0 if there are too few."""
        lengths = self.length[(self.foot == foot) & ~np.isnan(self.length)]
        return 0.0 if self.too_few or not lengths.size else float(lengths.mean())

    def median_clearance(self, foot: int) -> float:
        """Of a foot's swings, m; 0 if there are too few."""
        heights = self.clearance[self.foot == foot]
        return 0.0 if self.too_few or not heights.size else float(np.median(heights))


def swings(contact: np.ndarray, sole_height: np.ndarray, control_dt: float, scale: Scale) -> np.ndarray:
    """Rows [K, 2] where a foot leaves the floor and where it touches down again.

    Args:
      contact: [T] bool, of one foot.
      sole_height: [T] m, of its sole's lowest point.
      control_dt: s from row to row.
      scale: of the robot.
    """
    change = np.flatnonzero(contact[1:] != contact[:-1]) + 1
    if change.size and contact[change[0]]:
        change = change[1:]  # the recording begins in the air
    spells = change[: change.size // 2 * 2].reshape(-1, 2)
    duration = (spells[:, 1] - spells[:, 0]) * control_dt
    height = np.array([sole_height[lift_off:touchdown].max() for lift_off, touchdown in spells])
    is_long = duration > SHORTEST_SWING * scale.time - control_dt / 2
    return spells[is_long & (height >= LOWEST_SWING * scale.length)]


def find_steps(recording: Recording, scale: Scale) -> Steps:
    """The steps of an episode of a robot of that scale.

    A step is measured along the body's own mean heading while it lasts: a robot that walks straight with its body
    turned a little does not limp, although along its path one foot is always ahead.
    """
    events = []
    for foot in (0, 1):
        contact, height = recording.foot_contact[:, foot], recording.sole_height[:, foot]
        for lift_off, touchdown in swings(contact, height, recording.control_dt, scale):
            events.append((touchdown, foot, height[lift_off:touchdown].max()))
    row, foot, clearance = np.array(sorted(events)).reshape(-1, 3).T
    row, foot = row.astype(int), foot.astype(int)
    length = np.full(len(row), np.nan)
    for index in range(1, len(row)):
        if foot[index] != foot[index - 1]:
            begin, end = row[index - 1], row[index]
            reach = recording.foot_position_w[end, foot[index]] - recording.foot_position_w[begin, foot[index - 1]]
            length[index] = reach[:2] @ direction(_mean_angle(recording.heading[begin : end + 1]))
    return Steps(foot, row, length, clearance)


def direction(heading: float) -> np.ndarray:
    """The horizontal unit vector [2] along a heading, rad."""
    return np.array([math.cos(heading), math.sin(heading)])


def _mean_angle(angles: np.ndarray) -> float:
    return math.atan2(np.sin(angles).mean(), np.cos(angles).mean())
