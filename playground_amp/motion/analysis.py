"""What a clip's states say of its motion: accelerations, stances, the velocity it walks with."""

import numpy as np

from playground_amp import rotations
from playground_amp.motion.clip import Clip


def accelerations(clip: Clip) -> np.ndarray:
    """qacc [T, 6 + J] by central differences of the velocities, across the wrap of a periodic clip."""
    if not clip.periodic:
        return np.gradient(clip.qvel, 1 / clip.rate, axis=0)
    _, after = clip.following
    before = clip.qvel[-1].copy()
    before[:2] = rotations.to_heading_frame(before[:2], clip.displacement[2])
    extended = np.vstack([before, clip.qvel, after])
    return (extended[2:] - extended[:-2]) * clip.rate / 2


def stances(clip: Clip, foot: int) -> list[np.ndarray]:
    """Frames of each stance of a foot (0 left, 1 right), in order; one across the wrap is whole."""
    contact = clip.contact[:, foot]
    frames = np.arange(len(contact))
    if contact.all() or not contact.any():
        return [frames] if contact.all() else []
    shift = int(np.argmin(contact)) if clip.periodic else 0
    rolled = np.roll(contact, -shift)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rolled, [False]]).astype(int)))
    return [np.roll(frames, -shift)[begin:end] for begin, end in edges.reshape(-1, 2)]


def mean_velocity(qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
    """Mean velocity over the floor in the heading frame: forward m/s, sideways m/s, yaw rate rad/s [3]."""
    attitude = qpos[:, 3:7]
    forward, sideways = rotations.to_heading_frame(qvel[:, :2], rotations.heading_of(attitude)).T
    yaw_rate = rotations.rotate(qvel[:, 3:6], attitude)[:, 2]
    return np.array([forward.mean(), sideways.mean(), yaw_rate.mean()])
