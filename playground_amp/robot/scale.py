"""How much larger, heavier and slower one robot is than another: dimensional analysis after Froude.

Two robots of one shape walk alike where lengths go with the leg length L, times with √(L/g), speeds with √(gL), forces
with the weight mg, torques with mgL (Alexander, "Principles of Animal Locomotion", 2003, chapter 5). All numbers of
the configuration, the rewards and the gates are WildRobot's; another robot's are these times the ratios here, which
are exactly 1 for WildRobot.

That holds for servos that follow alike. One that is slower in scaled time takes shorter steps: the speeds that are
asked of its robot, in training as in the gates, are smaller (`pace`).
"""

import math
from typing import Literal, NamedTuple, get_args

import numpy as np

from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

_DIGITS = 6
_FAST_ENOUGH = 0.9  # of the quickness of WildRobot's servos
_SLOWEST_PACE = 0.65  # of what Froude's scaling asks: slower, a robot shuffles, whatever its servos
_MOSTLY = 0.7  # of a unit axis to the left: it bends the leg fore and aft

Dimension = Literal[
    "length",
    "height",
    "time",
    "speed",
    "pace",
    "rate",
    "mass",
    "force",
    "torque",
    "power",
    "deflection",
    "servo_speed",
    "time_per_speed",
]


class Scale(NamedTuple):
    """Ratios of a robot's measures to WildRobot's; fields are named after `Dimension`."""

    length: float = 1.0  # leg length L
    height: float = 1.0  # of the base over the floor in the home pose
    time: float = 1.0  # √(L/g)
    speed: float = 1.0  # √(gL)
    pace: float = 1.0  # of the speeds asked for: √(gL), less where the servos are slow
    rate: float = 1.0  # of angular speeds and frequencies, √(g/L)
    mass: float = 1.0  # m
    force: float = 1.0  # mg
    torque: float = 1.0  # mgL
    power: float = 1.0  # mg√(gL)
    deflection: float = 1.0  # mgL/kp: the angle by which the leg's servos give way under the weight
    servo_speed: float = 1.0  # of the leg's servos without load
    time_per_speed: float = 1.0  # 1/g


assert Scale._fields == get_args(Dimension)


def scale_of(robot: Robot) -> Scale:
    """The ratios of a robot; all exactly 1.0 for one of WildRobot's own size and weight."""
    unit = load_robot(DEFAULT_ROBOT)
    length, height, masses, gravity, kp, servo_speed = (
        own / units for own, units in zip(_measures(robot), _measures(unit), strict=True)
    )
    time, speed = (length / gravity) ** 0.5, (length * gravity) ** 0.5
    force = masses * gravity
    return Scale(
        length=length,
        height=height,
        time=time,
        speed=speed,
        pace=speed * pace_share(float(np.min(quickness_of(robot) / quickness_of(unit)))),
        rate=1.0 / time,
        mass=masses,
        force=force,
        torque=force * length,
        power=force * speed,
        deflection=force * length / kp,
        servo_speed=servo_speed,
        time_per_speed=1.0 / gravity,
    )


def times(value: float, ratio: float) -> float:
    """A number of WildRobot's for a robot of another ratio, to six significant digits, so that it can be read."""
    return value if ratio == 1 else float(f"{value * ratio:.{_DIGITS}g}")


def pace_share(quickness: float) -> float:
    """The share of Froude's speeds that servos of this share of WildRobot's quickness are asked for."""
    return 1.0 if quickness >= _FAST_ENOUGH else max(math.sqrt(quickness), _SLOWEST_PACE)


def servo_rates(kp: float, kv: float, damping: float, armature: float, torque: float, speed: float) -> np.ndarray:
    """How quick a servo is, [3]: bandwidth √(kp/armature) rad/s, the inverse of its lag (kv + damping)/kp, 1/s, and
    the speed without load, or that at which damping takes all its torque, rad/s."""
    drag = max(damping, 1e-9)
    return np.array([math.sqrt(kp / max(armature, 1e-9)), kp / max(kv + damping, 1e-9), min(speed, torque / drag)])


def quickness_of(robot: Robot) -> np.ndarray:
    """Of the slowest servos that bend a leg fore and aft, [3] in √(g/L)."""
    leg = robot.legs[0].joints
    bending = [joint for joint in leg if abs(robot.joint_axis_b[joint, 1]) > _MOSTLY]
    each = robot.kp, robot.kv, robot.damping, robot.armature, robot.torque_limit, robot.speed_limit
    rates = [servo_rates(*(float(values[joint]) for values in each)) for joint in bending or leg]
    return np.min(rates, axis=0) * math.sqrt(robot.leg_length / robot.gravity)


def _measures(robot: Robot) -> tuple[float, ...]:
    """Leg length, standing height, mass, gravity; the leg's mean gain and servo speed."""
    leg = robot.legs[0].joints
    gain, speed = float(robot.kp[leg].mean()), float(robot.speed_limit[leg].mean())
    return robot.leg_length, robot.standing_height, robot.mass, robot.gravity, gain, speed
