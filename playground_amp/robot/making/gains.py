"""Servos of a robot where its model leaves them open or says what cannot be."""

import math

import numpy as np

from playground_amp.robot.making.anatomy import Anatomy, JointFacts
from playground_amp.robot.making.design import ServoDesign
from playground_amp.robot.making.roles import role_of
from playground_amp.robot.making.servos import ServoFacts, servo_named
from playground_amp.robot.making.source import Source

NAMED = " (--servo)"  # after the name of a servo, in the origin of what it gives
# In units of the robot: m g L for gains and torques, √(g/L) for rates. WildRobot's servos are 1.2, 0.23, 6.2 and 2.1.
_GAIN = 1.2
_TORQUE = 0.5
_BANDWIDTH = 6.2
_SPEED = 2.1
_ABSURD_TORQUE = 3.0
_ABSURD_SPEED = 15.0  # real servos have 2 to 9; CAD exports write 100 rad/s
_SATURATION = 0.2  # rad: a gain, as stiff as usual, reaches its torque limit no sooner,
_LEAST_GAIN = 0.75  # unless the ankles would then not hold the robot;
_SOONEST = 0.08  # rad: but never sooner than here
_DAMPING = 0.22  # of critical, for the rotor and what the joint carries,
_HIPS_SHARE = 0.1  # or this share of what a hip carries: in stance an ankle holds more than its foot;
_LAG = 0.13  # √(L/g) of (kv + damping)/kp at least, as WildRobot's: with less the body rocks on its ankles undamped
_FASTEST = 200.0  # rad/s of √(kp/armature) that physics steps of 5 ms still follow
_WIDEST = 2 * math.pi  # rad of a range that says something
NARROWEST = 0.1  # rad, likewise: 3 rad each way, taken for degrees, are 0.1 rad in all
_RANGES = {
    "hip_yaw": (-0.7, 0.7), "hip_roll": (-0.6, 0.6), "hip_pitch": (-1.6, 1.6), "knee_pitch": (-0.1, 2.2),
    "ankle_pitch": (-1.1, 1.1), "ankle_roll": (-0.6, 0.6), "ankle_yaw": (-0.5, 0.5),
}  # fmt: skip
_ANY_RANGE = (-math.pi / 2, math.pi / 2)


def servo_designs(
    source: Source, anatomy: Anatomy, gravity: float, servo: str | None, derived: bool, stiffer: float = 1.0
) -> dict[str, ServoDesign]:
    """The servo of every driven joint.

    Args:
        source: the robot's model.
        anatomy: its parts.
        gravity: m/s².
        servo: the name of the one that drives them all; None: as the model says.
        derived: whether gains are derived where the model has some.
        stiffer: how many times as stiff as usual derived gains are.
    """
    facts = servo_named(servo) if servo else None
    torque, rate = anatomy.mass * gravity * anatomy.leg_length, math.sqrt(gravity / anatomy.leg_length)
    hip = max(anatomy.joint(name).inertia for name in anatomy.legs[0])
    designs = {}
    for joint in (joint for joint in anatomy.joints if not joint.passive):
        lower, upper, range_origin = _range(anatomy, joint)
        speed = source.urdf_limits[joint.name].speed if joint.name in source.urdf_limits else None
        gains = _named(facts, str(servo)) if facts else _gains(joint, torque, rate, speed, hip, derived, stiffer)
        designs[joint.name] = gains._replace(lower=lower, upper=upper, range_origin=range_origin)
    return designs


def _named(facts: ServoFacts, name: str) -> ServoDesign:
    origin = f"{name}{NAMED}"
    own = {field: value for field, value in facts._asdict().items() if field in ServoDesign._fields}
    return ServoDesign(**own, lower=0.0, upper=0.0, origin=origin, limit_origin=origin, speed_origin=origin)


