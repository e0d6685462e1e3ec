"""How much larger, heavier and slower one robot is than another: dimensional analysis after Froude.

Two robots of one shape walk alike where lengths go with the leg length L, times with √(L/g), speeds with √(gL), forces
with the weight mg, torques with mgL (Alexander, "Principles of Animal Locomotion", 2003, chapter 5). All numbers of
the configuration, the rewards and the gates are WildRobot's; another robot's are these times the ratios here, which
are exactly 1 for WildRobot.
"""

from typing import Literal, NamedTuple, get_args

from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

_DIGITS = 6

Dimension = Literal[
    "length",
    "height",
    "time",
    "speed",
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
    unit = _measures(load_robot(DEFAULT_ROBOT))
    length, height, masses, gravity, kp, servo_speed = (
        own / units for own, units in zip(_measures(robot), unit, strict=True)
    )
    time, speed = (length / gravity) ** 0.5, (length * gravity) ** 0.5
    force = masses * gravity
    return Scale(
        length=length,
        height=height,
        time=time,
        speed=speed,
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


def _measures(robot: Robot) -> tuple[float, ...]:
    """Leg length, standing height, mass, gravity; the leg's mean gain and servo speed."""
    leg = robot.legs[0].joints
    gain, speed = float(robot.kp[leg].mean()), float(robot.speed_limit[leg].mean())
    return robot.leg_length, robot.standing_height, robot.mass, robot.gravity, gain, speed
