"""Finds a walker in a recording: its pelvis, hips, knees and ankles, which way is up, how long a meter is."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.motion.human.facing import arm_angles, heading_of, is_mirrored
from playground_amp.motion.human.joint_names import PARTS, sides_and_parts
from playground_amp.motion.human.shape import legs_by_shape
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.units import fitting_units, meters
from playground_amp.robot.record import SIDES
from playground_amp.untyped import Plain
from playground_amp.yaml_text import read_yaml

LEG_PARTS, ARM_PARTS = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
LEG_ROLES, ARM_ROLES = (tuple(f"{side}_{part}" for side in SIDES for part in parts) for parts in (LEG_PARTS, ARM_PARTS))
ROLES = ("pelvis", *LEG_ROLES, *ARM_ROLES)
_MIRROR = np.array([1.0, -1.0, 1.0])


class Walker(NamedTuple):
    """Legs in motion: x and y horizontal, z up, lengths in m. The floor is at z = 0."""

    time: np.ndarray  # [T] s
    pelvis: np.ndarray  # [T, 3] m, midway between the hips
    hip: np.ndarray  # [T, 2, 3] m, left and right, as the next two
    knee: np.ndarray  # [T, 2, 3] m
    ankle: np.ndarray  # [T, 2, 3] m
    arm: np.ndarray  # [T, 2, 2] rad, left and right: upper arm ahead of hanging, elbow bent; NaN without arms
    foot: np.ndarray  # [T, 2, 4] quaternions xyzw of the feet against the world, left and right
    heading: np.ndarray  # [T] rad, which way the hips face, without jumps
    leg_length: float  # m, hip to knee to ankle
    unit: str
    other_units: dict[str, float]  # in which the legs would be a person's as well, and how long, m
    up: str
    mirrored: bool  # the file's axes, or its names of left and right, show a person in a mirror: turned back
    loops: bool


def read_map(path: Path) -> dict[str, str]:
    """A map from roles to joint names, YAML or JSON.

    Raises:
      UserError: it cannot be read, or names an unknown role.
    """
    found: dict[str, Plain] = read_yaml(path)
    for role, joint in found.items():
        if role not in ROLES:
            close = nearest(str(role), ROLES)
            hint = f"; did you mean {close}?" if close else ""
            raise UserError(f"{path}: unknown part {role}{hint} Known are {', '.join(ROLES)}")
        if not isinstance(joint, str):
            raise UserError(f"{path}: {role} must be the name of a joint, found {joint!r}")
    return found


def find_joints(motion: SkeletonMotion, given: Mapping[str, str]) -> dict[str, int]:
    """The joint of each role: as given, otherwise by its name, or by the skeleton's shape.

    Arms are left out where they are not found.

    Raises:
      UserError: a joint that is not there, not certain, or no chain of hip, knee and ankle.
    """
    joints = {role: _named(motion, role, name) for role, name in given.items()}
    names = sides_and_parts(motion.joints)
    for role in (*LEG_ROLES, *ARM_ROLES):
        found = None if role in joints else _guessed(motion, names, role)
        if found is not None:
            joints[role] = found
    if any(role not in joints for role in LEG_ROLES):
        joints = (legs_by_shape(motion) or {}) | joints
    for role in LEG_ROLES:
        if role not in joints:
            raise UserError(
                f"cannot tell which joint is the {role.replace('_', ' ')}; give --map with a line such as "
                f"'{role}: NAME'. Joints of the file: {', '.join(motion.joints)}"
            )
    joints.setdefault("pelvis", _pelvis(motion, joints))
    _require_chains(motion, joints)
    return joints


def _require_chains(motion: SkeletonMotion, joints: dict[str, int]) -> None:
    """Raises UserError for a knee that does not hang on its hip, or an ankle that does not on its knee."""
    for side in SIDES:
        for above, below in (("hip", "knee"), ("knee", "ankle")):
            parent, child = joints[f"{side}_{above}"], joints[f"{side}_{below}"]
            if parent not in _ancestors(motion, child):
                names = motion.joints
                raise UserError(
                    f"{names[child]} ({side} {below}) does not hang on {names[parent]} ({side} {above}): "
                    "name the right joints with --map"
                )


def find_walker(motion: SkeletonMotion, joints: dict[str, int], unit: str | None, up: str | None) -> Walker:
    """The legs in meters, z up, standing on the floor.

    Args:
      motion: of which.
      joints: the joint of each role.
      unit: of length, a name or a number of meters; None: by the length of the legs, unless the format says.
      up: which axis points up, as in `y` or `-z`; None: from feet to pelvis.

    Raises:
      UserError: legs of no length, or of a length that is nobody's in any unit.
    """
    hip, knee, ankle = (_points(motion, joints, part) for part in LEG_PARTS)
    arm = np.stack([_points(motion, joints, part) for part in ARM_PARTS])
    length = _leg_length(motion, joints)
    units = _possible_units(length, unit, motion.unit)
    unit, meter = next(iter(units.items()))
    up = up or _up(hip.mean(axis=(0, 1)) - ankle.mean(axis=(0, 1)))
    turn = _upright(up)
    hip, knee, ankle, arm = (points @ turn.as_matrix().T * meter for points in (hip, knee, ankle, arm))
    feet = turn.as_matrix() @ np.stack([motion.rotation[:, joints[f"{side}_ankle"]] for side in SIDES], axis=1)
    mirrored = is_mirrored(hip, knee, ankle)
    if mirrored:
        hip, knee, ankle, arm = (points * _MIRROR for points in (hip, knee, ankle, arm))
        feet = _MIRROR[:, None] * feet * _MIRROR
    floor = np.array([0.0, 0.0, np.percentile(ankle[..., 2], 5)])
    hip, knee, ankle = (points - floor for points in (hip, knee, ankle))
    heading = heading_of(hip)
    return Walker(
        time=motion.time,
        pelvis=hip.mean(axis=1),
        hip=hip,
        knee=knee,
        ankle=ankle,
        arm=arm_angles(arm, heading),
        foot=Rotation.from_matrix(feet.reshape(-1, 3, 3)).as_quat().reshape(-1, 2, 4),
        heading=heading,
        leg_length=length * meter,
        unit=unit,
        other_units={name: length * other for name, other in units.items() if name != unit},
        up=up,
        mirrored=mirrored,
        loops=motion.loops,
    )


def _points(motion: SkeletonMotion, joints: dict[str, int], part: str) -> np.ndarray:
    """Places [T, 2, 3] of a part left and right, in the file's unit and axes; NaN where no joint is known."""
    unknown = np.full((len(motion.time), 3), np.nan)
    return np.stack(
        [motion.position[:, joints[f"{side}_{part}"]] if f"{side}_{part}" in joints else unknown for side in SIDES],
        axis=1,
    )


