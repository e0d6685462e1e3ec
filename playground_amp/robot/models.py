"""From a robot's folder to its compiled models. Only `robot/`, `physics/` and `rendering/` look at those."""

import hashlib
import os
import re
from functools import cache
from pathlib import Path

import mujoco

from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT, ROBOTS
from playground_amp.robot.description import DESCRIPTION, RobotDescription, read_description
from playground_amp.robot.measured import set_constants
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.scenes import SCENES, add_scene, fill_ground, home_qpos
from playground_amp.robot.stick_figure import add_stick_figure

POLICY = "policy"  # a bundle, in the folder of a robot
_HARDWARE = re.compile(rb"^hardware:.*\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)  # the section, to the next key
MODEL_FILES = ("*.xml", "*.yaml", "*.stl", "*.obj", "*.msh")


# What MuJoCo warns of goes to standard error, and into no MUJOCO_LOG.TXT in whatever folder a user is in.
_LOGGING = mujoco.MjLogConfig.get()
_LOGGING.logto_file = False
_LOGGING.set()


def shipped_robots() -> list[str]:
    """The robots that come with the package."""
    return sorted(path.parent.name for path in ROBOTS.glob(f"*/{DESCRIPTION}"))


def robot_folder(robot: str) -> Path:
    """The folder of a robot given as after --robot: the name of one that ships, or a path.

    Raises:
        UserError: there is no such robot.
    """
    if robot in shipped_robots():
        return ROBOTS / robot
    folder = Path(os.path.expanduser(robot))
    if not os.path.isfile(folder / DESCRIPTION):
        found = "holds no robot.yaml" if os.path.isdir(folder) else "is neither the name of a robot nor a folder"
        raise UserError(f"robot {robot} {found}; robots that ship: {', '.join(shipped_robots())}")
    return Path(os.path.realpath(folder))


def shipped_policy(robot: str) -> Path:
    """The policy that comes with a robot, a bundle. Raises UserError if there is none."""
    folder = robot_folder(robot) / POLICY
    if not folder.is_dir():
        with_one = [name for name in shipped_robots() if (ROBOTS / name / POLICY).is_dir()]
        known = ", ".join(with_one)
        raise UserError(f"robot {robot} comes without a policy (robots with one: {known}): name one")
    return folder


def robot_sha256(folder: Path) -> str:
    """SHA-256 over the names and contents of a robot's model files.

    `hardware:` does not count: a faster bus makes no other robot, and policies need not be refused for it.
    """
    total = hashlib.sha256()
    for path in sorted(path for pattern in MODEL_FILES for path in folder.rglob(pattern)):
        content = path.read_bytes()
        if path.name == DESCRIPTION:
            content = without_hardware(content)
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def without_hardware(description: bytes) -> bytes:
    """The content of a robot.yaml less its section `hardware:`."""
    return _HARDWARE.sub(b"", description).rstrip() + b"\n"


def model_of(robot: Robot) -> mujoco.MjModel:
    """The compiled model for simulation, without what is only there to be looked at, which would slow every step.

    It is shared: whoever changes it copies it first.
    """
    return compiled(robot.folder, robot.scene)


def visual_model_of(robot: Robot) -> mujoco.MjModel:
    """The same robot and scene with everything there is to see, for rendering; it moves exactly alike."""
    return compiled(robot.folder, robot.scene, visual=True)


@cache
def compiled(folder: Path, scene: str, *, visual: bool = False) -> mujoco.MjModel:
    """The model of a robot's folder in a scene.

    Raises:
        UserError: there is no such scene, or the files are wrong.
    """
    if scene not in SCENES:
        raise UserError(f"unknown scene {scene!r}: known are {', '.join(SCENES)}")
    description = read_description(folder)
    spec = _read_spec(folder, description)
    spec.compiler.discardvisual = not visual
    ground_scale = ground_scale_of(description)
    try:
        set_constants(spec, description.servo.constants)
        add_scene(spec, scene, description.home.height, ground_scale)
        home = home_qpos(spec, description.home.height, description.home.joints)
        spec.add_key(name="home", qpos=home, ctrl=home[BASE_QPOS_SIZE:])
        model = spec.compile()
        bytes(model.names).decode()
        if visual and add_stick_figure(spec, model, description.home.height):
            model = spec.compile()
    except (ValueError, mujoco.FatalError) as error:  # names that are no text among them
        raise UserError(f"{folder / description.model}: {_one_line(error)}") from None
    if model.nhfield:
        fill_ground(model, ground_scale)
    return model


def ground_scale_of(description: RobotDescription) -> float:
    """How much larger the ground of a robot is than WildRobot's, where it is not flat."""
    return description.home.height / read_description(robot_folder(DEFAULT_ROBOT)).home.height


def _read_spec(folder: Path, description: RobotDescription) -> mujoco.MjSpec:
    path = folder / description.model
    try:
        return mujoco.MjSpec.from_file(str(path))
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read: {_one_line(error)}") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
