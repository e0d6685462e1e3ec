"""Chains of a robot whose frames are all parallel at the zero pose."""

from collections.abc import Sequence

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import FootFacts, JointFacts
from playground_amp.robot.record import Chain

_UNTURNED = (1.0, 0.0, 0.0, 0.0)


def leg_chain(joints: Sequence[JointFacts], foot: FootFacts) -> Chain:
    """The chain of a leg's hinges, in their order, to the middle of its sole."""
    anchors = np.array([joint.anchor for joint in joints])
    return Chain(
        joints=np.arange(len(joints)),
        offset=np.diff(anchors, axis=0, prepend=np.zeros((1, 3))),
        rotation=np.tile(_UNTURNED, (len(joints), 1)),
        axis=np.array([joint.axis for joint in joints]),
        tip=foot.center - anchors[-1],
        tip_rotation=foot.quaternion,
    )


def sole_pose(chain: Chain, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Center [3] m and axes [3, 3] (rows: to the toe, left, up) of a sole in the robot's frame, at angles [K] rad."""
    point, turn = chain.tip.copy(), matrix_of(chain.tip_rotation)
    for offset, axis, angle in zip(chain.offset[::-1], chain.axis[::-1], np.asarray(angles)[::-1], strict=True):
        hinge = turn_about(axis, float(angle))
        point, turn = offset + hinge @ point, hinge @ turn
    return point, turn.T


def matrix_of(quaternion: np.ndarray) -> np.ndarray:
    """The rotation matrix [3, 3] of a quaternion wxyz."""
    flat = np.empty(9)
    mujoco.mju_quat2Mat(flat, np.asarray(quaternion, float))
    return flat.reshape(3, 3)


def turn_about(axis: np.ndarray, angle: float) -> np.ndarray:
    """The rotation matrix [3, 3] about a unit axis by an angle in rad."""
    quaternion = np.empty(4)
    mujoco.mju_axisAngle2Quat(quaternion, axis, angle)
    return matrix_of(quaternion)
