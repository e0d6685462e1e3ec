"""Finds the legs of a skeleton whose joints have names that say nothing: by its shape and by how it moves."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.robot.record import SIDES

_ALIKE = 0.06  # relative difference of the bones of a left and a right leg
_EVEN = 2.0  # thigh over shank, or the other way round, at most


class _Leg(NamedTuple):
    """Joints of two long bones, one hanging on the other."""

    hip: int
    knee: int
    ankle: int
    thigh: float  # length in the file's unit
    shank: float


def legs_by_shape(motion: SkeletonMotion) -> dict[str, int] | None:
    """The joint of each role, as in `left_knee`; None: no two limbs look like legs.

    Legs are the pair of limbs of the same two bones, the longest of all such, of which neither hangs on the other.
    Knees bend ahead; that, and where up is, tells left from right.
    """
    pairs = [(one, other) for one, other in combinations(_limbs(motion), 2) if _is_pair(motion, one, other)]
    if not pairs:
        return None
    one, other = max(pairs, key=lambda pair: pair[0].thigh + pair[0].shank)
    left, right = (one, other) if _is_left(motion, one, other) else (other, one)
    return {
        f"{side}_{part}": getattr(leg, part)
        for side, leg in zip(SIDES, (left, right), strict=True)
        for part in ("hip", "knee", "ankle")
    }


def _limbs(motion: SkeletonMotion) -> list[_Leg]:
    """Every two bones of length in a row, of which the lower one ends in a joint that turns."""
    place = motion.position
    length = [
        0.0 if parent < 0 else float(np.linalg.norm(place[:, joint] - place[:, parent], axis=1).mean())
        for joint, parent in enumerate(motion.parents)
    ]
    found = []
    for ankle, knee in enumerate(motion.parents):
        hip = motion.parents[knee] if knee >= 0 else -1
        if hip >= 0 and motion.parents[hip] >= 0 and min(length[ankle], length[knee]) > 0:
            found.append(_Leg(hip, knee, ankle, length[knee], length[ankle]))
    return found


def _is_pair(motion: SkeletonMotion, one: _Leg, other: _Leg) -> bool:
    """Whether these are the same limb of a body's two sides."""
    bones = ((one.thigh, other.thigh), (one.shank, other.shank))
    return (
        _depths(motion)[one.hip] == _depths(motion)[other.hip]
        and not {one.hip, one.knee, one.ankle} & {other.hip, other.knee, other.ankle}
        and all(abs(a - b) <= _ALIKE * max(a, b) for a, b in bones)
        and 1 / _EVEN < one.thigh / one.shank < _EVEN
    )


def _depths(motion: SkeletonMotion) -> list[int]:
    """How many joints there are above each."""
    depths: list[int] = []
    for parent in motion.parents:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    return depths


def _is_left(motion: SkeletonMotion, one: _Leg, other: _Leg) -> bool:
    """Whether the first leg is to the left, by the knees, which bend ahead."""
    hips, knees, ankles = (
        np.stack([motion.position[:, getattr(leg, part)] for leg in (one, other)], axis=1)
        for part in ("hip", "knee", "ankle")
    )
    up = (hips - ankles).mean(axis=1)
    ahead = (knees - (hips + ankles) / 2).sum(axis=1)
    to_left = np.cross(up, ahead)
    return bool(np.sum((hips[:, 0] - hips[:, 1]) * to_left) > 0)
