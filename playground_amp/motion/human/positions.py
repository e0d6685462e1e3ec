"""Reads places of joints alone (.npy), SMPL's in their order: HumanML3D's, what text-to-motion models give."""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, require_file
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.smpl import JOINTS, PARENTS
from playground_amp.robot.record import SIDES

_NAMED = len(JOINTS)
_VECTOR = 263  # numbers a frame of HumanML3D's vectors (Guo et al. 2022): turn, way, height, 21 places, ...
_VECTOR_RATE = 20.0
_EVEN = 0.35  # by which a thigh or a shank may change its length; more is another order of joints


def read_positions(path: Path, rate: float | None = None) -> SkeletonMotion:
    """Reads an array [T, J, 3] of joints in SMPL's order, m, or [T, 263], HumanML3D's vectors.

    Raises:
      UserError: it cannot be read, is of another shape or order, or nobody says how many frames a second there are.
    """
    array = _read(path)
    if array.ndim == 2 and array.shape[1] == _VECTOR:
        array, rate = _recovered(array), rate or _VECTOR_RATE
    if array.ndim != 3 or array.shape[1] < _NAMED or array.shape[2] != 3:
        raise UserError(
            f"{path}: an array of the shape {list(array.shape)}, expected places of SMPL's joints [frames, 22 or more, "
            f"3] or HumanML3D's vectors [frames, {_VECTOR}]"
        )
    if len(array) < 2:
        raise UserError(f"{path}: {len(array)} frames; a motion needs two or more")
    if rate is None:
        raise UserError(f"{path}: places alone do not say how many frames a second there are: give --rate")
    position = array[:, :_NAMED]
    _require_bones(path, position)
    time = np.arange(len(position)) / rate
    return SkeletonMotion(
        JOINTS, PARENTS, time, position, _rotations(position), loops=False, unit=None, source="joint positions"
    )


def _read(path: Path) -> np.ndarray:
    require_file(path, "the motion")
    try:
        array = np.load(path, allow_pickle=False)
    except ARCHIVE_ERRORS as error:
        raise UserError(
            f"{path} is no array of joint positions, or damaged: {str(error).partition('. ')[0]}"
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise UserError(f"{path}: no array of finite numbers")
    return array.astype(float)


def _recovered(rows: np.ndarray) -> np.ndarray:
    """Places [T, 22, 3] of HumanML3D's vectors: each frame's turn and way lead to the next."""
    half = np.concatenate([[0.0], np.cumsum(rows[:-1, 0])])  # half the angle about y
    turn = Rotation.from_euler("y", -2 * half[:, None])
    steps = np.stack([rows[:-1, 1], 0 * rows[:-1, 0], rows[:-1, 2]], axis=1)
    root = np.zeros((len(rows), 3))
    root[1:] = np.cumsum(turn[1:].apply(steps), axis=0)
    others = rows[:, 4:67].reshape(len(rows), 21, 3)
    moved = np.einsum("tij,tkj->tki", turn.as_matrix(), others) + root[:, None]
    root[:, 1] = rows[:, 3]
    return np.concatenate([root[:, None], moved], axis=1)


def _require_bones(path: Path, position: np.ndarray) -> None:
    """Raises UserError where thighs or shanks are no bones: joints in another order."""
    for side in SIDES:
        for above, below in (("hip", "knee"), ("knee", "ankle")):
            one, other = (JOINTS.index(f"{side}_{part}") for part in (above, below))
            length = np.linalg.norm(position[:, one] - position[:, other], axis=1)
            if not np.ptp(length) < _EVEN * np.median(length):
                raise UserError(
                    f"{path}: the distance of {JOINTS[one]} and {JOINTS[other]} changes from {length.min():.2g} to "
                    f"{length.max():.2g}: the joints are not in SMPL's order"
                )


def _rotations(position: np.ndarray) -> np.ndarray:
    """Of the feet [T, J, 3, 3]: along the way from ankle to toe, upright as the shank stands; of others none."""
    rotation = np.tile(np.eye(3), (*position.shape[:2], 1, 1))
    for side in SIDES:
        ankle, toe = (JOINTS.index(f"{side}_{part}") for part in ("ankle", "foot"))
        ahead = position[:, toe] - position[:, ankle]
        aside = np.cross(ahead, position[:, PARENTS[ankle]] - position[:, ankle])
        ahead, aside = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9) for each in (ahead, aside))
        rotation[:, ankle] = np.stack([ahead, aside, np.cross(ahead, aside)], axis=2)
    return rotation
