"""Legs that move as a person's do and yet stand on the floor: a least-squares fit, seen from the side.

Wanted are the person's curves of hip, knee and ankle; hips and ankles may be off by a constant each. Asked is that a
foot that carries stays where it stands and rolls over its edges, and that one that swings clears the floor. Gauss and
Newton's method; the angles at a phase touch each other alone, but for the smoothness of what is changed.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from playground_amp.motion.generate.footsteps import bump
from playground_amp.motion.human.side_view import (
    LegAngles,
    SideView,
    ankle_to_sole,
    ankles,
    lowest_point,
    standing_sole,
)

_ROUNDS = 14
_NEARBY = 1e-6  # rad, m; for the difference quotients
# What is off by so much counts as much as anything else.
_CURVE = np.array([0.05, 0.06, 0.02])  # rad of hip, knee and ankle
_PLACE, _FLAT, _CLEAR, _RANGE = 4e-4, 3e-3, 2e-3, 5e-3  # leg lengths, rad, leg lengths, rad
_ROUGH = 2.5e-3  # rad, of second differences over a 96th of a cycle
_ROUGH_HEIGHT = 2e-4  # leg lengths, likewise
_SHIFT = 1.0  # rad; the constants are free
_SMALL_STEP = 0.25  # rad, m


class Stepping(NamedTuple):
    """What is asked of the feet at phases [P]; lengths in m."""

    base: np.ndarray  # [P] m, how far ahead of the moving frame the base is, but for a constant
    keep_base: bool  # that constant too
    spot: np.ndarray  # [P, 2] m, where a sole that stands has its center, in the moving frame
    stands: np.ndarray  # [P, 2] bool: the foot carries
    flat: np.ndarray  # [P, 2] bool: with its whole sole
    swung: np.ndarray  # [P, 2] share of the swing's time that is past; 0 in stance
    clearance: float  # m in mid-swing


class Fit(NamedTuple):
    """The legs as they can move."""

    angles: LegAngles
    height: np.ndarray  # [P] m, of the base
    base: np.ndarray  # [P] m, ahead of the moving frame
    sole: np.ndarray  # [P, 2, 2] m, the soles' centers: ahead of the moving frame, over the floor


def fit_legs(view: SideView, wanted: LegAngles, stepping: Stepping, length: float) -> Fit:
    """The motion nearest to `wanted`; `length`: of the legs, m."""
    phases = len(wanted.thigh)
    goal = _columns(wanted, np.zeros(phases))
    found, constants = goal.copy(), np.zeros(3)  # of thigh rad, ankle rad, base m
    found[:, 6] = _first_height(view, wanted, stepping)
    rough = _roughness(phases, length)
    for _ in range(_ROUNDS):
        blocks = _Blocks(view, goal, stepping, length, found, constants)
        step, constant_step = _step(blocks, rough, found - goal, phases)
        found, constants = found + step, constants + constant_step
    angles = _angles(found)
    base = stepping.base + constants[2]
    place = np.stack([base, found[:, 6]], axis=1)
    sole = ankles(view, angles) + place[:, None] + ankle_to_sole(view, angles.foot)
    return Fit(angles, found[:, 6], base, sole)


class _Blocks:
    """Residuals [P, R] and their derivatives by the unknowns of the phase [P, R, 7] and by the constants [P, R, 3]."""

    def __init__(
        self,
        view: SideView,
        goal: np.ndarray,
        stepping: Stepping,
        length: float,
        found: np.ndarray,
        constants: np.ndarray,
    ) -> None:
        def residual(unknown: np.ndarray, shift: np.ndarray) -> np.ndarray:
            return _residual(view, goal, stepping, length, unknown, shift)

        self.value = residual(found, constants)
        columns = [
            residual(found + _NEARBY * (np.arange(found.shape[1]) == column), constants)
            for column in range(found.shape[1])
        ]
        shifts = [residual(found, constants + _NEARBY * (np.arange(3) == column)) for column in range(3)]
        self.local = (np.stack(columns, axis=2) - self.value[..., None]) / _NEARBY
        self.shared = (np.stack(shifts, axis=2) - self.value[..., None]) / _NEARBY
        free = np.array([_SHIFT, _SHIFT, 1e-6 * length if stepping.keep_base else length])
        self.held, self.constants = 1 / free**2, constants


def _residual(
    view: SideView, goal: np.ndarray, stepping: Stepping, length: float, unknown: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """What is off [P, R], each as a multiple of what counts as much as the others."""
    angles, wanted = _angles(unknown), _angles(goal)
    ankle, asked_ankle = angles.ankle(view.bends), wanted.ankle(view.bends)
    joints = np.stack([angles.thigh, angles.knee, ankle], axis=2)
    asked = np.stack([wanted.thigh + shift[0], wanted.knee, asked_ankle + shift[1]], axis=2)
    base = np.stack([stepping.base + shift[2], unknown[:, 6]], axis=1)
    sole = ankles(view, angles) + base[:, None] + ankle_to_sole(view, angles.foot)
    standing = standing_sole(view, angles.foot)
    off = sole - standing - np.stack([stepping.spot, 0 * stepping.spot], axis=2)
    free = sole[..., 1] - lowest_point(view, angles.foot) - stepping.clearance * bump(stepping.swung)
    beyond = np.minimum(joints - view.lowest, 0) + np.maximum(joints - view.highest, 0)
    parts = [
        (joints - asked) / _CURVE,
        off * stepping.stands[..., None] / (_PLACE * length),
        (angles.foot * stepping.flat)[..., None] / _FLAT,
        (np.minimum(free, 0) * ~stepping.stands)[..., None] / (_CLEAR * length),
        beyond / _RANGE,
    ]
    return np.concatenate([part.reshape(len(unknown), -1) for part in parts], axis=1)


def _step(blocks: _Blocks, rough: sparse.csc_array, changed: np.ndarray, phases: int) -> tuple[np.ndarray, np.ndarray]:
    """The step [P, 7] of the unknowns and [3] of the constants, bounded."""
    count = changed.shape[1]
    size = phases * count
    # The unknowns in rows of a kind: what is rough couples a kind's phases, a phase couples its kinds.
    squares = np.einsum("pri,prj->ijp", blocks.local, blocks.local).reshape(-1)
    kinds = (
        phases * np.repeat(np.arange(count), count * phases),
        phases * np.tile(np.repeat(np.arange(count), phases), count),
    )
    index = np.tile(np.arange(phases), count**2)
    coupled = sparse.csc_array((squares, (kinds[0] + index, kinds[1] + index)), shape=(size, size))
    border = np.einsum("pri,prj->ipj", blocks.local, blocks.shared).reshape(size, 3)
    corner = np.einsum("pri,prj->ij", blocks.shared, blocks.shared) + np.diag(blocks.held)
    normal = sparse.block_array([[rough + coupled, sparse.csc_array(border)], [sparse.csc_array(border.T), corner]])
    right = np.concatenate(
        [
            rough @ changed.T.reshape(size) + np.einsum("pri,pr->ip", blocks.local, blocks.value).reshape(size),
            np.einsum("pri,pr->i", blocks.shared, blocks.value) + blocks.held * blocks.constants,
        ]
    )
    step = -splu(sparse.csc_array(normal + 1e-6 * sparse.eye_array(size + 3))).solve(right)
    step *= min(1.0, _SMALL_STEP / max(np.abs(step).max(), 1e-12))
    return step[:size].reshape(count, phases).T, step[size:]


def _roughness(phases: int, length: float) -> sparse.csc_array:
    """The quadratic form [7 P, 7 P] of what is changed: second differences round the cycle, kind by kind."""
    even = np.eye(phases)
    second = sparse.csc_array(np.roll(even, 1, axis=1) - 2 * even + np.roll(even, -1, axis=1))
    one = second.T @ second
    scales = [_ROUGH] * 6 + [_ROUGH_HEIGHT * length]
    return sparse.csc_array(sparse.block_diag([one / scale**2 for scale in scales]))


def _first_height(view: SideView, wanted: LegAngles, stepping: Stepping) -> np.ndarray:
    """Of the base, so that the wanted legs reach the floor where they carry [P] m."""
    below = ankles(view, wanted) + ankle_to_sole(view, wanted.foot)
    height = standing_sole(view, wanted.foot)[..., 1] - below[..., 1]
    return np.full(len(height), float(height[stepping.stands & stepping.flat].mean()))


def _columns(angles: LegAngles, height: np.ndarray) -> np.ndarray:
    left, right = (np.stack([part[:, side] for part in angles], axis=1) for side in (0, 1))
    return np.hstack([left, right, height[:, None]])


def _angles(unknown: np.ndarray) -> LegAngles:
    return LegAngles(*(unknown[:, [part, part + 3]] for part in range(3)))
