"""How well the robot went where it was told to. NumPy only, no engine."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from playground_amp.robot.scale import Scale
from playground_amp.rollouts.recording import Recording, Segment
from playground_amp.rotations import to_heading_frame

# WildRobot's; another robot's are scaled.
SETTLING = 2.0  # s after a new command that do not count: a robot that gathers speed is not yet at it
SHORTEST_WINDOW = 1.0  # s; a shorter mean is that of a step, not of a walk


def command_errors(recording: Recording, program: Sequence[Segment], scale: Scale) -> tuple[float | None, float | None]:
    """Mean velocity (horizontal, heading frame, m/s) and mean yaw rate (rad/s) of a segment, off the commanded ones.

    Absolute values, averaged over the segments; the first `SETTLING` seconds of each are left out.
    None if the episode ended before there was anything to average.
    """
    velocity_errors, yaw_rate_errors = [], []
    for segment, rows in _windows(len(recording.qpos), program, recording.control_dt, scale):
        velocity, yaw_rate = mean_motion(recording, rows)
        velocity_errors.append(math.hypot(velocity[0] - segment.forward, velocity[1] - segment.sideways))
        yaw_rate_errors.append(abs(yaw_rate - segment.yaw_rate))
    if not velocity_errors:
        return None, None
    return float(np.mean(velocity_errors)), float(np.mean(yaw_rate_errors))


def mean_motion(recording: Recording, rows: slice) -> tuple[np.ndarray, float]:
    """Mean velocity [2] in the heading frame (forward, left; m/s) and mean yaw rate (rad/s) over some rows."""
    position = recording.qpos[rows, :2].astype(float)
    heading = np.unwrap(recording.heading[rows].astype(float))
    step, middle = np.diff(position, axis=0), (heading[1:] + heading[:-1]) / 2
    seconds = len(step) * recording.control_dt
    forward, left = to_heading_frame(step, middle).T
    return np.array([forward.sum(), left.sum()]) / seconds, float((heading[-1] - heading[0]) / seconds)


def _windows(
    num_rows: int, program: Sequence[Segment], control_dt: float, scale: Scale
) -> Iterator[tuple[Segment, slice]]:
    """The rows of each segment that count."""
    begin, settling, shortest = 0.0, SETTLING * scale.time, SHORTEST_WINDOW * scale.time
    for segment in program:
        first, last = round((begin + settling) / control_dt), round((begin + segment.seconds) / control_dt)
        last = min(last, num_rows - 1)
        if (last - first) * control_dt >= shortest:
            yield segment, slice(first, last + 1)
        begin += segment.seconds
