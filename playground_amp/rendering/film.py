"""A film of a robot's states in real time, with a camera that follows it."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from playground_amp.rendering.frames import render_frames
from playground_amp.rendering.video import write_video
from playground_amp.robot.record import Robot

LONGEST = 12.0  # s that are worth filming of a motion
_PICTURE_RATE = 25  # Hz, or the nearest to it that shows every second, third, ... state


def write_film(
    states: np.ndarray,
    dt: float,
    robot: Robot,
    path: Path,
    size: tuple[int, int] = (640, 480),
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> None:
    """Writes states [T, 7 + J], one every `dt` s, as MP4 of that size in pixels, in the robot's own scene.

    `report_progress` is told the share of the pictures that are drawn, and which one comes next.

    Raises:
        UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    states_a_picture = max(1, round(1 / (_PICTURE_RATE * dt)))
    fps = round(1 / (states_a_picture * dt))
    width, height = size
    filmed = states[::states_a_picture]

    def pictures() -> Iterator[np.ndarray]:
        for index, picture in enumerate(render_frames(robot, filmed, width=width, height=height)):
            report_progress(index / len(filmed), f"picture {index + 1} of {len(filmed)}")
            yield picture

    with warnings.catch_warnings():
        # JAX warns of any fork; the encoder's process is another program at once, so nothing of JAX runs in it.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        write_video(path, pictures(), fps=fps)
