"""What a motion takes, by MuJoCo's kinematics and inverse dynamics: where the soles are, which torques it needs."""

import copy
from typing import NamedTuple

import mujoco
import numpy as np
from scipy.optimize import nnls

from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot, Sole

# How much a newton of contact force counts against a newton of base force left unexplained: ties go to small forces.
_EFFORT = 1e-3


class SoleMotion(NamedTuple):
    """The four corners of each sole, where it touches a flat floor: toe left and right, heel left and right."""

    position_w: np.ndarray  # [T, 2, 4, 3] m, lowest point of each corner's round edge
    velocity_w: np.ndarray  # [T, 2, 4, 3] m/s, of the sole at that point
    yaw: np.ndarray  # [T, 2] rad, which way the feet point
    yaw_rate: np.ndarray  # [T, 2] rad/s about the vertical


class Effort(NamedTuple):
    """What a motion takes."""

    torque: np.ndarray  # [T, J] N·m at the joints
    unexplained: np.ndarray  # [T, 6] N and N·m at the base that no force of the floor on the soles could supply


def center_of_pressure(robot: Robot, qpos: np.ndarray, qvel: np.ndarray, qacc: np.ndarray) -> np.ndarray:
    """Where the floor (z = 0) would have to push so that the motion happens: the zero-moment point, [T, 2] m.

    Args:
      robot: which robot.
      qpos: [T, 7 + J].
      qvel: [T, 6 + J].
      qacc: [T, 6 + J].
    """
    model = _free_of_contacts(robot)
    data = mujoco.MjData(model)
    found = np.empty((len(qpos), 2))
    base = model.body(robot.base_name).id
    for row in range(len(qpos)):
        data.qpos[:], data.qvel[:], data.qacc[:] = qpos[row], qvel[row], qacc[row]
        mujoco.mj_inverse(model, data)
        x, y, z = data.qpos[:3]
        force, moment = data.qfrc_inverse[:3], data.xmat[base].reshape(3, 3) @ data.qfrc_inverse[3:6]
        # moment = r x force for the lever r from the base to the point on the floor, but for the part about z
        found[row] = x + (-z * force[0] - moment[1]) / force[2], y + (moment[0] - z * force[1]) / force[2]
    return found


def sole_motion(robot: Robot, qpos: np.ndarray, qvel: np.ndarray) -> SoleMotion:
    """The soles' corners in states qpos [T, 7 + J] with velocities qvel [T, 6 + J]."""
    model, data = model_of(robot), mujoco.MjData(model_of(robot))
    motion = SoleMotion(*(np.empty((len(qpos), 2, *shape)) for shape in ((4, 3), (4, 3), (), ())))
    jacobian = np.empty((3, model.nv)), np.empty((3, model.nv))
    for row in range(len(qpos)):
        data.qpos[:] = qpos[row]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        for foot, sole in enumerate(robot.soles):
            site = model.site(sole.name)
            body = int(site.bodyid[0])
            points = _corners(model, data, sole)
            origin = data.xpos[body]
            mujoco.mj_jac(model, data, *jacobian, origin, body)
            linear, angular = jacobian[0] @ qvel[row], jacobian[1] @ qvel[row]
            motion.position_w[row, foot] = points
            a, b, c = angular
            cross = np.array([[0, -c, b], [c, 0, -a], [-b, a, 0]])  # far quicker than np.cross on so few points
            motion.velocity_w[row, foot] = linear + (points - origin) @ cross.T
            forwards = data.site_xmat[site.id].reshape(3, 3)[:, 0]
            motion.yaw[row, foot] = np.arctan2(forwards[1], forwards[0])
            motion.yaw_rate[row, foot] = angular[2]
    return motion


def inverse_dynamics(
    robot: Robot, qpos: np.ndarray, qvel: np.ndarray, qacc: np.ndarray, touching: np.ndarray, friction: float
) -> Effort:
    """Joint torques of a motion, with the floor's forces spread over the corners that touch.

    The floor only pushes, within its friction cone (a pyramid, as in the simulation). The forces are those that
    carry the base best; among equals, the smallest.

    Args:
      robot: which robot.
      qpos: [T, 7 + J].
      qvel: [T, 6 + J].
      qacc: [T, 6 + J].
      touching: [T, 2, 4] bool, the corners of each sole that touch the floor.
      friction: coefficient of the floor.
    """
    model = _free_of_contacts(robot)
    data = mujoco.MjData(model)
    edges = np.array([[friction, 0, 1], [-friction, 0, 1], [0, friction, 1], [0, -friction, 1]])
    torque, unexplained = np.empty((len(qpos), model.nu)), np.empty((len(qpos), BASE_QVEL_SIZE))
    for row in range(len(qpos)):
        data.qpos[:], data.qvel[:], data.qacc[:] = qpos[row], qvel[row], qacc[row]
        mujoco.mj_inverse(model, data)
        generators = _generators(robot, model, data, touching[row], edges)
        floor = generators @ _forces(generators[:BASE_QVEL_SIZE], data.qfrc_inverse[:BASE_QVEL_SIZE])
        rest = data.qfrc_inverse - floor
        torque[row], unexplained[row] = rest[BASE_QVEL_SIZE:], rest[:BASE_QVEL_SIZE]
    return Effort(torque, unexplained)


def _free_of_contacts(robot: Robot) -> mujoco.MjModel:
    model = copy.copy(model_of(robot))
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
    return model


def _forces(to_base: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Non-negative multiples [k] of the generators that come closest to a base force [6]."""
    count = to_base.shape[1]
    if count == 0:
        return np.zeros(0)
    return nnls(np.vstack([to_base, _EFFORT * np.eye(count)]), np.concatenate([wanted, np.zeros(count)]))[0]


def _generators(
    robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, touching: np.ndarray, edges: np.ndarray
) -> np.ndarray:
    """Generalized forces [6 + J, k] of unit pushes along the friction pyramid's edges at the corners that touch."""
    columns = [np.empty((model.nv, 0))]
    jacobian = np.empty((3, model.nv))
    for foot, sole in enumerate(robot.soles):
        points, body = _corners(model, data, sole), int(model.site(sole.name).bodyid[0])
        for corner in np.flatnonzero(touching[foot]):
            mujoco.mj_jac(model, data, jacobian, None, points[corner], body)
            columns.append((edges @ jacobian).T)
    return np.hstack(columns)


def _corners(model: mujoco.MjModel, data: mujoco.MjData, sole: Sole) -> np.ndarray:
    """Lowest points [4, 3] of the ends of a foot's toe and heel capsules, world."""
    points = []
    for name in sole.switches:
        geom = model.geom(name).id
        across = data.geom_xmat[geom].reshape(3, 3)[:, 2] * model.geom_size[geom, 1]
        lowest = data.geom_xpos[geom] - (0, 0, model.geom_size[geom, 0])
        points += [lowest + across, lowest - across]
    return np.array(points)
