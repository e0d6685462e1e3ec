"""A film of a recorded episode, with a camera that follows the robot."""

import warnings
from pathlib import Path

from playground_amp.evaluation.gait_metrics import Recording
from playground_amp.physics.rendering import render_frames, write_video
from playground_amp.robot.robot import Robot

FPS = 25
LONGEST = 12.0  # s


def write_episode(recording: Recording, robot: Robot, path: Path) -> None:
    """Writes the first 12 s of an episode, in real time, as MP4.

    Raises:
      UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    rows_per_frame = max(1, round(1 / (FPS * recording.control_dt)))
    fps = round(1 / (rows_per_frame * recording.control_dt))
    shown = recording.qpos[: round(LONGEST / recording.control_dt) : rows_per_frame]
    with warnings.catch_warnings():
        # JAX warns of any fork; the encoder's process is another program at once, so nothing of JAX runs in it.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        write_video(path, render_frames(robot, shown), fps=fps)
