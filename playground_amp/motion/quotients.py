"""Velocities as difference quotients of positions: what a programmer, or a file, may hold instead of the true ones."""

from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.robot.record import BASE_QPOS_SIZE


class Quotients(NamedTuple):
    """Velocities [T, 6 + J] in MuJoCo's frames; NaN where a neighbor is missing."""

    backward: np.ndarray
    forward: np.ndarray
    central: np.ndarray


def state_quotients(qpos: np.ndarray, rate: float) -> Quotients:
    """Those of states qpos [T, 7 + J] at so many a second."""
    step = _steps(qpos) * rate
    blank = np.full((1, step.shape[1]), np.nan)
    forward, backward = np.vstack([step, blank]), np.vstack([blank, step])
    return Quotients(backward, forward, (forward + backward) / 2)


def _steps(qpos: np.ndarray) -> np.ndarray:
    """What changes from state to state, [T - 1, 6 + J]; the turn as a rotation vector in the base's frame."""
    attitude = qpos[:, 3:7]
    turn = rotations.multiply(rotations.conjugate(attitude[:-1]), attitude[1:])
    place, joints = np.diff(qpos[:, :3], axis=0), np.diff(qpos[:, BASE_QPOS_SIZE:], axis=0)
    return np.hstack([place, rotations.rotation_vector(turn), joints])
