"""Velocities as difference quotients of positions: what a programmer, or a file, may hold instead of the true ones."""

import numpy as np

from playground_amp import rotations
from playground_amp.amp.features import FRAME_NAMES, FRAME_SIZE

KINDS = ("backward", "forward", "central")


def state_quotients(qpos: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """kind: [T, 17] velocities in MuJoCo's frames from states qpos [T, 18]; NaN where a neighbor is missing."""
    step = _steps(qpos) * rate
    blank = np.full((1, step.shape[1]), np.nan)
    forward, backward = np.vstack([step, blank]), np.vstack([blank, step])
    return {"backward": backward, "forward": forward, "central": (forward + backward) / 2}


def velocity_quotients(qpos: np.ndarray, qvel: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """kind: [T - 1, 74] transitions that hold only such velocities, NaN elsewhere; `qvel` [T, 17] gives the shape."""
    found = {}
    attitude = qpos[:, 3:7]
    heading = rotations.heading_of(attitude)
    for kind, velocity in state_quotients(qpos, rate).items():
        frames = np.full((len(qvel), FRAME_SIZE), np.nan)
        frames[:, _columns("joint_velocity")] = velocity[:, 6:]
        frames[:, _columns("linear_velocity_h")] = rotations.to_heading_frame(velocity[:, :3], heading)
        spin_w = rotations.rotate(velocity[:, 3:6], attitude)
        frames[:, _columns("angular_velocity_h")] = rotations.to_heading_frame(spin_w, heading)
        found[kind] = np.hstack([frames[:-1], frames[1:]])
    return found


def _steps(qpos: np.ndarray) -> np.ndarray:
    """What changes from state to state, [T - 1, 6 + J]; the turn as a rotation vector in the base's frame."""
    attitude = qpos[:, 3:7]
    turn = rotations.multiply(rotations.conjugate(attitude[:-1]), attitude[1:])
    place, joints = np.diff(qpos[:, :3], axis=0), np.diff(qpos[:, 7:], axis=0)
    return np.hstack([place, rotations.rotation_vector(turn), joints])


def _columns(part: str) -> list[int]:
    return [index for index, name in enumerate(FRAME_NAMES) if name.startswith(f"{part}/")]
