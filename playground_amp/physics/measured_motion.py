"""What joints and an IMU say of a body that stands on its soles: where they are, and which torques carry it.

Nothing measures where a robot is or how fast. Both follow from the foot it stands on: that one rests. All by MuJoCo's
kinematics and inverse dynamics of the nominal robot, over T moments.
"""

import copy
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

NO_FOOT = -1  # of a robot whose base is held


class SoleStates(NamedTuple):
    """The soles as the joints and the base's attitude have them, in the world's axes, from the base's origin."""

    position: np.ndarray  # [T, 2, 3] m, of the centers
    axes: np.ndarray  # [T, 2, 3, 3] columns: to the toe, to the left, the normal
    velocity: np.ndarray  # [T, 2, 3] m/s, were the base's origin at rest
    angular_velocity: np.ndarray  # [T, 2, 3] rad/s


def sole_states(
    robot: Robot, attitude: np.ndarray, gyro_b: np.ndarray, joint_position: np.ndarray, joint_velocity: np.ndarray
) -> SoleStates:
    """The soles of a base with attitude [T, 4] wxyz and angular velocity [T, 3] rad/s, and joints [T, J]."""
    model = model_of(robot)
    data = mujoco.MjData(model)
    sites = [model.site(name).id for name in robot.foot_names]
    rows = len(attitude)
    position, velocity, angular = (np.empty((rows, 2, 3)) for _ in range(3))
    axes = np.empty((rows, 2, 3, 3))
    motion = np.empty(6)
    data.qpos[:3] = data.qvel[:3] = 0.0
    for row in range(rows):
        data.qpos[3:BASE_QPOS_SIZE], data.qpos[BASE_QPOS_SIZE:] = attitude[row], joint_position[row]
        data.qvel[3:BASE_QVEL_SIZE], data.qvel[BASE_QVEL_SIZE:] = gyro_b[row], joint_velocity[row]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        for foot, site in enumerate(sites):
            mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site, motion, 0)
            position[row, foot], axes[row, foot] = data.site_xpos[site], data.site_xmat[site].reshape(3, 3)
            angular[row, foot], velocity[row, foot] = motion[:3], motion[3:]
    return SoleStates(position, axes, velocity, angular)


def torque_on_one_foot(
    robot: Robot, qpos: np.ndarray, qvel: np.ndarray, qacc: np.ndarray, foot: np.ndarray
) -> np.ndarray:
    """The torques [T, J] N·m that servos must give on a robot that stands on one foot [T] (0 left, 1 right; NO_FOOT).

    The six numbers of the foot's wrench are what the base asks for; the joints' torques follow. Friction and damping in
    the joints count as part of the motion; the ends of their ranges push nothing.
    """
    model = copy.copy(model_of(robot))
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_LIMIT)
    data = mujoco.MjData(model)
    sites = [model.site(name).id for name in robot.foot_names]
    jacobian = np.empty((6, model.nv))
    torque = np.empty((len(qpos), model.nu))
    for row in range(len(qpos)):
        data.qpos[:], data.qvel[:], data.qacc[:] = qpos[row], qvel[row], qacc[row]
        mujoco.mj_inverse(model, data)
        if foot[row] == NO_FOOT:  # whoever holds the base supplies what it asks for
            torque[row] = data.qfrc_inverse[BASE_QVEL_SIZE:]
            continue
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], sites[foot[row]])
        wrench = np.linalg.solve(jacobian[:, :BASE_QVEL_SIZE].T, data.qfrc_inverse[:BASE_QVEL_SIZE])
        torque[row] = (data.qfrc_inverse - jacobian.T @ wrench)[BASE_QVEL_SIZE:]
    return torque
