"""Loading a robot: the compiled model of its folder, read by name into plain numbers."""

from functools import cache
from pathlib import Path

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.chains import chain_to, leg_length
from playground_amp.robot.courses import COURSES, patchwork
from playground_amp.robot.description import DESCRIPTION, Foot, RobotDescription, Servo, read_description
from playground_amp.robot.hardware import hardware_of
from playground_amp.robot.models import compiled, ground_scale_of, robot_folder, robot_sha256
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Heights, Patchwork, Robot, Sole
from playground_amp.robot.servo_heat import heat_of

# A mirror in y turns a rotation about x or z round and leaves one about y.
_MIRRORED_ROTATION = np.array([-1.0, 1.0, -1.0])


def load_robot(robot: str, scene: str = "flat") -> Robot:
    """A robot in a scene (of scenes.py), once a process. `robot`: one that ships by its name, or a folder's path.

    Raises:
        UserError: there is no such robot or scene, or the robot's files are wrong.
    """
    return _load_robot(robot_folder(robot), scene, robot)


@cache
def _load_robot(folder: Path, scene: str, name: str) -> Robot:
    description = read_description(folder)
    model = compiled(folder, scene)
    names = tuple(model.joint(model.actuator(index).trnid[0]).name for index in range(model.nu))
    _check_normal_form(model, names, folder)
    _check_names(model, description, folder)
    joints, actuators = [model.joint(name) for name in names], [model.actuator(name) for name in names]
    joint_range = np.array([joint.range for joint in joints])
    axis_b, mirror = _axes_in_base(model, names), _mirror_index(names, description, folder)
    hardware = description.hardware and hardware_of(description.hardware, names, folder)
    torque_limit = _constant([actuator.forcerange[1] for actuator in actuators])
    speed_limit = _speed_limit(description.servo, names)
    legs = chain_to(model, description.feet.left.sole), chain_to(model, description.feet.right.sole)
    return Robot(
        name=name if folder.name == name else str(folder),
        title=description.title,
        folder=folder,
        sha256=robot_sha256(folder),
        scene=scene,
        ground=_ground(model, scene, ground_scale_of(description)),
        floor_friction=float(model.geom("floor").friction[0]),
        gravity=float(np.linalg.norm(model.opt.gravity)),
        joint_names=names,
        joint_lower=_constant(joint_range[:, 0]),
        joint_upper=_constant(joint_range[:, 1]),
        joint_axis_b=_constant(axis_b),
        joint_mirror_index=_constant(mirror),
        joint_mirror_sign=_constant(np.rint(np.sum(axis_b * _MIRRORED_ROTATION * axis_b[mirror], axis=1))),
        torque_limit=torque_limit,
        speed_limit=speed_limit,
        kp=_constant([actuator.gainprm[0] for actuator in actuators]),
        kv=_constant([-actuator.biasprm[2] for actuator in actuators]),
        damping=_constant([float(np.ravel(joint.damping)[0]) for joint in joints]),
        friction_loss=_constant([joint.frictionloss[0] for joint in joints]),
        armature=_constant([joint.armature[0] for joint in joints]),
        heat=heat_of(description.servo.model, torque_limit, speed_limit, hardware),
        home_qpos=_constant(model.key("home").qpos),
        body_names=tuple(model.body(index).name for index in range(1, model.nbody)),
        body_mass=_constant(model.body_mass[1:]),
        legs=legs,
        soles=(_sole(model, description.feet.left), _sole(model, description.feet.right)),
        imu=chain_to(model, description.imu),
        leg_length=leg_length(legs[0], joint_range),
        hardware=hardware,
    )


def _speed_limit(servo: Servo, names: tuple[str, ...]) -> np.ndarray:
    """Of each joint's servo without load, rad/s."""
    return _constant([servo.speed_limits.get(name, servo.speed_limit) for name in names])


def mirrored_name(name: str) -> str:
    """The same part on the other side: left_x for right_x and back; parts of the middle keep their name."""
    side, _, part = name.partition("_")
    return {"left": f"right_{part}", "right": f"left_{part}"}.get(side, name)


