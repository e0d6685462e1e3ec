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
# SMPL-X. Offsets: mean neutral body of SMPL, made symmetric and rounded.
_SKELETON = (
    ("pelvis", None, (0, 0, 0)),
    ("left_hip", "pelvis", (0.069, -0.091, -0.006)),
    ("right_hip", "pelvis", (-0.069, -0.091, -0.006)),
    ("spine1", "pelvis", (0, 0.109, -0.027)),
    ("left_knee", "left_hip", (0.036, -0.379, -0.007)),
    ("right_knee", "right_hip", (-0.036, -0.379, -0.007)),
    ("spine2", "spine1", (0, 0.135, 0.001)),
    ("left_ankle", "left_knee", (-0.015, -0.398, -0.043)),
    ("right_ankle", "right_knee", (0.015, -0.398, -0.043)),
    ("spine3", "spine2", (0, 0.053, 0.025)),
    ("left_foot", "left_ankle", (0.026, -0.052, 0.121)),
    ("right_foot", "right_ankle", (-0.026, -0.052, 0.121)),
    ("neck", "spine3", (0, 0.214, -0.044)),
    ("left_collar", "spine3", (0.075, 0.117, -0.038)),
    ("right_collar", "spine3", (-0.075, 0.117, -0.038)),
    ("head", "neck", (0, 0.089, 0.05)),
    ("left_shoulder", "left_collar", (0.115, 0.045, -0.019)),
    ("right_shoulder", "right_collar", (-0.115, 0.045, -0.019)),
    ("left_elbow", "left_shoulder", (0.257, -0.014, -0.025)),
    ("right_elbow", "right_shoulder", (-0.257, -0.014, -0.025)),
    ("left_wrist", "left_elbow", (0.257, 0.011, -0.004)),
    ("right_wrist", "right_elbow", (-0.257, 0.011, -0.004)),
)
JOINTS = tuple(name for name, *_ in _SKELETON)
PARENTS = tuple(-1 if parent is None else JOINTS.index(parent) for _, parent, _ in _SKELETON)
_KNOWN = {22: "a body without hands", 24: "SMPL", 52: "SMPL+H", 55: "SMPL-X"} | {23: "SMPL", 21: "SMPL", 54: "SMPL-X"}
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate", "frame_rate")
# What rotations are called, one field after the other, and what the place of the body: by AMASS; by GVHMR, HMR and
# SMPL-X; by WHAM, in the world; by AIST++; by PHC.
_POSES = (
    ("poses",),
    ("root_orient", "pose_body"),
    ("global_orient", "body_pose"),
    ("pose_world",),
    ("smpl_poses",),
    ("pose_aa",),
    ("fullpose",),
    ("pose",),
)
_PLACES = ("trans_world", "trans", "transl", "smpl_trans", "trans_orig", "root_trans", "translation")
_SCALE = "smpl_scaling"  # of AIST++: units of the place a meter
_LARGEST = 4 * np.pi  # rad; longer rotation vectors are no axis-angle rotations


def read_smpl(path: Path, rate: float | None = None) -> SkeletonMotion:
    """Reads rotations [T, 3 J], place [T, 3] and frame rate of an archive: AMASS's `poses`, `trans`, or others' names.

    `rate`: frames a second, for an archive that does not say.

    Raises:
      UserError: it cannot be read, or a field is missing or wrong; the message names the field.
    """
    require_file(path, "the motion")
    with opened_arrays(path, "AMASS motion") as archive:
        poses = _read_poses(archive, path)
        trans = _read_place(archive, path, len(poses))
        rate = rate or _read_rate(archive, path)
    count = len(_SKELETON)
    vectors = np.zeros((len(poses), count, 3))
    given = min(poses.shape[1] // 3, count)
    vectors[:, :given] = poses[:, : 3 * given].reshape(len(poses), given, 3)
    local = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)
    offset = np.array([[offset for _, _, offset in _SKELETON]])
    position, rotation = place_joints(PARENTS, offset, local, trans)
    time = np.arange(len(poses)) / rate
    return SkeletonMotion(JOINTS, PARENTS, time, position, rotation, loops=False, unit=1.0, source="SMPL")


def _read_poses(archive: np.lib.npyio.NpzFile, path: Path) -> np.ndarray:
    names = next((names for names in _POSES if set(names) <= set(archive.files)), None)
    if names is None:
        fields = ", ".join(archive.files[:8])
        raise UserError(f"{path} is no AMASS motion: the field poses is missing (fields: {fields})")
    parts = [_flat(_read(archive, name, path)) for name in names]
    what = " and ".join(names)
    if len({len(part) for part in parts}) != 1 or any(part.ndim != 2 for part in parts):
        shapes = ", ".join(str(list(part.shape)) for part in parts)
        raise UserError(f"{path}: the field {what} has the shape {shapes}, expected [frames, n]")
    poses = np.concatenate(parts, axis=1)
    if poses.shape[1] % 3 or poses.shape[1] // 3 not in _KNOWN:
        allowed = ", ".join(f"{3 * count} ({name})" for count, name in sorted(_KNOWN.items()))
        raise UserError(
            f"{path}: the field {what} has the shape {list(poses.shape)}, expected [frames, n], n: {allowed}"
        )
    if len(poses) < 2:
        raise UserError(f"{path}: the field {what} holds {len(poses)} frames, a motion needs two or more")
    turn = np.linalg.norm(poses.reshape(len(poses), -1, 3), axis=2).max()
    if turn > _LARGEST:
        raise UserError(f"{path}: the field {what} holds a rotation of {turn:.3g} rad; are these degrees?")
    return poses


def _flat(array: np.ndarray) -> np.ndarray:
    """Rotations [T, n] rad of [T, n], [T, J, 3] or, as matrices, [T, J, 3, 3]."""
    if array.ndim == 4 and array.shape[2:] == (3, 3):
        vectors = Rotation.from_matrix(array.reshape(-1, 3, 3)).as_rotvec()
        return vectors.reshape(len(array), -1)
    return array.reshape(len(array), -1) if array.ndim == 3 and array.shape[2] == 3 else array


def _read_place(archive: np.lib.npyio.NpzFile, path: Path, frames: int) -> np.ndarray:
    name = next((name for name in _PLACES if name in archive.files), None)
    if name is None:
        raise UserError(f"{path}: the field trans is missing: where the body was")
    trans = _read(archive, name, path)
    if trans.shape == (frames, 1, 3):
        trans = trans[:, 0]
    if trans.shape != (frames, 3):
        raise UserError(f"{path}: the field {name} has the shape {list(trans.shape)}, expected [{frames}, 3]")
    if _SCALE not in archive.files:
        return trans
    scale = _read(archive, _SCALE, path)
    if scale.size != 1 or not scale.item() > 0:
        raise UserError(f"{path}: the field {_SCALE} must be one number above 0, found {scale.tolist()}")
    return trans / scale.item()


def _read_rate(archive: np.lib.npyio.NpzFile, path: Path) -> float:
    name = next((name for name in _RATES if name in archive.files), None)
    if name is None:
        raise UserError(f"{path}: the field {_RATES[0]} is missing: give --rate, frames a second")
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
