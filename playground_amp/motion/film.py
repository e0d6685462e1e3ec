"""A film of a clip."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from playground_amp.motion.clip import Clip
from playground_amp.rendering.film import LONGEST, write_film
from playground_amp.robot.record import Robot
from playground_amp.rotations import about_vertical, from_heading_frame, multiply

SHORTEST = 4.0  # s; a shorter periodic clip is repeated


def save_film(
    robot: Robot,
    clip: Clip,
    path: Path,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> None:
    """Writes the clip in real time as MP4. `report_progress` as in `write_film`.

    Raises:
        UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    states = repeated(clip, SHORTEST) if clip.periodic else clip.qpos
    shown = states[: round(LONGEST * clip.rate)]
    write_film(shown, 1 / clip.rate, robot, path, report_progress=report_progress)


def repeated(clip: Clip, seconds: float) -> np.ndarray:
    """States [T, 7 + J] of a periodic clip, one after the other moved on, until they last that long."""
    rounds = int(np.ceil(seconds / clip.duration))
    return np.concatenate([_moved(clip, number) for number in range(rounds)])


def _moved(clip: Clip, rounds: int) -> np.ndarray:
    """The clip's states after so many rounds of its displacement, which are an arc if it turns."""
    yaw = clip.displacement[2] * np.arange(rounds)
    steps = from_heading_frame(np.tile(clip.displacement[:2], (rounds, 1)), yaw)
    states, turn = clip.qpos.copy(), clip.displacement[2] * rounds
    states[:, :2] = from_heading_frame(states[:, :2], np.full(len(states), turn)) + steps.sum(axis=0)
    states[:, 3:7] = multiply(about_vertical(turn), states[:, 3:7])
    return states