def _gains(
    joint: JointFacts,
    torque: float,
    rate: float,
    speed: float | None,
    hip_inertia: float,
    derived: bool,
    stiffer: float,
) -> ServoDesign:
    """A joint's servo as the model has it, or derived, `stiffer` times as stiff as usual. `torque`: m g L, N·m;
    `rate`: √(g/L), rad/s; `hip_inertia`: of a leg about its hip, kg·m²."""
    limit, limit_origin = joint.torque_limit, "model"
    if limit is None or limit > _ABSURD_TORQUE * torque:
        found = "none in the model" if limit is None else f"the model says {limit:.3g}"
        limit, limit_origin = _TORQUE * torque, f"{_TORQUE} m g L: {found}"
    if joint.kp is not None and not derived:
        kp, kv, origin = joint.kp, joint.kv or 0.0, "model"
        armature = max(joint.armature, kp / _FASTEST**2)
    else:
        usual = max(min(_GAIN * torque, limit / _SATURATION), _LEAST_GAIN * torque)
        kp = min(stiffer * usual, limit / _SOONEST)
        armature = joint.armature or kp / (_BANDWIDTH * rate) ** 2
        armature = max(armature, kp / _FASTEST**2)
        kv = _velocity_gain(kp, armature + max(joint.inertia, _HIPS_SHARE * hip_inertia), rate, joint.damping)
        found = "--gains derived" if joint.kp else f"the model has {_DRIVES[joint.drive]}"
        origin = f"derived: {found}; {stiffer * _GAIN:.2g} m g L within the torque limit"
    origin += "" if joint.armature else "; armature derived from the gain"
    told = speed is not None and speed <= _ABSURD_SPEED * rate
    fastest = speed if speed is not None and told else _SPEED * rate
    said = "does not say" if speed is None else f"says {speed:.3g}"
    speed_origin = "URDF" if told else f"{_SPEED} √(g/L): the model {said}"
    return ServoDesign(
        kp=kp,
        kv=kv,
        torque_limit=limit,
        speed_limit=fastest,
        armature=armature,
        damping=joint.damping,
        friction_loss=joint.friction_loss,
        lower=0.0,
        upper=0.0,
        origin=origin,
        limit_origin=limit_origin,
        speed_origin=speed_origin,
    )


def _velocity_gain(kp: float, carried: float, rate: float, damping: float) -> float:
    """N·m·s/rad, of a servo of gain `kp` that turns an inertia `carried`, kg·m², beside a joint's own damping."""
    wanted = max(2 * _DAMPING * math.sqrt(kp * carried), kp * _LAG / rate)
    return max(wanted - damping, 0.0)


_DRIVES = {
    "position": "no gain",
    "motor": "a motor without gains",
    "none": "no actuator",
    "velocity": "a velocity servo",
    "other": "no servo",
}


def _range(anatomy: Anatomy, joint: JointFacts) -> tuple[float, float, str]:
    """A joint's range, rad, and where it is from."""
    lower, upper = joint.lower, joint.upper
    if lower is not None and upper is not None and NARROWEST < upper - lower < 0.99 * _WIDEST:
        return lower, upper, "model"
    partner = anatomy.joint(joint.mirror or joint.name)  # of a joint in the middle itself
    if partner.lower is not None and partner.upper is not None:
        low, high = sorted((joint.mirror_sign * partner.lower, joint.mirror_sign * partner.upper))
        if (lower is None or upper is None) and NARROWEST < high - low < 0.99 * _WIDEST:
            return low, high, f"as of {partner.name}: none in the model"
    found = "none in the model" if lower is None or upper is None else f"the model says {lower:.3g} to {upper:.3g}"
    role = role_of(anatomy, joint)
    low, high = _RANGES.get(role, _ANY_RANGE)
    if role == "knee_pitch":
        bent = [angle for key in anatomy.keyframes if abs(angle := key.angles.get(joint.name, 0.0)) > 0.1]
        way = np.sign(sum(bent)) if bent else np.sign(joint.axis[1])
        low, high = (low, high) if way >= 0 else (-high, -low)
    elif joint.side == "right" and joint.mirror_sign < 0:
        low, high = -high, -low
    return low, high, f"usual for a {role.replace('_', ' ')}: {found}"
