"""Which way a walker faces, whether the file's axes show it in a mirror, and what its arms do, seen from the side."""

import numpy as np

from playground_amp.errors import UserError

_LEVEL = 0.3  # of the hips' distance that is level; with less, the walker lies on a side and faces nowhere
_BACKWARD = -0.5  # of the knees' whole bend; whose knees bend so much the wrong way is seen in a mirror


def heading_of(hip: np.ndarray) -> np.ndarray:
    """Which way hips [T, 2, 3] face [T] rad, without jumps; while the walker lies, the way as before and after.

    Raises UserError if the hips are in one place.
    """
    across = hip[:, 0] - hip[:, 1]
    level = np.linalg.norm(across[:, :2], axis=1)
    told = level > max(_LEVEL * float(np.median(np.linalg.norm(across, axis=1))), 1e-3)
    if not told.any():
        raise UserError("the left and the right hip are in the same place: the walker faces nowhere")
    frames = np.arange(len(hip))
    heading = np.unwrap(np.arctan2(-across[told, 0], across[told, 1]))
    return np.interp(frames, frames[told], heading)


def is_mirrored(hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray) -> bool:
    """Whether the knees [T, 2, 3] bend backwards, seen from the hips: axes of the other hand, or sides exchanged."""
    heading = heading_of(hip)
    ahead = np.stack([np.cos(heading), np.sin(heading), 0 * heading], axis=1)
    bent = np.einsum("tsi,ti->ts", knee - (hip + ankle) / 2, ahead)
    return bool(bent.sum() < _BACKWARD * np.abs(bent).sum())


def arm_angles(arm: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Upper arms ahead of hanging and elbows bent [T, 2, 2] rad; `arm` [3, T, 2, 3]: shoulders, elbows, wrists."""
    upper, fore = arm[1] - arm[0], arm[2] - arm[1]
    ahead = np.cos(heading)[:, None] * upper[..., 0] + np.sin(heading)[:, None] * upper[..., 1]
    swing = np.arctan2(ahead, -upper[..., 2])
    lengths = np.linalg.norm(upper, axis=-1) * np.linalg.norm(fore, axis=-1)
    bend = np.arccos(np.clip(np.sum(upper * fore, axis=-1) / np.maximum(lengths, 1e-9), -1, 1))
    return np.stack([swing, bend], axis=-1)
