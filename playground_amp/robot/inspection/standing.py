"""Whether a robot stands: its home pose, what overlaps in it, how stiff its ankles are, and two seconds of physics."""

import math
from collections.abc import Iterator

import mujoco
import numpy as np

from playground_amp.robot.inspection.bodies import robot_bodies
from playground_amp.robot.inspection.finding import Finding
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.source import Source
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot

STANDS_FOR = 2.0  # s
STIFF_ENOUGH = 1.1  # 2·kp_ankle / (m·g·h): below it, an inverted pendulum on two springs topples
_TILT, _SUNK = math.radians(45), 0.6  # rad; of the standing height: beyond these it has fallen
_LOADED = 0.8  # of its torque limit, of a servo that only stands
_DEEP = 2e-3  # m: shapes overlap
_MARGIN = 0.01  # leg lengths, from the center of mass to the edge of the soles


def home_findings(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Findings on the home pose and the servos that hold it."""
    home = design.home
    if home.support_margin < _MARGIN * anatomy.leg_length:
        beside = home.support_margin < 0
        yield Finding(
            "mend",
            "home",
            f"in its home pose ({home.origin}) the center of mass is {abs(1000 * home.support_margin):.0f} mm "
            f"{'beside' if beside else 'inside'} the edge of the soles",
            "give a keyframe in which it stands, or home: in robot.yaml",
            figure=1000 * home.support_margin,
            unit="mm",
        )
    if home.load_share > _LOADED:
        yield Finding(
            "mend",
            "home",
            f"standing in its home pose takes {100 * home.load_share:.0f} % of a servo's torque limit",
            "straighten the home pose's knees, or take stronger servos",
            figure=100 * home.load_share,
            unit="%",
        )
    gain = design.ankle_gain.value
    if gain < STIFF_ENOUGH:
        yield Finding(
            "mend",
            "gains",
            f"the ankles are too weak to hold it up: 2·kp/(m·g·h) is {gain:.2f}, {STIFF_ENOUGH:g} is needed",
            f"raise the ankles' kp by a factor of {STIFF_ENOUGH / max(gain, 0.01):.2g}, or name others (--servo)",
            figure=gain,
            unit="m·g·h",
        )
    yield from _overlaps(source, anatomy, design)


def _overlaps(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Shapes of the robot that are inside each other at home, as the model has them collide."""
    model, data = source.model, at_home(source, anatomy, design)
    own = set(robot_bodies(source, anatomy))
    mujoco.mj_collision(model, data)
    found: dict[tuple[str, str], float] = {}
    for contact in data.contact[: data.ncon]:
        first, second = (int(model.geom_bodyid[geom]) for geom in contact.geom)
        if first in own and second in own and contact.dist < -_DEEP:
            pair = model.body(first).name, model.body(second).name
            found[pair] = max(found.get(pair, 0.0), -float(contact.dist))
    if found:
        (one, other), depth = max(found.items(), key=lambda item: item[1])
        more = f", and {len(found) - 1} more pairs" if len(found) > 1 else ""
        yield Finding(
            "note",
            "collision",
            f"at home {one} and {other} overlap by {1000 * depth:.0f} mm{more}",
            "init drops collisions of the robot with itself; if the parts really touch, change the home pose",
            tuple(dict.fromkeys(name for pair in found for name in pair)),
            1000 * depth,
            "mm",
        )


def at_home(source: Source, anatomy: Anatomy, design: Design) -> mujoco.MjData:
    """The maker's own model with its joints at home, poses worked out; its base is where the model has it."""
    data = mujoco.MjData(source.model)
    for joint in anatomy.joints:
        address = source.model.joint(joint.name).qposadr[0]
        data.qpos[address] = design.home.angles.get(joint.name, 0.0)
    mujoco.mj_kinematics(source.model, data)
    mujoco.mj_comPos(source.model, data)
    return data


def falling_time(robot: Robot) -> float | None:
    """When a robot in normal form has fallen that is put down at home and told to stay there, s; None: it stands."""
    model = model_of(robot)
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.ctrl[:] = robot.home_joint_position
    up = np.empty(3)
    while data.time < STANDS_FOR:
        mujoco.mj_step(model, data)
        mujoco.mju_rotVecQuat(up, np.array([0.0, 0.0, 1.0]), data.qpos[3:BASE_QPOS_SIZE])
        if not (up[2] > math.cos(_TILT) and data.qpos[2] > _SUNK * robot.standing_height):
            return float(data.time)
    return None


def standing_findings(robot: Robot, design: Design) -> Iterator[Finding]:
    """Whether the robot that `init` makes stands by itself."""
    fallen = falling_time(robot)
    if fallen is not None:
        yield Finding(
            "mend",
            "standing",
            f"it does not stand by itself: put down in its home pose ({design.home.origin}) it falls within "
            f"{math.ceil(10 * fallen) / 10:.1f} s",
            "stiffen the ankles' gains, or give a home pose with the center of mass over the middle of the soles",
            figure=fallen,
            unit="s",
        )
