"""WildRobot as data: names, ranges, home pose and left-right mirror, read by name from the compiled model.

Joints come in the order of actions and observations everywhere: the waist, the left leg, the right leg.
"""

import copy
import dataclasses
from dataclasses import dataclass
from functools import cache

import mujoco
import numpy as np

from playground_amp.configs.paths import ROBOTS
from playground_amp.errors import UserError
from playground_amp.robot import terrain

ROBOT_DIR = ROBOTS / "wildrobot"

LEG_JOINTS = ("hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch", "ankle_roll")
JOINT_NAMES = ("waist_yaw", *(f"{side}_{joint}" for side in ("left", "right") for joint in LEG_JOINTS))
FOOT_NAMES = ("left_foot", "right_foot")
SWITCH_NAMES = ("left_toe", "left_heel", "right_toe", "right_heel")

BASE_QPOS_SIZE = 7  # position [3] and quaternion wxyz [4] of the waist
BASE_QVEL_SIZE = 6  # linear velocity (world) and angular velocity (waist frame) of the waist

# A mirror in y turns a rotation about x or z round and leaves one about y.
_MIRRORED_ROTATION = np.array([-1.0, 1.0, -1.0])


@dataclass(frozen=True, eq=False)
class Robot:
    """The robot in its scene. `qpos` is the base [7], then the joints [11]; `ctrl` is the joint targets [11].

    A mirrored joint vector is `joint_mirror_sign * vector[joint_mirror_index]`: what the robot seen in a mirror
    through its x-z plane would do. It holds for joint positions, velocities, targets and torques.
    """

    scene: str
    model: mujoco.MjModel  # without what is only there to be looked at, which would slow every step by a tenth
    joint_names: tuple[str, ...]
    joint_lower: np.ndarray  # [11] rad
    joint_upper: np.ndarray  # [11] rad
    torque_limit: np.ndarray  # [11] N*m, the same both ways
    home_qpos: np.ndarray  # [18] m, quaternion wxyz, rad
    joint_mirror_index: np.ndarray  # [11] int
    joint_mirror_sign: np.ndarray  # [11] +1 or -1

    @property
    def home_joint_position(self) -> np.ndarray:
        """Joint angles of the home pose, [11] rad."""
        return self.home_qpos[BASE_QPOS_SIZE:]


def load_robot(scene: str = "flat") -> Robot:
    """Compiles `scene_<scene>.xml` of this folder for simulation, once a process.

    The model is shared: whoever changes it copies it first. The arrays are read-only.

    Raises:
        UserError: there is no such scene.
    """
    return _load_robot(scene)


def with_elliptic_cones(robot: Robot) -> Robot:
    """The same robot in a model whose friction cones are not simplified to pyramids."""
    model = copy.copy(robot.model)
    model.opt.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    return dataclasses.replace(robot, model=model)


def load_visual_model(scene: str = "flat") -> mujoco.MjModel:
    """The same robot and scene with everything there is to see, for rendering; it moves exactly alike.

    Raises:
        UserError: there is no such scene.
    """
    return _compile(scene, visual=True)


def known_scenes() -> list[str]:
    """Names that `load_robot` takes: the scene files beside this module."""
    return sorted(path.stem.removeprefix("scene_") for path in ROBOT_DIR.glob("scene_*.xml"))


def mirrored_name(name: str) -> str:
    """The same part on the other side: left_x for right_x and back; parts of the middle keep their name."""
    side, _, part = name.partition("_")
    return {"left": f"right_{part}", "right": f"left_{part}"}.get(side, name)


@cache
def _load_robot(scene: str) -> Robot:
    model = _compile(scene, visual=False)
    _check_joint_order(model)
    joints = [model.joint(name) for name in JOINT_NAMES]
    joint_range = np.array([joint.range for joint in joints])
    mirror_index = np.array([JOINT_NAMES.index(mirrored_name(name)) for name in JOINT_NAMES])
    axes = np.array([joint.axis for joint in joints])
    return Robot(
        scene=scene,
        model=model,
        joint_names=JOINT_NAMES,
        joint_lower=_constant(joint_range[:, 0]),
        joint_upper=_constant(joint_range[:, 1]),
        torque_limit=_constant([model.actuator(name).forcerange[1] for name in JOINT_NAMES]),
        home_qpos=_constant(model.key("home").qpos),
        joint_mirror_index=_constant(mirror_index),
        joint_mirror_sign=_constant(np.rint(np.sum(axes * _MIRRORED_ROTATION * axes[mirror_index], axis=1))),
    )


@cache
def _compile(scene: str, *, visual: bool) -> mujoco.MjModel:
    if scene not in known_scenes():
        raise UserError(f"unknown scene {scene!r}: known are {', '.join(known_scenes())}")
    spec = mujoco.MjSpec.from_file(str(ROBOT_DIR / f"scene_{scene}.xml"))
    spec.compiler.discardvisual = not visual
    model = spec.compile()
    if model.nhfield:
        half_length, half_width, height, _ = model.hfield_size[0]
        ground = terrain.heights(int(model.hfield_nrow[0]), int(model.hfield_ncol[0]), half_length, half_width)
        model.hfield_data[:] = ((ground - model.geom("floor").pos[2]) / height).ravel()
    return model


def _constant(values: object) -> np.ndarray:
    array = np.array(values)
    array.setflags(write=False)
    return array


def _check_joint_order(model: mujoco.MjModel) -> None:
    """Engines slice qpos, qvel and ctrl instead of gathering; that is right only for this order."""
    if (model.nq, model.nv, model.nu) != (BASE_QPOS_SIZE + 11, BASE_QVEL_SIZE + 11, 11):
        raise ValueError(
            f"expected a free base and 11 actuated joints, found nq={model.nq} nv={model.nv} nu={model.nu}"
        )
    for index, name in enumerate(JOINT_NAMES):
        joint, actuator = model.joint(name), model.actuator(name)
        places = (joint.qposadr[0] - BASE_QPOS_SIZE, joint.dofadr[0] - BASE_QVEL_SIZE, actuator.id)
        if places != (index, index, index) or actuator.trnid[0] != joint.id:
            raise ValueError(f"joint {name} must be number {index} of qpos, qvel and ctrl, found {places}")
