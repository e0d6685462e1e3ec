"""Where every body of the robot is, for whoever draws it."""

from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.models import visual_model_of
from playground_amp.robot.record import Robot


class BodyPoses(NamedTuple):
    """Poses of the world and of all B bodies, in the order of `robot.looks.body_names`."""

    position_w: np.ndarray  # [1 + B, 3] m
    quaternion_w: np.ndarray  # [1 + B, 4] wxyz


class BodyPlacer:
    """From the state of one robot to the poses of its bodies, by MuJoCo's forward kinematics."""

    def __init__(self, robot: Robot):
        self._model = visual_model_of(robot)
        self._data = mujoco.MjData(self._model)

    def __call__(self, qpos: np.ndarray) -> BodyPoses:
        """Poses at qpos [7 + J] (m, quaternion wxyz, rad)."""
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        return BodyPoses(self._data.xpos.copy(), self._data.xquat.copy())