def _leg_length(motion: SkeletonMotion, joints: dict[str, int]) -> float:
    """The mean of both legs, hip to knee to ankle, in the file's unit. Raises UserError if a part has no length."""
    length = 0.0
    for side in SIDES:
        for above, below in (("hip", "knee"), ("knee", "ankle")):
            upper, lower = joints[f"{side}_{above}"], joints[f"{side}_{below}"]
            part = float(np.linalg.norm(motion.position[:, lower] - motion.position[:, upper], axis=1).mean())
            if not part > 0:
                raise UserError(
                    f"{motion.joints[lower]} ({side} {below}) is in the place of {motion.joints[upper]} ({side} "
                    f"{above}) throughout: a leg without length; position channels of joints that are all zero do "
                    "that, export the motion with positions of the root alone"
                )
            length += part / 2
    return length


def _possible_units(legs: float, given: str | None, known: float | None) -> dict[str, float]:
    """Unit → m, the likeliest first, for legs of such a length; one if it is given by the user or by the format."""
    if given is not None:
        return {given: meters(given)}
    if known is not None:
        return {"m" if known == 1 else f"{known:g} m": known}
    return {name: meters(name) for name in fitting_units(legs)}


def _named(motion: SkeletonMotion, role: str, name: str) -> int:
    count = motion.joints.count(name)
    if count == 1:
        return motion.joints.index(name)
    if count:
        raise UserError(f"--map gives {name} for {role}, but {count} joints of the file have that name")
    close = nearest(name, motion.joints)
    hint = f"did you mean {close}?" if close else f"there are {', '.join(motion.joints)}"
    raise UserError(f"--map gives {name} for {role}, but the file has no joint of that name; {hint}")


def _guessed(motion: SkeletonMotion, names: list[tuple[str, str]], role: str) -> int | None:
    """The joint of a role by its name; None: there is none, or several that do not hang on one another."""
    side, part = role.split("_")
    for name in PARTS[part]:
        found = [index for index, each in enumerate(names) if each == (side, name)]
        if found and all(found[0] in _ancestors(motion, below) for below in found[1:]):
            return found[0]  # what hangs on it and is called the same (thigh.L.001) shares its twist
    return None


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


def _up(body: np.ndarray) -> str:
    """The axis that points most from the feet to the hips."""
    axis = int(np.abs(body).argmax())
    return ("" if body[axis] > 0 else "-") + "xyz"[axis]


def _upright(up: str) -> Rotation:
    """The rotation that brings the axis `up` to z."""
    axis = np.zeros(3)
    axis["xyz".index(up[-1])] = -1.0 if up.startswith("-") else 1.0
    return Rotation.align_vectors([[0, 0, 1]], [axis])[0]
