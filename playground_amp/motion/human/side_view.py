"""A robot's legs as they look from the side: two links each between hip, knee and ankle, and a foot that rolls.

Seen from the side, legs that lean sideways are shorter, and a tipped pelvis holds one hip higher than the other. So
links and hips are given for every phase, as they are in a pose.
"""

from typing import NamedTuple

import numpy as np

from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.balance import attitude
from playground_amp.motion.generate.footsteps import rolled
from playground_amp.motion.leg_roles import require_leg_roles
from playground_amp.robot.record import Robot, Sole

_SPARE = 0.06  # rad that are left to the ends of the joints' ranges


class SideView(NamedTuple):
    """Both legs at phases [P]; x ahead and z up, m. Angles are told by `LegAngles`."""

    hip: np.ndarray  # [P, 2, 2] from the base
    thigh: np.ndarray  # [P, 2] length
    shank: np.ndarray  # [P, 2]
    sole: np.ndarray  # [2, 2] from the ankle to the sole's center, the foot flat
    bends: float  # +1: knees bend as a person's; -1: the other way
    lowest: np.ndarray  # [2, 3] rad, of hip, knee and ankle
    highest: np.ndarray  # [2, 3]
    soles: tuple[Sole, Sole]


class LegAngles(NamedTuple):
    """Angles [P, 2] rad of the left and the right leg, seen from the side."""

    thigh: np.ndarray  # ahead of the vertical
    knee: np.ndarray  # bent
    foot: np.ndarray  # pitch over the floor, positive: toe down

    def ankle(self, bends: float = 1.0) -> np.ndarray:
        """How far the ankle is stretched [P, 2]: the foot against the shank, 0 at a right angle."""
        return self.foot + self.thigh - bends * self.knee


def side_view(robot: Robot, body: np.ndarray, joints: np.ndarray) -> SideView:
    """As the legs are in a pose: body [P, 6] (x, y, z, roll, yaw, pitch) and joints [P, J] rad.

    Raises:
      UserError: legs of another build than a person's.
    """
    turn = attitude(body[:, 3], body[:, 5], body[:, 4])
    hip, thigh, shank, sole, ends, bends = [], [], [], [], [], 1.0
    for side, chain in enumerate(robot.legs):
        roles = require_leg_roles(robot, side)
        pose = legs.forward(chain, joints[:, chain.joints])
        points = [turn.apply(pose.origin[:, joint])[:, [0, 2]] for joint in (roles.hip_pitch, roles.knee)]
        ankle = turn.apply(pose.origin[:, roles.ankle_pitch])[:, [0, 2]]
        hip.append(points[0])
        thigh.append(np.linalg.norm(points[1] - points[0], axis=1))
        shank.append(np.linalg.norm(ankle - points[1], axis=1))
        home = legs.forward(chain, robot.home_joint_position[chain.joints][None])
        in_foot = home.rotation[0].T @ (home.sole[0] - home.origin[0, roles.ankle_pitch])
        sole.append(in_foot[[0, 2]])
        bends = _bends(home.origin[0][:, [0, 2]], (roles.hip_pitch, roles.knee, roles.ankle_pitch))
        ends.append(_ends(robot, side, (roles.hip_pitch, roles.knee, roles.ankle_pitch), bends))
    lowest, highest = (np.array([each[end] for each in ends]) for end in (0, 1))
    hips, thighs, shanks = (np.stack(each, axis=1) for each in (hip, thigh, shank))
    return SideView(hips, thighs, shanks, np.array(sole), bends, lowest, highest, robot.soles)


def ankles(view: SideView, angles: LegAngles) -> np.ndarray:
    """The ankles from the base [P, 2, 2] m."""
    shank = angles.thigh - view.bends * angles.knee
    return (
        view.hip
        + view.thigh[..., None] * np.stack([np.sin(angles.thigh), -np.cos(angles.thigh)], axis=-1)
        + view.shank[..., None] * np.stack([np.sin(shank), -np.cos(shank)], axis=-1)
    )


def ankle_to_sole(view: SideView, pitch: np.ndarray) -> np.ndarray:
    """The soles' centers from the ankles [P, 2, 2] m, for feet pitched by [P, 2] rad."""
    cos, sin = np.cos(pitch), np.sin(pitch)
    x, z = view.sole[:, 0], view.sole[:, 1]
    return np.stack([cos * x + sin * z, cos * z - sin * x], axis=-1)


def standing_sole(view: SideView, pitch: np.ndarray) -> np.ndarray:
    """How the center of a sole that stands has moved [P, 2, 2] m, rolled by a pitch [P, 2] rad over its edges."""
    moved = [
        np.where(pitch[:, side, None] > 0, *(rolled(sole, pitch[:, side], end)[:, [0, 2]] for end in (1, -1)))
        for side, sole in enumerate(view.soles)
    ]
    return np.stack(moved, axis=1)


def lowest_point(view: SideView, pitch: np.ndarray) -> np.ndarray:
    """How far the lowest point of a sole is below its center [P, 2] m, the foot pitched by [P, 2] rad."""
    return standing_sole(view, pitch)[..., 1]


def _bends(points: np.ndarray, joints: tuple[int, int, int]) -> float:
    """Which way the knee bends at home: hip, knee and ankle at [K, 2] m."""
    hip, knee, ankle = (points[joint] for joint in joints)
    return 1.0 if np.cross(np.append(knee - hip, 0), np.append(ankle - knee, 0))[2] <= 0 else -1.0


def _ends(robot: Robot, side: int, joints: tuple[int, int, int], bends: float) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most [3] rad that thigh, knee and ankle may be turned, the base upright."""
    chain = robot.legs[side]
    home = robot.home_joint_position[chain.joints]
    pose = legs.forward(chain, home[None])
    hip, knee, ankle = (pose.origin[0, joint][[0, 2]] for joint in joints)
    thigh, shank = (np.arctan2(each[0], -each[1]) for each in (knee - hip, ankle - knee))
    angles = np.array([thigh, bends * (thigh - shank), shank])
    # A turn about y, to the left, takes what hangs backward, and the toe down.
    senses = np.array([-1.0, bends, 1.0]) * np.sign(pose.axis[0, list(joints), 1])
    which = np.array(chain.joints)[list(joints)]
    ends = np.stack([robot.joint_lower[which], robot.joint_upper[which]]) - home[list(joints)]
    turned = np.sort(senses * ends, axis=0) + angles
    return turned[0] + _SPARE, turned[1] - _SPARE
