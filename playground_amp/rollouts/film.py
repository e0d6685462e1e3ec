"""A film of a recorded episode."""

from pathlib import Path

from playground_amp.rendering.film import LONGEST, write_film
from playground_amp.robot.record import Robot
from playground_amp.rollouts.recording import Recording


def write_episode(recording: Recording, robot: Robot, path: Path) -> None:
    """Writes the first 12 s of an episode as MP4. `robot`: in the scene that the episode was in.

    Raises:
      UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    write_film(recording.qpos[: round(LONGEST / recording.control_dt)], recording.control_dt, robot, path)
