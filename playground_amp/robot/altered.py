"""A robot with something about its model changed, as a folder of its own: for measurements and tests."""

import shutil
from collections.abc import Callable
from pathlib import Path

import mujoco

from playground_amp.robot.description import DESCRIPTION, read_description
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


def altered_robot(robot: Robot, folder: Path, change: Callable[[mujoco.MjSpec], None]) -> Robot:
    """The robot whose MJCF `change` has edited; its files are written into `folder`, which must be new."""
    model = read_description(robot.folder).model
    folder.mkdir(parents=True)
    shutil.copy(robot.folder / DESCRIPTION, folder)
    spec = mujoco.MjSpec.from_file(str(robot.folder / model))
    change(spec)
    spec.compile()
    (folder / model).write_text(spec.to_xml())
    return load_robot(str(folder))
