"""Inverse kinematics of a leg, for whole trajectories at once.

A leg has five joints, hip pitch, hip roll, knee, ankle pitch, ankle roll, and none that turns the foot about the
vertical. So five things can be asked of a foot: where the center of its sole is (3), how far it is pitched and that it
is not rolled (2). Which way it points follows: it turns by about hip roll times the forward lean of the thigh.
"""

from typing import NamedTuple

import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.names import JOINT_NAMES, LEG_JOINTS
from playground_amp.robot.record import Robot
from playground_amp.rotations import matrix_about_axis

_STEPS = 40
_LARGEST_STEP = 0.3  # rad a Newton step
_TOLERANCE = 1e-9


class Leg(NamedTuple):
    """A leg as a chain of hinges whose bodies are parallel in the zero pose."""

    offset: np.ndarray  # [5, 3] m, each joint's origin in its parent's frame
    axis: np.ndarray  # [5, 3]
    sole: np.ndarray  # [3] m, center of the sole's underside in the foot's frame
    joints: np.ndarray  # [5] int, their places among the 11


class FootPose(NamedTuple):
    """Where the chain ends, in the base frame."""

    sole: np.ndarray  # [T, 3] m
    rotation: np.ndarray  # [T, 3, 3]; columns: the foot's x, y, z axes
    origin: np.ndarray  # [T, 5, 3] m, the joints' origins
    axis: np.ndarray  # [T, 5, 3], the joints' axes


def make_leg(robot: Robot, side: str) -> Leg:
    """The `left` or the `right` leg of the compiled model."""
    joints = [model_of(robot).joint(f"{side}_{name}") for name in LEG_JOINTS]
    return Leg(
        offset=np.array([model_of(robot).body(int(joint.bodyid[0])).pos for joint in joints]),
        axis=np.array([joint.axis for joint in joints]),
        sole=model_of(robot).site(f"{side}_foot").pos.copy(),
        joints=np.array([JOINT_NAMES.index(f"{side}_{name}") for name in LEG_JOINTS]),
    )


def forward(leg: Leg, angles: np.ndarray) -> FootPose:
    """The foot's pose in the base frame for joint angles [T, 5] rad."""
    rotation = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
    origin = np.zeros((len(angles), 5, 3))
    axis = np.zeros((len(angles), 5, 3))
    at = np.zeros((len(angles), 3))
    for joint in range(5):
        at = at + rotation @ leg.offset[joint]
        origin[:, joint], axis[:, joint] = at, rotation @ leg.axis[joint]
        rotation = rotation @ matrix_about_axis(leg.axis[joint], angles[:, joint])
    return FootPose(at + rotation @ leg.sole, rotation, origin, axis)


def inverse(
    leg: Leg, sole: np.ndarray, pitch: np.ndarray, up: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joint angles that put a foot where it should be, by Newton's method.

    Args:
      leg: which leg.
      sole: [T, 3] m, center of the sole's underside in the base frame.
      pitch: [T] rad, of the foot against the floor, positive: toe down.
      up: [T, 3] the world's z axis in the base frame.
      start: [T, 5] rad, first guess.

    Returns:
      angles [T, 5] rad, and how far off each frame remains [T] (m and rad, the largest); beyond reach it is not 0.
    """
    angles = start.copy()
    error = np.full(len(angles), np.inf)
    for _ in range(_STEPS):
        pose = forward(leg, angles)
        residual, jacobian = _constraints(pose, sole, pitch, up)
        error = np.abs(residual).max(axis=1)
        if error.max() < _TOLERANCE:
            break
        damped = jacobian.transpose(0, 2, 1) @ jacobian + 1e-12 * np.eye(5)
        step = np.linalg.solve(damped, jacobian.transpose(0, 2, 1) @ residual[:, :, None])[:, :, 0]
        angles = angles - np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
    return angles, error


def _constraints(pose: FootPose, sole: np.ndarray, pitch: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residual [T, 5] of position, pitch and roll, and its derivative by the joint angles [T, 5, 5]."""
    forwards, sideways = pose.rotation[:, :, 0], pose.rotation[:, :, 1]
    residual = np.concatenate(
        [pose.sole - sole, (_dot(forwards, up) + np.sin(pitch))[:, None], _dot(sideways, up)[:, None]], axis=1
    )
    moves = np.cross(pose.axis, pose.sole[:, None] - pose.origin)  # [T, joint, xyz]
    tips = _dot(np.cross(pose.axis, forwards[:, None]), up[:, None])
    rolls = _dot(np.cross(pose.axis, sideways[:, None]), up[:, None])
    jacobian = np.concatenate([moves.transpose(0, 2, 1), tips[:, None], rolls[:, None]], axis=1)
    return residual, jacobian


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum(a * b, axis=-1)
