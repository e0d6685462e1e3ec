"""How much larger, heavier and slower one robot is than another: dimensional analysis after Froude.

Two robots of one shape walk alike where lengths go with the leg length L, times with √(L/g), speeds with √(gL), forces
with the weight mg, torques with mgL (Alexander, "Principles of Animal Locomotion", 2003, chapter 5). All numbers of
the configuration, the rewards and the gates are WildRobot's; another robot's are these times the ratios here, which
are exactly 1 for WildRobot.
"""

from functools import cache
from typing import Literal, NamedTuple, get_args

from playground_amp.robot.record import Robot
from playground_amp.robot.robot import DEFAULT_ROBOT, load_robot

Dimension = Literal["length", "time", "speed", "rate", "mass", "force", "torque", "power"]


class Scale(NamedTuple):
    """Ratios of a robot's measures to WildRobot's; fields are named after `Dimension`."""

    length: float = 1.0
    time: float = 1.0
    speed: float = 1.0
    rate: float = 1.0  # of angular speeds and frequencies
    mass: float = 1.0
    force: float = 1.0
    torque: float = 1.0
    power: float = 1.0


assert Scale._fields == get_args(Dimension)


def scale_of(robot: Robot) -> Scale:
    """The ratios of a robot; all exactly 1.0 for one of WildRobot's own size and weight."""
    return _scale(robot.leg_length, robot.mass, robot.gravity)


@cache
def _scale(leg_length: float, mass: float, gravity: float) -> Scale:
    unit = load_robot(DEFAULT_ROBOT)
    length, masses, gravities = leg_length / unit.leg_length, mass / unit.mass, gravity / unit.gravity
    time, speed = (length / gravities) ** 0.5, (length * gravities) ** 0.5
    force = masses * gravities
    return Scale(
        length=length,
        time=time,
        speed=speed,
        rate=1.0 / time,
        mass=masses,
        force=force,
        torque=force * length,
        power=force * speed,
    )
