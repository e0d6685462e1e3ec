"""Inverse kinematics by mink: joint angles that put both soles where they should be, within the joints' ranges."""

from typing import NamedTuple

import mink
import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

_ROUNDS, _STILL = 30, 1e-7
_REACHED = 1e-4  # m and rad


class SoleTargets(NamedTuple):
    """Where the soles should be, left and right, in the world."""

    position: np.ndarray  # [T, 2, 3] m, of the centers
    pitch: np.ndarray  # [T, 2] rad, positive: toe down
    heading: np.ndarray | None  # [T, 2] rad; None: as the legs have it


def reach_soles(robot: Robot, base: np.ndarray, soles: SoleTargets, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, J] rad, of the legs alone; None: somewhere they do not reach.

    Args:
      robot: which robot.
      base: [T, 7] position m and quaternion wxyz of the base.
      soles: where they should be.
      start: [T, J] a first guess for the legs, and the angles of all other joints.
    """
    model = model_of(robot)
    in_legs = np.isin(np.arange(robot.num_joints), np.concatenate([leg.joints for leg in robot.legs]))
    others = np.flatnonzero(~in_legs)
    turning = 0.0 if soles.heading is None else 1.0
    configuration = mink.Configuration(model)
    tasks = [mink.FrameTask(name, "site", 1.0, [1.0, 1.0, turning]) for name in robot.foot_names]
    held = mink.DofFreezingTask(model, dof_indices=[*range(BASE_QVEL_SIZE), *(BASE_QVEL_SIZE + others).tolist()])
    limits = [mink.ConfigurationLimit(model)]
    found = start.copy()
    for row in range(len(base)):
        guess = (found[row - 1] if row else start[row]).copy()
        guess[others] = start[row, others]
        configuration.update(np.concatenate([base[row], guess]))
        for _ in range(_ROUNDS):
            for side, task in enumerate(tasks):
                task.set_target(_target(configuration, robot.foot_names[side], soles, row, side))
            velocity = mink.solve_ik(configuration, tasks, 1.0, "daqp", damping=1e-9, limits=limits, constraints=[held])
            configuration.integrate_inplace(velocity, 1.0)
            if np.abs(velocity).max() < _STILL:
                break
        asked = 5 if soles.heading is None else 6
        if max(np.abs(task.compute_error(configuration)[:asked]).max() for task in tasks) > _REACHED:
            return None
        found[row] = configuration.q[BASE_QPOS_SIZE:]
    return found


def _target(configuration: mink.Configuration, foot: str, soles: SoleTargets, row: int, side: int) -> mink.SE3:
    """Where a sole should be, heading as asked, or as it does."""
    if soles.heading is None:
        now = configuration.get_transform_frame_to_world(foot, "site").rotation().as_matrix()
        yaw = np.arctan2(now[1, 0], now[0, 0])
    else:
        yaw = soles.heading[row, side]
    turn = mink.SO3.from_z_radians(yaw) @ mink.SO3.from_y_radians(soles.pitch[row, side])
    return mink.SE3.from_rotation_and_translation(turn, soles.position[row, side])
