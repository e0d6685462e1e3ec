"""Which joint of a leg is hip, knee or ankle: found from the axes at the zero pose, whatever the names."""

from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.record import SIDES, Robot

_ALONG = 0.8  # of an axis lies along x or y


class LegRoles(NamedTuple):
    """Places in a leg's chain."""

    hip_roll: int
    ankle_roll: int
    hip_pitch: int
    knee: int
    ankle_pitch: int


def leg_roles(robot: Robot, side: int) -> LegRoles | None:
    """The roles in the left (0) or the right (1) leg.

    None: it is of another build than three joints across (hip, knee, ankle), one along above the knee, one below it.
    """
    axis = np.abs(robot.joint_axis_b[robot.legs[side].joints])
    along, across = (np.flatnonzero(axis[:, column] > _ALONG).tolist() for column in (0, 1))
    if len(across) != 3 or len(along) != 2 or not along[0] < across[1] < along[1]:
        return None
    return LegRoles(*along, *across)


def require_leg_roles(robot: Robot, side: int) -> LegRoles:
    """The roles in a leg; raises UserError for legs of another build."""
    roles = leg_roles(robot, side)
    if roles is None:
        raise UserError(
            f"{robot.name}: a person's walk can be brought to legs with three joints across (hip, knee, ankle), one "
            f"along above the knee and one below it; the {SIDES[side]} leg has {', '.join(robot.leg_joint_names(side))}"
        )
    return roles


def thigh_and_shank(robot: Robot, roles: LegRoles) -> float:
    """Length of the left leg from hip to knee to ankle, m."""
    offset = robot.legs[0].offset
    return float(sum(np.linalg.norm(offset[joint]) for joint in (roles.knee, roles.ankle_pitch)))
