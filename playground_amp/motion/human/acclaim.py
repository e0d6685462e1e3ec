"""Reads Acclaim's two files, CMU's own format: .asf, a skeleton, and .amc, a motion of it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.files import read_text, visible
from playground_amp.motion.human.skeleton import SkeletonMotion, place_joints

_INCH = 0.0254  # m; lengths are inches over the skeleton's length factor
_RATE = 120.0  # frames a second of CMU's collection; the format does not say
_LARGEST = 1e6


class _Bone(NamedTuple):
    name: str
    offset: np.ndarray  # [3] from its start to its end, in the skeleton's axes at rest
    axis: Rotation  # of the frame in which it turns
    turns: tuple[str, ...]  # order of the values in a frame: rx, ry, rz, and tx, ty, tz of the root


class _Skeleton(NamedTuple):
    bones: tuple[_Bone, ...]  # the root first
    parents: tuple[int, ...]
    unit: float  # m
    degrees: bool


def read_acclaim(path: Path, rate: float | None = None) -> SkeletonMotion:
    """Reads an .amc with the .asf beside it: of the same name, of its first part (01 of 01_02), or the only one.

    Args:
      path: of the .amc.
      rate: frames a second; None: CMU's 120.

    Raises:
      UserError: one of them cannot be read, or is not what the format asks for; the message names the line.
    """
    beside = _skeleton_path(path)
    skeleton = _read_skeleton(beside)
    values = _read_frames(path, skeleton)
    local = np.stack(
        [_turned(bone, rows, skeleton.degrees) for bone, rows in zip(skeleton.bones, values, strict=True)], axis=1
    )
    root = skeleton.bones[0]
    place = values[0][:, [root.turns.index(axis) for axis in ("tx", "ty", "tz")]]
    # A bone turns about its start, which is the end of the bone that it hangs on.
    starts = np.array([[np.zeros(3) if p < 0 else skeleton.bones[p].offset for p in skeleton.parents]])
    position, rotation = place_joints(skeleton.parents, starts, local, place)
    names = tuple(bone.name for bone in skeleton.bones)
    time = np.arange(len(place)) / (rate or _RATE)
    return SkeletonMotion(
        names, skeleton.parents, time, position, rotation, loops=False, unit=skeleton.unit, source="Acclaim"
    )


def _skeleton_path(path: Path) -> Path:
    named = [path.with_suffix(".asf"), path.with_name(path.stem.split("_")[0] + ".asf")]
    beside = [each for each in named if each.is_file()] or visible(path.parent, "*.asf")
    if len(beside) != 1 and not (beside and beside[0] in named):
        found = f"there are {len(beside)}" if beside else "there is none"
        raise UserError(f"{path}: its skeleton is missing; put {named[1].name} beside it ({found} in {path.parent})")
    return beside[0]


def _read_skeleton(path: Path) -> _Skeleton:
    bones: dict[str, dict[str, list[str]]] = {"root": {}}
    units: dict[str, str] = {}
    parents: dict[str, str] = {}
    section, current = "", bones["root"]
    for number, line in enumerate(read_text(path, "the skeleton").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words or words == ["end"]:
            continue
        if words[0].startswith(":"):
            section, current = words[0][1:].lower(), bones["root"]
        elif section == "units" and len(words) > 1:
            units[words[0].lower()] = words[1]
        elif section == "bonedata" and words[0] == "begin":
            current = {}
        elif section == "bonedata" and words[0] == "name" and len(words) > 1:
            bones[words[1]] = current
        elif section in ("root", "bonedata"):
            current[words[0].lower()] = words[1:]
        elif section == "hierarchy" and words[0] != "begin":
            if words[0] not in bones or any(word not in bones for word in words):
                raise UserError(f"{path}, line {number}: the hierarchy names a bone that is not described")
            parents |= dict.fromkeys(words[1:], words[0])
    return _built(path, bones, parents, units)


def _built(
    path: Path, bones: dict[str, dict[str, list[str]]], parents: dict[str, str], units: dict[str, str]
) -> _Skeleton:
    degrees = not units.get("angle", "deg").lower().startswith("rad")
    order = ["root"]
    for name in order:  # grows: parents before their children
        order += [child for child, parent in parents.items() if parent == name and child not in order]
    (scale,) = _numbers(path, [units.get("length", "1")], 1, "length of :units")
    if not scale > 0:
        raise UserError(f"{path}: length of :units is {scale:g}, it must be above 0")
    made = []
    for name in order:
        told = bones[name]
        direction = _numbers(path, told.get("direction", ["0", "0", "0"]), 3, f"direction of {name}")
        (length,) = _numbers(path, told.get("length", ["0"])[:1], 1, f"length of {name}")
        axis = told.get("orientation", ["0"] * 3) if name == "root" else told.get("axis", ["0"] * 3)[:3]
        turn = Rotation.from_euler("xyz", _numbers(path, axis, 3, f"axis of {name}"), degrees=degrees)
        turns = tuple(word.lower() for word in told.get("order" if name == "root" else "dof", []))
        if not {"tx", "ty", "tz"} <= set(turns) and name == "root":
            raise UserError(f"{path}: the order of the root lacks TX, TY or TZ")
        made.append(_Bone(name, np.array(direction) * length, turn, turns))
    links = tuple(-1 if name == "root" else order.index(parents[name]) for name in order)
    return _Skeleton(tuple(made), links, _INCH / scale, degrees)


def _read_frames(path: Path, skeleton: _Skeleton) -> list[np.ndarray]:
    """Of each bone its values [T, n]."""
    wanted = {bone.name: len(bone.turns) for bone in skeleton.bones if bone.turns}
    rows: dict[str, list[list[str]]] = {name: [] for name in wanted}
    frames = 0
    for number, line in enumerate(read_text(path, "the motion").splitlines(), 1):
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdigit():
            _require_whole(path, number, rows, frames)
            frames += 1
        elif wanted.get(words[0]) != len(words) - 1 or len(rows[words[0]]) != frames - 1:
            raise UserError(
                f"{path}, line {number}: {words[0][:40]} with {len(words) - 1} values; "
                f"{'the skeleton has no such bone' if words[0] not in wanted else f'expected {wanted[words[0]]}, once'}"
            )
        else:
            rows[words[0]].append(words[1:])
    _require_whole(path, number if frames else 1, rows, frames)
    if frames < 2:
        raise UserError(f"{path}: {frames} frames; a motion needs two or more")
    return [
        _table(path, rows[bone.name], bone.name) if bone.turns else np.zeros((frames, 0)) for bone in skeleton.bones
    ]


def _require_whole(path: Path, number: int, rows: dict[str, list[list[str]]], frames: int) -> None:
    missing = next((name for name, found in rows.items() if len(found) != frames), None)
    if missing is not None:
        raise UserError(f"{path}, line {number}: frame {frames} ends without {missing}: it is damaged or cut off")


def _table(path: Path, rows: list[list[str]], name: str) -> np.ndarray:
    try:
        values = np.array(rows, dtype=float)
    except ValueError:
        values = np.array([[np.nan]])
    if not (np.abs(values) < _LARGEST).all():
        raise UserError(f"{path}: {name} has values that are no numbers, or not finite")
    return values


def _numbers(path: Path, words: list[str], count: int, what: str) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count or not all(abs(value) < _LARGEST for value in values):
        raise UserError(f"{path}: {what} needs {count} numbers, found {' '.join(words)[:40] or 'nothing'}")
    return values


def _turned(bone: _Bone, values: np.ndarray, degrees: bool) -> np.ndarray:
    """The bone's rotation [T, 3, 3] against that of the one it hangs on."""
    order = [turn for turn in bone.turns if turn in ("rx", "ry", "rz")]
    if not order:
        return np.tile(np.eye(3), (len(values), 1, 1))
    angles = values[:, [bone.turns.index(turn) for turn in order]]
    turn = Rotation.from_euler("".join(each[1] for each in order), angles, degrees=degrees)
    return (bone.axis * turn * bone.axis.inv()).as_matrix()
