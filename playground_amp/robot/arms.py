"""Arms that act: which joints swing them fore and aft, and which bend them, found from the model whatever the names."""

from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot

SWING = 0.6  # of the angle by which the leg of its side swings: more costs the shoulders more than it saves the legs
_ACROSS = 0.7  # of a unit axis along y, above which a joint swings what it carries fore and aft
_ONE_WAY = 3.0  # an elbow bends so much further from home to one side than to the other


class Arm(NamedTuple):
    """Places of an arm's joints among the robot's joints, and which way they turn."""

    swing: int  # the shoulder joint that swings it fore and aft
    forward: float  # +1 or -1: the sense in which that joint brings the hand forward
    elbow: int | None  # the next joint after it about such an axis that bends one way; None: there is none
    bend: float  # +1 or -1: the sense in which the elbow bends; 0 without one


def arms_of(robot: Robot) -> tuple[Arm, Arm] | None:
    """The left and the right arm; None: the robot has none that act.

    An arm is what hangs beyond the first joint of a mirrored pair outside the legs that turns about an axis from side
    to side in the home pose. Of several such pairs the heaviest are the arms.
    """
    model = model_of(robot)
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    mujoco.mj_kinematics(model, data)
    axis_y = np.array([data.joint(name).xaxis[1] for name in robot.joint_names])
    left = [data.joint(name).xanchor[1] > 0 for name in robot.joint_names]
    pairs = np.flatnonzero(robot.joint_mirror_index != np.arange(robot.num_joints))
    legs = np.concatenate([leg.joints for leg in robot.legs])
    across = [j for j in pairs.tolist() if j not in legs and left[j] and abs(axis_y[j]) > _ACROSS]
    first = [j for j in across if not any(_carries(model, robot, other, j) for other in across)]
    if not first:
        return None
    swing = max(first, key=lambda j: float(model.body_subtreemass[_body(model, robot, j)]))
    elbow = next((j for j in across if _carries(model, robot, swing, j) and _bend(robot, j)), None)
    # A positive turn about y takes what hangs backward.
    own = Arm(swing, -float(np.sign(axis_y[swing])), elbow, 0.0 if elbow is None else _bend(robot, elbow))
    return own, _mirrored(robot, own)


def _mirrored(robot: Robot, arm: Arm) -> Arm:
    index, sign = robot.joint_mirror_index, robot.joint_mirror_sign
    elbow = None if arm.elbow is None else int(index[arm.elbow])
    bend = 0.0 if elbow is None else arm.bend * float(sign[elbow])
    swing = int(index[arm.swing])
    return Arm(swing, arm.forward * float(sign[swing]), elbow, bend)


def _bend(robot: Robot, joint: int) -> float:
    """The sense in which a joint bends from home if that is one way only, else 0."""
    home = robot.home_joint_position[joint]
    up, down = robot.joint_upper[joint] - home, home - robot.joint_lower[joint]
    return 1.0 if up > _ONE_WAY * down else -1.0 if down > _ONE_WAY * up else 0.0


def _body(model: mujoco.MjModel, robot: Robot, joint: int) -> int:
    return int(model.joint(robot.joint_names[joint]).bodyid[0])


def _carries(model: mujoco.MjModel, robot: Robot, one: int, other: int) -> bool:
    """Whether joint `one` carries joint `other`, between the base and it."""
    body, found = int(model.body_parentid[_body(model, robot, other)]), _body(model, robot, one)
    while body > 0 and body != found:
        body = int(model.body_parentid[body])
    return body == found
