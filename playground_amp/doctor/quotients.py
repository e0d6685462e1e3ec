"""Velocities as difference quotients of positions: what a programmer, or a file, may hold instead of the true ones."""

import numpy as np

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
    heading = _heading(qpos)
    for kind, velocity in state_quotients(qpos, rate).items():
        frames = np.full((len(qvel), FRAME_SIZE), np.nan)
        frames[:, _columns("joint_velocity")] = velocity[:, 6:]
        frames[:, _columns("linear_velocity_h")] = _turned_back(velocity[:, :3], heading)
        frames[:, _columns("angular_velocity_h")] = _turned_back(_rotated(velocity[:, 3:6], qpos[:, 3:7]), heading)
        found[kind] = np.hstack([frames[:-1], frames[1:]])
    return found


def _steps(qpos: np.ndarray) -> np.ndarray:
    """What changes from state to state, [T - 1, 17]; the turn as a rotation vector in the base's frame."""
    w, x, y, z = qpos[:-1, 3:7].T
    conjugate = np.stack([w, -x, -y, -z], axis=1)
    turn = _product(conjugate, qpos[1:, 3:7])
    turn *= np.where(turn[:, :1] < 0, -1.0, 1.0)
    sine = np.linalg.norm(turn[:, 1:], axis=1, keepdims=True)
    angle = 2 * np.arctan2(sine, turn[:, :1])
    vector = turn[:, 1:] * np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 2.0)
    return np.hstack([np.diff(qpos[:, :3], axis=0), vector, np.diff(qpos[:, 7:], axis=0)])


def _product(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Hamilton products [N, 4] of quaternions wxyz."""
    scalar = p[:, :1] * q[:, :1] - np.sum(p[:, 1:] * q[:, 1:], axis=1, keepdims=True)
    return np.hstack([scalar, p[:, :1] * q[:, 1:] + q[:, :1] * p[:, 1:] + np.cross(p[:, 1:], q[:, 1:])])


def _rotated(vector: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """Vectors [N, 3] of rotated frames, in the world."""
    axis, w = quaternion[:, 1:], quaternion[:, :1]
    cross = np.cross(axis, vector)
    return vector + 2 * (w * cross + np.cross(axis, cross))


def _heading(qpos: np.ndarray) -> np.ndarray:
    w, x, y, z = qpos[:, 3:7].T
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def _turned_back(vector: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """World vectors [N, 3] in frames turned by `heading` [N] about z."""
    cos, sin = np.cos(heading), np.sin(heading)
    x, y, z = vector.T
    return np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=1)


def _columns(part: str) -> list[int]:
    return [index for index, name in enumerate(FRAME_NAMES) if name.startswith(f"{part}/")]
