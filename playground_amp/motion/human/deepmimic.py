"""Reads motion in the JSON format of DeepMimic (Peng et al. 2018): one row a frame, joints in a fixed order."""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.files import read_text
from playground_amp.motion.human.skeleton import SkeletonMotion, place_joints

# Joint, parent, offset from it (m; x forward, y up, z right): the published humanoid of DeepMimic. Width of a rotation
# in a row: 4, a quaternion wxyz; 1, an angle about z; 0, none.
_SKELETON = (
    ("root", None, (0, 0, 0), 4),
    ("chest", "root", (0, 0.236, 0), 4),
    ("neck", "chest", (0, 0.224, 0), 4),
    ("right_hip", "root", (0, 0, 0.085), 4),
    ("right_knee", "right_hip", (0, -0.422, 0), 1),
    ("right_ankle", "right_knee", (0, -0.410, 0), 4),
    ("right_shoulder", "chest", (-0.024, 0.244, 0.183), 4),
    ("right_elbow", "right_shoulder", (0, -0.275, 0), 1),
    ("left_hip", "root", (0, 0, -0.085), 4),
    ("left_knee", "left_hip", (0, -0.422, 0), 1),
    ("left_ankle", "left_knee", (0, -0.410, 0), 4),
    ("left_shoulder", "chest", (-0.024, 0.244, -0.183), 4),
    ("left_elbow", "left_shoulder", (0, -0.275, 0), 1),
)
_COLUMNS = 1 + 3 + sum(width for *_, width in _SKELETON)
_LARGEST = 1e9  # in s, m or rad: what is beyond it, NaN too, is no motion
_OFF_UNIT = 0.02  # how far a quaternion may be off unit length


def read_deepmimic(path: Path) -> SkeletonMotion:
    """Reads a DeepMimic motion of the humanoid.

    Raises:
      UserError: it cannot be read, or is not what the format asks for; the message names the line, frame or joint.
    """
    rows, loops = _read_rows(path)
    if (rows[:-1, 0] <= 0).any():
        raise UserError(f"{path}: frame {np.argmax(rows[:-1, 0] <= 0)} lasts {rows[:-1, 0].min():g} s, not above 0")
    local = np.tile(np.eye(3), (len(rows), len(_SKELETON), 1, 1))
    column = 4
    for index, (name, _, _, width) in enumerate(_SKELETON):
        values = rows[:, column : column + width]
        local[:, index] = _rotations(values, f"{path}: joint {name}")
        column += width
    names = tuple(name for name, *_ in _SKELETON)
    parents = tuple(-1 if parent is None else names.index(parent) for _, parent, _, _ in _SKELETON)
    offset = np.array([[offset for _, _, offset, _ in _SKELETON]], dtype=float)
    position, rotation = place_joints(parents, offset, local, rows[:, 1:4])
    time = np.concatenate([[0.0], np.cumsum(rows[:-1, 0])])
    return SkeletonMotion(names, parents, time, position, rotation, loops, unit=1.0, source="DeepMimic")


def _read_rows(path: Path) -> tuple[np.ndarray, bool]:
    """The rows [T, 44], and whether the motion goes round."""
    try:
        stored = json.loads(read_text(path, "the motion"))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}, line {error.lineno}: no valid JSON ({error.msg})") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise UserError(f"{path}: no valid JSON ({error})") from error
    except RecursionError:
        raise UserError(f"{path}: no DeepMimic motion, it is nested too deeply") from None
    frames = stored.get("Frames") if isinstance(stored, dict) else None
    if not isinstance(frames, list) or len(frames) < 2:
        raise UserError(f"{path}: no DeepMimic motion, the field Frames with two rows or more is missing")
    for number, row in enumerate(frames):
        if not isinstance(row, list) or len(row) != _COLUMNS:
            found = f"{len(row)} numbers" if isinstance(row, list) else str(row)[:40]
            raise UserError(f"{path}: frame {number} holds {found}, expected {_COLUMNS} of DeepMimic's humanoid")
        wrong = next((str(value)[:40] for value in row if not _is_number(value)), None)
        if wrong is not None:
            raise UserError(f"{path}: frame {number} holds {wrong}, expected finite numbers")
    loop = stored.get("Loop", "none")
    if loop not in ("wrap", "none", True, False):
        raise UserError(f"{path}: the field Loop is {str(loop)[:40]!r}, it can be wrap or none")
    return np.array(frames, dtype=float), loop in ("wrap", True)


def _is_number(value: object) -> bool:
    """Whether this is a number that a file of motion can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _rotations(values: np.ndarray, what: str) -> np.ndarray:
    """Rotation matrices [T, 3, 3] of quaternions [T, 4] or of angles about z [T, 1]."""
    if values.shape[1] == 1:
        return Rotation.from_euler("Z", values).as_matrix()
    off = np.abs(np.linalg.norm(values, axis=1) - 1)
    if off.max() > _OFF_UNIT:
        raise UserError(f"{what}, frame {off.argmax()}: a quaternion that is off unit length by {off.max():.3g}")
    return Rotation.from_quat(values, scalar_first=True).as_matrix()
