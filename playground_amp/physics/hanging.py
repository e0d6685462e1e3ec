"""How a robot hangs whose servos are limp, while somebody holds its base upright."""

import copy
from functools import cache

import mujoco
import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

_HELD = 1e6  # kg and kg·m² that the base seems to have: it stays where it is, and gravity pulls at the limbs
_SECONDS = 4.0
_LIFTED = 1.0  # of the standing height, so that no foot touches the floor


@cache
def hanging_posture(robot: Robot) -> np.ndarray:
    """Joint angles [J] rad at rest, from the home pose."""
    model = copy.copy(model_of(robot))
    model.actuator_gainprm[:] = model.actuator_biasprm[:] = 0.0
    model.dof_armature[:BASE_QVEL_SIZE] = _HELD
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.qpos[2] += _LIFTED * robot.standing_height
    mujoco.mj_step(model, data, round(_SECONDS / model.opt.timestep))
    return data.qpos[BASE_QPOS_SIZE:].copy()
