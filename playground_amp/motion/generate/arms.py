"""Arms that swing with the steps: each against the leg of its side, as far as that leg swings, the elbow a little bent.

The swing's turning momentum about the vertical is then opposite to that of the legs, which spares the waist and the
grip of the foot that carries.
"""

import numpy as np

from playground_amp.motion.generate import leg as legs
from playground_amp.robot.arms import SWING, arms_of
from playground_amp.robot.record import Robot

_BEND = 0.2  # rad, of the elbow from home
_SPARE = 0.06  # rad that are left to the end of a joint's range


def with_swinging_arms(
    robot: Robot, joints: np.ndarray, phase: np.ndarray, velocity: np.ndarray, period: float
) -> np.ndarray:
    """Joint angles with those of the arms set; nothing changes for a robot whose arms do not act.

    Args:
      robot: which robot.
      joints: [T, J] rad.
      phase: [T], of the gait clock: the left foot swings in the first half of the cycle.
      velocity: [3] commanded, m/s, m/s, rad/s; [0, 0, 0] standing.
      period: of the gait cycle, s.
    """
    arms = arms_of(robot)
    if arms is None:
        return joints.copy()
    way = np.full((len(phase), 2, 2), _BEND)
    for side in range(len(arms)):
        ahead = np.cos(2 * np.pi * phase) * (1, -1)[side]  # a foot that lifts off is behind, the hand of its side ahead
        way[:, side, 0] = _swing(robot, side, velocity, period) * ahead
    return with_arms(robot, joints, way)


def with_arms(robot: Robot, joints: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Joint angles [T, J] with those of the arms set; nothing changes for a robot whose arms do not act.

    `way` [T, 2, 2] rad from home, left and right: the upper arm forward, the elbow bent; less where there is no room.
    """
    arms, joints = arms_of(robot), joints.copy()
    for side, arm in enumerate(arms or ()):
        forward = arm.forward * _within(robot, arm.swing, way[:, side, 0])
        joints[:, arm.swing] = robot.home_joint_position[arm.swing] + forward
        if arm.elbow is not None:
            bent = _within(robot, arm.elbow, arm.bend * way[:, side, 1])
            joints[:, arm.elbow] = robot.home_joint_position[arm.elbow] + bent
    return joints


def _swing(robot: Robot, side: int, velocity: np.ndarray, period: float) -> float:
    """Angle to each side of an arm's swing, rad: a foot gets a quarter of a cycle's way ahead of the hip and behind."""
    leg = robot.legs[side]
    out = legs.forward(leg, robot.home_joint_position[leg.joints][None]).sole[0, 1]
    speed = velocity[0] - velocity[2] * out
    return float(SWING * np.arctan(speed * period / 4 / robot.leg_length))


def _within(robot: Robot, joint: int, way: np.ndarray) -> np.ndarray:
    """Angles from home [T], as a whole so much smaller that they leave the joint room to the ends of its range."""
    home = robot.home_joint_position[joint]
    room = np.maximum([home - robot.joint_lower[joint] - _SPARE, robot.joint_upper[joint] - home - _SPARE], 0.0)
    asked = np.maximum([-way.min(), way.max()], 0.0)
    return way * np.min(np.divide(room, asked, out=np.ones(2), where=asked > room))
