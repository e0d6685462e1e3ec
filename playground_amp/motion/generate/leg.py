"""Inverse kinematics of a leg, for whole trajectories at once.

Of every foot is asked where the center of its sole is (3), how far it is pitched, and that it is not rolled (2). A leg
of five joints, such as hip pitch, hip roll, knee, ankle pitch, ankle roll, has none that turns the foot about the
vertical: which way it points follows, it turns by about hip roll times the forward lean of the thigh. Of a foot that
can be turned besides, by a hip yaw, is asked that it points ahead. What a leg can do is found from its hinges, whatever
their names, order, axes and frames.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.record import SIDES, Chain, Robot
from playground_amp.rotations import matrix_about_axis, matrix_of

_STEPS = 40
_LARGEST_STEP = 0.3  # rad a Newton step
_TOLERANCE = 1e-9
_PLACED, _TURNED = 5, 6  # what is asked: place, pitch and roll; and heading
_SINGULAR = 0.02  # a direction in which the joints move a foot so much less than in the others is none
_UPRIGHT = 0.9  # of an axis is along z: it turns the foot
_TURN = 0.05  # what a radian off level or off the heading counts in `nearest`, against a leg's length off the place
_DAMPING = 1e-6
_STILL = 1e-4  # rad


class LegKinematics(NamedTuple):
    """A leg, and how much can be asked of its foot."""

    chain: Chain
    asked: int  # _PLACED, or _TURNED

    @property
    def turns(self) -> bool:
        """Whether the foot can be turned about the vertical, too."""
        return self.asked == _TURNED


class FootTarget(NamedTuple):
    """What is asked of a foot, in the base frame."""

    sole: np.ndarray  # [T, 3] m, center of the sole's underside
    pitch: np.ndarray  # [T] rad, of the foot against the floor, positive: toe down
    up: np.ndarray  # [T, 3] the world's z axis
    left: np.ndarray  # [T, 3] horizontal, at right angles to where the foot should point


class FootPose(NamedTuple):
    """Where the chain ends, in the base frame."""

    sole: np.ndarray  # [T, 3] m
    rotation: np.ndarray  # [T, 3, 3]; columns: the foot's x, y, z axes
    origin: np.ndarray  # [T, K, 3] m, the joints' origins
    axis: np.ndarray  # [T, K, 3], the joints' axes


@cache
def leg_of(robot: Robot, side: int) -> LegKinematics:
    """The left (0) or the right (1) leg.

    Raises:
      UserError: its joints cannot place a foot and level it.
    """
    chain = robot.legs[side]
    pose = forward(chain, robot.home_joint_position[chain.joints][None])
    upright = FootTarget(np.zeros((1, 3)), np.zeros(1), np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 0.0]]))
    _, jacobian = _constraints(pose, upright, _TURNED)
    jacobian[:, :3] /= robot.leg_length
    all_six = int(np.linalg.matrix_rank(jacobian[0], tol=_SINGULAR))
    # A foot that is placed or leveled by turning it would not point ahead.
    level = jacobian[0, :_PLACED][:, np.abs(robot.joint_axis_b[chain.joints, 2]) < _UPRIGHT]
    free = _PLACED if all_six == _TURNED else int(np.linalg.matrix_rank(level, tol=_SINGULAR))
    if free < _PLACED:
        raise UserError(
            f"{robot.name}: a gait can be made for legs that place a sole, pitch it and keep it from rolling, which "
            f"takes five independent joints besides one that turns it; the {SIDES[side]} leg "
            f"({', '.join(robot.leg_joint_names(side))}) has {free}"
        )
    return LegKinematics(chain, _TURNED if all_six == _TURNED else _PLACED)


def forward(chain: Chain, angles: np.ndarray) -> FootPose:
    """The foot's pose in the base frame for joint angles [T, K] rad."""
    frames = matrix_of(np.vstack([chain.rotation, chain.tip_rotation]))
    rotation = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
    origin, axis = (np.zeros((*angles.shape, 3)) for _ in range(2))
    at = np.zeros((len(angles), 3))
    for joint in range(len(chain.joints)):
        at = at + rotation @ chain.offset[joint]
        rotation = rotation @ frames[joint]
        origin[:, joint], axis[:, joint] = at, rotation @ chain.axis[joint]
        rotation = rotation @ matrix_about_axis(chain.axis[joint], angles[:, joint])
    return FootPose(at + rotation @ chain.tip, rotation @ frames[-1], origin, axis)