def _mirror_index(names: tuple[str, ...], description: RobotDescription, folder: Path) -> np.ndarray:
    """Place of each joint's mirror image."""
    if description.mirror is None:
        other = {name: mirrored_name(name) for name in names}
    else:
        pairs = description.mirror
        other = {name: name for name in names} | dict(pairs) | {right: left for left, right in pairs}
    unknown = [f"{name} ↔ {other[name]}" for name in names if other[name] not in names]
    if unknown:
        raise UserError(f"{folder}: a joint has no mirror image: {', '.join(unknown)}; name the pairs in mirror:")
    return np.array([names.index(other[name]) for name in names])


def _axes_in_base(model: mujoco.MjModel, names: tuple[str, ...]) -> np.ndarray:
    """The joints' axes [J, 3] in the base frame with all joints at zero."""
    data = mujoco.MjData(model)
    data.qpos[:] = 0.0
    data.qpos[3] = 1.0
    mujoco.mj_kinematics(model, data)
    return np.array([data.xaxis[model.joint(name).id] for name in names])


def _sole(model: mujoco.MjModel, foot: Foot) -> Sole:
    """The rectangle of two bars: capsules across the foot, one at the toe, one at the heel."""
    toe, heel, site = model.geom(foot.toe), model.geom(foot.heel), model.site(foot.sole)
    axes = np.empty(9)
    mujoco.mju_quat2Mat(axes, site.quat)
    along = axes.reshape(3, 3)[:, 0] @ (toe.pos - heel.pos)
    radius, half_bar = toe.size[0], toe.size[1]
    return Sole(foot.sole, (foot.toe, foot.heel), float(along / 2 + radius), float(radius + half_bar), float(radius))


def _ground(model: mujoco.MjModel, scene: str, ground_scale: float) -> Heights | Patchwork | None:
    if scene in COURSES:
        return patchwork(scene, ground_scale)
    if not model.nhfield:
        return None
    half_length, half_width, relief, _ = (float(x) for x in model.hfield_size[0])
    shape = int(model.hfield_nrow[0]), int(model.hfield_ncol[0])
    lowest = float(model.geom("floor").pos[2])
    return Heights(_constant(lowest + relief * model.hfield_data.reshape(shape)), half_length, half_width)


def _check_names(model: mujoco.MjModel, description: RobotDescription, folder: Path) -> None:
    """Every name in robot.yaml is one of the model."""
    feet = (description.feet.left, description.feet.right)
    bars = [name for foot in feet for name in (foot.toe, foot.heel)]
    asked = [
        (mujoco.mjtObj.mjOBJ_SITE, "site", [*(foot.sole for foot in feet), *bars, description.imu]),
        (mujoco.mjtObj.mjOBJ_GEOM, "geom", bars),
        (mujoco.mjtObj.mjOBJ_SENSOR, "sensor", bars),
        (mujoco.mjtObj.mjOBJ_JOINT, "joint", [*description.home.joints, *description.servo.speed_limits]),
    ]
    for kind, word, names in asked:
        for name in names:
            if mujoco.mj_name2id(model, kind, name) < 0:
                raise UserError(f"{folder / DESCRIPTION}: {description.model} has no {word} named {name!r}")


def _constant(values: object) -> np.ndarray:
    array = np.array(values)
    array.setflags(write=False)
    return array


def _check_normal_form(model: mujoco.MjModel, names: tuple[str, ...], folder: Path) -> None:
    """Engines slice qpos, qvel and ctrl instead of gathering; that is right only for this order."""
    count = len(names)
    if (model.nq, model.nv) != (BASE_QPOS_SIZE + count, BASE_QVEL_SIZE + count):
        raise UserError(
            f"{folder}: expected a free base and one hinge an actuator, found nq={model.nq} nv={model.nv} nu={count}"
        )
    for index, name in enumerate(names):
        joint, actuator = model.joint(name), model.actuator(index)
        places = (int(joint.qposadr[0]) - BASE_QPOS_SIZE, int(joint.dofadr[0]) - BASE_QVEL_SIZE)
        if places != (index, index) or actuator.name != name:
            raise UserError(f"{folder}: joint {name} must be number {index} of qpos, qvel and actuators, and name both")
