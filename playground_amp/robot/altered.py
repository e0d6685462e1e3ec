"""A robot with something about its model changed, as a folder of its own: for measurements and tests."""

from collections.abc import Callable
from pathlib import Path

import mujoco

from playground_amp.robot.description import DESCRIPTION, read_description
from playground_amp.robot.models import without_hardware
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


def altered_robot(robot: Robot, folder: Path, change: Callable[[mujoco.MjSpec], None]) -> Robot:
    """The robot whose MJCF `change` has edited; its files are written into `folder`, which must be new.

    It has no `hardware:`, whose joints may be called otherwise now.
    """
    model = read_description(robot.folder).model
    folder.mkdir(parents=True)
    (folder / DESCRIPTION).write_bytes(without_hardware((robot.folder / DESCRIPTION).read_bytes()))
    spec = mujoco.MjSpec.from_file(str(robot.folder / model))
    change(spec)
    spec.compile()
    (folder / model).write_text(spec.to_xml())
    return load_robot(str(folder))
