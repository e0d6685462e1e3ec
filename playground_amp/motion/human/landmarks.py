"""Finds a walker in a recording: its pelvis, hips, knees and ankles, which way is up, how long a meter is."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.robot.record import SIDES
from playground_amp.yaml_text import read_yaml

ROLES = ("pelvis", *(f"{side}_{part}" for side in SIDES for part in ("hip", "knee", "ankle")))
_LEG_LENGTH = (0.35, 1.3)  # m from hip to ankle, of a child and of a giant

# What joints are called, after the side is taken off and all but letters; the best name first.
_PARTS = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip", "legupper", "uleg"),
    "knee": ("lowerleg", "lowleg", "calf", "shin", "tibia", "knee", "shank", "leglower", "leg"),
    "ankle": ("ankle", "foot", "feet", "talus"),
}
_PELVIS = ("hips", "pelvis", "hip", "root", "mid_hip", "waist")
# Meters a unit, tried in this order until the legs have a person's length.
UNITS = {"m": 1.0, "cm": 0.01, "inch": 0.0254, "mm": 0.001, "foot": 0.3048}


class Walker(NamedTuple):
    """Legs in motion: x and y horizontal, z up, lengths in m. The floor is at z = 0."""

    time: np.ndarray  # [T] s
    pelvis: np.ndarray  # [T, 3] m, midway between the hips
    ankle: np.ndarray  # [T, 2, 3] m, left and right
    hip: np.ndarray  # [T, 2, 3] m
    foot: np.ndarray  # [T, 2, 4] quaternions xyzw of the feet against the world, left and right
    heading: np.ndarray  # [T] rad, which way the hips face, without jumps
    leg_length: float  # m, hip to knee to ankle
    unit: str
    up: str
    loops: bool


def read_map(path: Path) -> dict[str, str]:
    """A map from roles to joint names, YAML or JSON.

    Raises:
      UserError: it cannot be read, or names an unknown role.
    """
    found: dict[str, Any] = read_yaml(path)
    for role, joint in found.items():
        if role not in ROLES:
            close = nearest(str(role), ROLES)
            hint = f"; did you mean {close}?" if close else ""
            raise UserError(f"{path}: unknown part {role}{hint} Known are {', '.join(ROLES)}")
        if not isinstance(joint, str):
            raise UserError(f"{path}: {role} must be the name of a joint, found {joint!r}")
    return found


def find_joints(motion: SkeletonMotion, given: dict[str, str]) -> dict[str, int]:
    """The joint of each role: as given, otherwise by its name.

    Raises:
      UserError: a joint that is not there, not certain, or no chain of hip, knee and ankle.
    """
    joints = {role: _named(motion, role, name) for role, name in given.items()}
    for role in ROLES[1:]:
        if role not in joints:
            joints[role] = _guessed(motion, role)
    joints.setdefault("pelvis", _pelvis(motion, joints))
    for side in SIDES:
        for above, below in (("hip", "knee"), ("knee", "ankle")):
            parent, child = joints[f"{side}_{above}"], joints[f"{side}_{below}"]
            if parent not in _ancestors(motion, child):
                names = motion.joints
                raise UserError(
                    f"{names[child]} ({side} {below}) does not hang on {names[parent]} ({side} {above}): "
                    "name the right joints with --map"
                )
    return joints


def find_walker(motion: SkeletonMotion, joints: dict[str, int], unit: str | None, up: str | None) -> Walker:
    """The legs in meters, z up, standing on the floor.

    Args:
      motion: of which.
      joints: the joint of each role.
      unit: of length; None: by the length of the legs, unless the format says.
      up: which axis points up, as in `y` or `-z`; None: from feet to pelvis.

    Raises:
      UserError: legs of no length, or of a length that is nobody's in any unit.
    """
    hip, knee, ankle = (
        np.stack([motion.position[:, joints[f"{side}_{part}"]] for side in SIDES], axis=1)
        for part in ("hip", "knee", "ankle")
    )
    length = float(np.mean(np.linalg.norm(knee - hip, axis=2) + np.linalg.norm(ankle - knee, axis=2)))
    unit = unit or _unit(length, motion.unit)
    up = up or _up(hip.mean(axis=(0, 1)) - ankle.mean(axis=(0, 1)))
    turn, meter = _upright(up), UNITS[unit]
    hip, ankle = (points @ turn.as_matrix().T * meter for points in (hip, ankle))
    across = hip[:, 0] - hip[:, 1]
    if np.linalg.norm(across[:, :2], axis=1).min() < 1e-3:
        raise UserError("the left and the right hip are in the same place: the walker faces nowhere")
    heading = np.unwrap(np.arctan2(-across[:, 0], across[:, 1]))
    feet = np.stack([motion.rotation[:, joints[f"{side}_ankle"]] for side in SIDES], axis=1)
    ground = np.percentile(ankle[..., 2], 5)
    hip[..., 2] -= ground
    ankle[..., 2] -= ground
    return Walker(
        time=motion.time,
        pelvis=hip.mean(axis=1),
        ankle=ankle,
        hip=hip,
        foot=(turn * Rotation.from_matrix(feet.reshape(-1, 3, 3))).as_quat().reshape(-1, 2, 4),
        heading=heading,
        leg_length=length * meter,
        unit=unit,
        up=up,
        loops=motion.loops,
    )


def _named(motion: SkeletonMotion, role: str, name: str) -> int:
    count = motion.joints.count(name)
    if count == 1:
        return motion.joints.index(name)
    if count:
        raise UserError(f"--map gives {name} for {role}, but {count} joints of the file have that name")
    close = nearest(name, motion.joints)
    hint = f"did you mean {close}?" if close else f"there are {', '.join(motion.joints)}"
    raise UserError(f"--map gives {name} for {role}, but the file has no joint of that name; {hint}")


def _guessed(motion: SkeletonMotion, role: str) -> int:
    side, part = role.split("_")
    plain = [_side_and_part(name) for name in motion.joints]
    for name in _PARTS[part]:
        found = [index for index, each in enumerate(plain) if each == (side, name)]
        if len(found) == 1:
            return found[0]
    raise UserError(
        f"cannot tell which joint is the {side} {part}; give --map with a line such as '{role}: NAME'. "
        f"Joints of the file: {', '.join(motion.joints)}"
    )


def _side_and_part(name: str) -> tuple[str, str]:
    """As in ('left', 'upleg') for mixamorig:LeftUpLeg, thigh_l, Bip01 L Thigh, lThigh or HipLeft."""
    bare = name.rsplit(":", 1)[-1]
    bare = re.sub(r"^(bip\d*|character\d*|skel|robot|def|org|bone|b)[ _.\-]+", "", bare, flags=re.IGNORECASE)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+", bare)
    words = [word.lower() for word in words]
    for side in SIDES:
        for mark in (side, side[0]):
            if mark in words:
                words.remove(mark)
                return side, "".join(words)
    whole = "".join(words)
    for side in SIDES:
        if whole.startswith(side) or whole.endswith(side):
            return side, whole.replace(side, "", 1)
    for side in SIDES:
        if whole[:1] == side[0] and any(whole[1:] == name for names in _PARTS.values() for name in names):
            return side, whole[1:]
    return "", whole


def _pelvis(motion: SkeletonMotion, joints: dict[str, int]) -> int:
    """The nearest joint that both hips hang on."""
    above = _ancestors(motion, joints["left_hip"])
    common = [joint for joint in above if joint in _ancestors(motion, joints["right_hip"])]
    if not common:
        raise UserError("the two hips hang on no joint together: name the right joints with --map")
    return common[0]


def _ancestors(motion: SkeletonMotion, joint: int) -> list[int]:
    """The joints above, the nearest first."""
    above = []
    while (joint := motion.parents[joint]) >= 0:
        above.append(joint)
    return above


def _unit(length: float, known: float | None) -> str:
    if known is not None:
        return next(name for name, meter in UNITS.items() if meter == known)
    low, high = _LEG_LENGTH
    for name, meter in UNITS.items():
        if low <= length * meter <= high:
            return name
    raise UserError(
        f"the legs are {length:.3g} long, hip to ankle: that is no person's in {', '.join(UNITS)}; give --unit"
    )


def _up(body: np.ndarray) -> str:
    """The axis that points most from the feet to the hips."""
    axis = int(np.abs(body).argmax())
    return ("" if body[axis] > 0 else "-") + "xyz"[axis]


def _upright(up: str) -> Rotation:
    """The rotation that brings the axis `up` to z."""
    axis = np.zeros(3)
    axis["xyz".index(up[-1])] = -1.0 if up.startswith("-") else 1.0
    return Rotation.align_vectors([[0, 0, 1]], [axis])[0]
