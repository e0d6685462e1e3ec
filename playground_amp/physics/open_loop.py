"""Many short simulations at once, each from a state of its own under targets of its own: what should have happened."""

from typing import NamedTuple

import numpy as np
from mujoco.batch import Batch, SimulationError

from playground_amp.physics import servo
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot

_FLOOR = np.array(np.nan)  # the model's own friction stays


class OpenLoop(NamedTuple):
    """The robot after each of S control periods, in W simulations; NaN where one failed."""

    joint_position: np.ndarray  # [W, S, J] rad
    attitude: np.ndarray  # [W, S, 4] wxyz of the base


class ServoState(NamedTuple):
    """What may be wrong with the servos of each simulation."""

    strength: np.ndarray  # [W, J] share of their gains and torque
    play: np.ndarray  # [W, J] rad to either side


def open_loop(
    robot: Robot,
    qpos: np.ndarray,
    qvel: np.ndarray,
    targets: np.ndarray,
    servos: ServoState,
    arrival: np.ndarray,
    control_dt: float,
) -> OpenLoop:
    """Steps a robot from W states.

    Args:
      robot: which robot.
      qpos: [W, 7 + J].
      qvel: [W, 6 + J].
      targets: [W, 1 + S, J] rad: the one that holds at the start, then that of each control period.
      servos: of each simulation.
      arrival: [J] s, from a period's beginning until its target acts.
      control_dt: s.
    """
    model = model_of(robot)
    windows, steps = len(qpos), targets.shape[1] - 1
    timestep = control_dt / max(1, round(control_dt / model.opt.timestep))
    batch = Batch(model, windows)
    batch.expand("opt.timestep")[:] = timestep
    for name in ("actuator_gainprm", "actuator_biasprm", "actuator_forcerange"):
        batch.expand(name)[:] = getattr(model, name) * servos.strength[:, :, None]
    parameters = PhysicalParameters(_FLOOR, backlash=servos.play)  # pyright: ignore[reportArgumentType]
    batch.qpos, batch.qvel = qpos, qvel
    joints, attitude = np.empty((windows, steps, model.nu)), np.empty((windows, steps, 4))
    failed = np.zeros(windows, bool)
    for step in range(steps):
        for substep in range(round(control_dt / timestep)):
            position = batch.bind("qpos")[:, BASE_QPOS_SIZE:]
            start, before, now = substep * timestep, targets[:, step], targets[:, step + 1]
            batch.ctrl = servo.order(np, parameters, now, before, position, start, timestep, arrival)
            failed |= _failed(batch, windows)
        reached = batch.bind("qpos")
        joints[:, step], attitude[:, step] = reached[:, BASE_QPOS_SIZE:], reached[:, 3:BASE_QPOS_SIZE]
        joints[failed, step] = attitude[failed, step] = np.nan
    return OpenLoop(joints, attitude)


def _failed(batch: Batch, windows: int) -> np.ndarray:
    """One physics step; which simulations [W] failed in it."""
    failed = np.zeros(windows, bool)
    try:
        batch.step()
    except SimulationError as error:
        failed[error.ids] = True
    return failed
