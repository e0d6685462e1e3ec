"""Whether a robot can run: leave the floor with both feet, as a person does between two steps of a run."""

import numpy as np

from playground_amp.errors import UserError
from playground_amp.motion.human.strides import Stride
from playground_amp.motion.human.timing import find_timing, flight
from playground_amp.motion.leg_roles import require_leg_roles, thigh_and_shank
from playground_amp.robot.record import Robot

_BEND = 0.7  # rad, of a runner's knee in mid-stance


def require_flight(robot: Robot, stride: Stride) -> None:
    """Raises UserError for a run: what it takes of the robot's knees, and what they have.

    While a leg carries, its push must make up for the time without one: the weight over twice the share of the cycle
    in which it carries, and half as much again as a half-sine's peak (Alexander, "Principles of Animal Locomotion",
    2003, chapter 7).
    """
    feet = find_timing(stride)
    carries = 1 - float(np.mean([foot.swing for foot in feet]))
    force = robot.weight * np.pi / 2 / (2 * carries)
    roles = require_leg_roles(robot, 0)
    torque = float(force * thigh_and_shank(robot, roles) / 2 * np.sin(_BEND / 2))
    limit = float(robot.torque_limit[robot.legs[0].joints[roles.knee]])
    what = f"the walker runs: a foot carries for {carries:.0%} of the cycle, and none for {flight(*feet):.0%}"
    if torque > limit:
        raise UserError(
            f"{what}. That takes {torque:.1f} N·m of a knee, {robot.name}'s gives {limit:.1f}, so it cannot fly; "
            "import a recording in which the person walks"
        )
    raise UserError(
        f"{what}. {robot.name}'s knees ({limit:.1f} N·m, {torque:.1f} needed) could, but runs are not imported; "
        "import a recording in which the person walks"
    )
