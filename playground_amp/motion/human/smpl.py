"""Reads motion of the SMPL family of bodies, as AMASS stores it: axis-angle rotations of each joint (.npz).

No body model is needed: only the skeleton's legs matter here, and their mean offsets are known figures. The shape of
the person (betas) is ignored; the robot's legs are scaled to whatever legs there are.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, require_file
from playground_amp.motion.archive import opened_arrays
from playground_amp.motion.human.skeleton import SkeletonMotion, place_joints

# Joint, parent, offset from it (m; x left, y up, z forward). The first 22 joints are the same in SMPL, SMPL+H and
# SMPL-X. Offsets: mean neutral body of SMPL, made symmetric and rounded; above the hips they do not matter here.
_SKELETON = (
    ("pelvis", -1, (0, 0, 0)),
    ("left_hip", 0, (0.069, -0.091, -0.006)),
    ("right_hip", 0, (-0.069, -0.091, -0.006)),
    ("spine1", 0, (0, 0.109, -0.027)),
    ("left_knee", 1, (0.036, -0.379, -0.007)),
    ("right_knee", 2, (-0.036, -0.379, -0.007)),
    ("spine2", 3, (0, 0.135, 0.001)),
    ("left_ankle", 4, (-0.015, -0.398, -0.043)),
    ("right_ankle", 5, (0.015, -0.398, -0.043)),
    ("spine3", 6, (0, 0.053, 0.025)),
    ("left_foot", 7, (0.026, -0.052, 0.121)),
    ("right_foot", 8, (-0.026, -0.052, 0.121)),
)
_KNOWN = {24: "SMPL", 52: "SMPL+H", 55: "SMPL-X", 22: "a body without hands", 23: "SMPL"}
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate")
_LARGEST = 4 * np.pi  # rad; longer rotation vectors are no axis-angle rotations


def read_smpl(path: Path) -> SkeletonMotion:
    """Reads `poses` [T, 3 J] (or root_orient and pose_body), `trans` [T, 3] and the frame rate of an AMASS archive.

    Raises:
      UserError: it cannot be read, or a field is missing or wrong; the message names the field.
    """
    require_file(path, "the motion")
    with opened_arrays(path, "AMASS motion") as archive:
        poses, trans, rate = _read_fields(archive, path)
    vectors = poses[:, : 3 * len(_SKELETON)].reshape(len(poses), len(_SKELETON), 3)
    local = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)
    parents = tuple(parent for _, parent, _ in _SKELETON)
    offset = np.array([[offset for _, _, offset in _SKELETON]])
    position, rotation = place_joints(parents, offset, local, trans)
    names = tuple(name for name, *_ in _SKELETON)
    time = np.arange(len(poses)) / rate
    return SkeletonMotion(names, parents, time, position, rotation, loops=False, unit=1.0, source="SMPL")


def _read_fields(archive: np.lib.npyio.NpzFile, path: Path) -> tuple[np.ndarray, np.ndarray, float]:
    if "poses" in archive.files:
        poses = _read(archive, "poses", path)
    elif {"root_orient", "pose_body"} <= set(archive.files):
        poses = np.concatenate([_read(archive, name, path) for name in ("root_orient", "pose_body")], axis=-1)
    else:
        fields = ", ".join(archive.files[:8])
        raise UserError(f"{path} is no AMASS motion: the field poses is missing (fields: {fields})")
    if "trans" not in archive.files:
        raise UserError(f"{path}: the field trans is missing: where the body was")
    trans = _read(archive, "trans", path)
    if poses.ndim == 3 and poses.shape[2] == 3:
        poses = poses.reshape(len(poses), -1)
    if poses.ndim != 2 or poses.shape[1] % 3 or poses.shape[1] // 3 not in _KNOWN:
        allowed = ", ".join(f"{3 * count} ({name})" for count, name in sorted(_KNOWN.items()))
        raise UserError(
            f"{path}: the field poses has the shape {list(poses.shape)}, expected [frames, n], n: {allowed}"
        )
    if trans.shape != (len(poses), 3):
        raise UserError(f"{path}: the field trans has the shape {list(trans.shape)}, expected [{len(poses)}, 3]")
    if len(poses) < 2:
        raise UserError(f"{path}: the field poses holds {len(poses)} frames, a motion needs two or more")
    turn = np.linalg.norm(poses.reshape(len(poses), -1, 3), axis=2).max()
    if turn > _LARGEST:
        raise UserError(f"{path}: the field poses holds a rotation of {turn:.3g} rad; are these degrees?")
    return poses, trans, _read_rate(archive, path)


def _read_rate(archive: np.lib.npyio.NpzFile, path: Path) -> float:
    name = next((name for name in _RATES if name in archive.files), None)
    if name is None:
        raise UserError(f"{path}: the field {_RATES[0]} is missing: frames a second")
    rate = _read(archive, name, path)
    if rate.size != 1 or not rate.item() > 0:
        raise UserError(f"{path}: the field {name} must be one number above 0, found {rate.tolist()}")
    return float(rate.item())


def _read(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    """A field of finite numbers."""
    try:
        array = archive[name]
    except ARCHIVE_ERRORS as error:
        raise UserError(f"{path}: the field {name} cannot be read ({str(error).partition(chr(10))[0]})") from error
    if array.dtype.kind not in "fiu":
        raise UserError(f"{path}: the field {name} holds {array.dtype}, expected numbers")
    if not np.isfinite(array).all():
        raise UserError(f"{path}: the field {name} holds numbers that are not finite")
    return array.astype(float)
