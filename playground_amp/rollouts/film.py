"""A film of a recorded episode, with a camera that follows the robot."""

import warnings
from pathlib import Path

import numpy as np

from playground_amp.rendering.frames import render_frames, write_video
from playground_amp.robot.record import Robot
from playground_amp.rollouts.recording import Recording

FPS = 25
LONGEST = 12.0  # s


def write_episode(recording: Recording, robot: Robot, path: Path) -> None:
    """Writes the first 12 s of an episode, in real time, as MP4.

    Raises:
      UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    write_film(recording.qpos[: round(LONGEST / recording.control_dt)], recording.control_dt, robot, path)


def write_film(
    qpos: np.ndarray, control_dt: float, robot: Robot, path: Path, size: tuple[int, int] = (640, 480)
) -> None:
    """Writes states [T, 18], one a control period of `control_dt` s, in real time as MP4 of that size in pixels.

    Raises:
      UserError: as `write_episode`.
    """
    rows_per_frame = max(1, round(1 / (FPS * control_dt)))
    fps = round(1 / (rows_per_frame * control_dt))
    width, height = size
    with warnings.catch_warnings():
        # JAX warns of any fork; the encoder's process is another program at once, so nothing of JAX runs in it.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        write_video(path, render_frames(robot, qpos[::rows_per_frame], width=width, height=height), fps=fps)