def inverse(leg: LegKinematics, target: FootTarget, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joint angles that put a foot where it should be, by Newton's method from a first guess [T, K] rad.

    Returns:
      angles [T, K] rad, and how far off each frame remains [T] (m and rad, the largest); beyond reach it is not 0.
    """
    angles = start.copy()
    error = np.full(len(angles), np.inf)
    for _ in range(_STEPS):
        residual, jacobian = _constraints(forward(leg.chain, angles), target, leg.asked)
        error = np.abs(residual).max(axis=1)
        if error.max() < _TOLERANCE:
            break
        angles = angles - np.clip(_newton_step(jacobian, residual), -_LARGEST_STEP, _LARGEST_STEP)
    return angles, error


def nearest(
    chain: Chain, target: FootTarget, start: np.ndarray, ranges: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Joint angles within their ranges that put a foot in its place, and level and ahead as far as the leg then can.

    Damped least squares; a joint at the end of its range leaves the rest to the others.

    Args:
      chain: any leg.
      target: where its foot should be.
      start: [T, K] rad, a first guess, whose way of bending the knee is kept.
      ranges: [K, 2] rad.
      length: of the leg, m.

    Returns:
      angles [T, K] rad, and what remains [T, 6]: off the place m, the sines of pitch, roll and heading.
    """
    weights = np.repeat([1 / length, _TURN], 3)
    angles, off = np.clip(start, *ranges.T), np.empty(0)
    for _ in range(_STEPS):
        off, jacobian = _constraints(forward(chain, angles), target, _TURNED)
        residual, jacobian = off * weights, jacobian * weights[:, None]
        step = _damped_step(jacobian, residual)
        at_end = ((angles <= ranges[:, 0]) & (step > 0)) | ((angles >= ranges[:, 1]) & (step < 0))
        if at_end.any():
            step = np.where(at_end, 0.0, _damped_step(jacobian * ~at_end[:, None], residual))
        before, angles = angles, np.clip(angles - np.clip(step, -_LARGEST_STEP, _LARGEST_STEP), *ranges.T)
        if np.abs(angles - before).max() < _STILL:
            break
    return angles, off


def _damped_step(jacobian: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """The steps [T, K] that take residuals [T, n] away to first order, in the sense of least squares."""
    transposed = jacobian.transpose(0, 2, 1)
    damped = transposed @ jacobian + _DAMPING * np.eye(jacobian.shape[2])
    return np.linalg.solve(damped, transposed @ residual[:, :, None])[:, :, 0]


def _newton_step(jacobian: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """The smallest steps [T, K] that take residuals [T, n] away to first order, damped a little."""
    transposed, (asked, joints) = jacobian.transpose(0, 2, 1), jacobian.shape[1:]
    if joints > asked:
        pushes = np.linalg.solve(jacobian @ transposed + 1e-12 * np.eye(asked), residual[:, :, None])
        return (transposed @ pushes)[:, :, 0]
    damped = transposed @ jacobian + 1e-12 * np.eye(joints)
    return np.linalg.solve(damped, transposed @ residual[:, :, None])[:, :, 0]


def _constraints(pose: FootPose, target: FootTarget, asked: int) -> tuple[np.ndarray, np.ndarray]:
    """Residual [T, n] of position, pitch, roll and heading, and its derivative by the joint angles [T, n, K]."""
    forwards, sideways, up, left = pose.rotation[:, :, 0], pose.rotation[:, :, 1], target.up, target.left
    off = [_dot(forwards, up) + np.sin(target.pitch), _dot(sideways, up), _dot(forwards, left)][: asked - 3]
    residual = np.concatenate([pose.sole - target.sole, *(each[:, None] for each in off)], axis=1)
    moves = np.cross(pose.axis, pose.sole[:, None] - pose.origin)  # [T, joint, xyz]
    turns = [(forwards, up), (sideways, up), (forwards, left)][: asked - 3]
    tips = [_dot(np.cross(pose.axis, vector[:, None]), onto[:, None]) for vector, onto in turns]
    return residual, np.concatenate([moves.transpose(0, 2, 1), *(each[:, None] for each in tips)], axis=1)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum(a * b, axis=-1)
