"""The plane in which a robot is its own mirror image, and which way along it is forward."""

import re
from typing import NamedTuple

import numpy as np

from playground_amp.robot.making.limbs import Legs, body_of
from playground_amp.robot.making.patches import Patch
from playground_amp.robot.making.skeleton import Skeleton

_SEARCHED, _STEPS = 0.7, 281  # rad to either side of what the feet show; beyond, forward would be sideways
_SNAP = 0.02  # rad: so near to an axis of the base's frame it is that axis
_LEFT = re.compile(r"(?:^|[^a-z])(?:left|l)(?:[^a-z]|$)|left", re.IGNORECASE)
_RIGHT = re.compile(r"(?:^|[^a-z])(?:right|r)(?:[^a-z]|$)|right", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Sagittal(NamedTuple):
    """The sagittal plane and the directions that it gives, in the world's frame at the zero pose."""

    left: np.ndarray  # [3] unit vector, normal to the plane
    forward: np.ndarray  # [3]
    offset: float  # m, of the plane along `left`
    first_is_left: bool  # of the two legs as they were found
    told_by: str  # what showed which way is forward


def find_sagittal(skeleton: Skeleton, legs: Legs, patches: tuple[Patch, Patch]) -> Sagittal:
    """The plane from the legs' axis lines and soles; forward from names, feet, knees and the base's frame."""
    lines = tuple([_line(skeleton, joint) for joint in chain] for chain in legs.chains)
    feet = [patch.points.mean(axis=0) for patch in patches]
    across = (feet[0] - feet[1]) * [1, 1, 0]
    if np.linalg.norm(across) < 1e-6:  # one foot before the other
        across = np.array([0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    normal = _refined(skeleton, lines, across)
    offset = _offset(lines, feet, normal)
    first_is_left, told_by = _is_left(skeleton, legs, patches, normal)
    left = normal if first_is_left else -normal
    return Sagittal(left, np.cross(left, [0, 0, 1.0]), offset if first_is_left else -offset, first_is_left, told_by)


class Line(NamedTuple):
    """A hinge's axis line."""

    point: np.ndarray  # [3] m
    direction: np.ndarray  # [3] unit vector


def line_distance(one: Line, other: Line) -> float:
    """How far two lines that are about parallel lie apart, m; of lines that are not, between their points across."""
    direction = one.direction * np.sign(one.direction @ other.direction or 1.0) + other.direction
    length = float(np.linalg.norm(direction))
    apart = other.point - one.point
    return float(np.linalg.norm(apart - (apart @ direction) * direction / max(length, 1e-9) ** 2))


def _line(skeleton: Skeleton, joint: int) -> Line:
    return Line(skeleton.data.xanchor[joint].copy(), skeleton.data.xaxis[joint].copy())


def _refined(skeleton: Skeleton, lines: tuple[list[Line], ...], across: np.ndarray) -> np.ndarray:
    """The horizontal normal near `across` about which the axes mirror best."""
    one, other = (np.array([line.direction for line in side]) for side in lines)

    def cost(angle: float) -> float:
        normal = _turned(across, angle)
        mirrored = one - 2 * np.outer(one @ normal, normal)
        same = np.abs(np.sum(mirrored * other, axis=1)).clip(max=1.0)
        return float(np.sum(np.arccos(same) ** 2)) + 0.05 * angle**2

    tried = np.linspace(-_SEARCHED, _SEARCHED, _STEPS)
    step = tried[1] - tried[0]
    best = min(tried, key=cost)
    for _ in range(8):
        step /= 2
        best = min((best - step, best, best + step), key=cost)
    normal = _turned(across, best)
    for axis in skeleton.data.xmat[skeleton.root.base].reshape(3, 3).T:
        along = float(axis @ normal)
        if abs(along) > np.cos(_SNAP):
            return np.sign(along) * axis
    return normal


def _turned(vector: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([cos * vector[0] - sin * vector[1], sin * vector[0] + cos * vector[1], 0.0])


def _offset(lines: tuple[list[Line], ...], feet: list[np.ndarray], normal: np.ndarray) -> float:
    """Where along the normal the plane lies: the weighted median of what each pair says."""
    said = [(float((feet[0] + feet[1]) @ normal / 2), 1.0)]
    for one, other in zip(*lines, strict=False):
        point = one.point - 2 * (one.point @ normal) * normal  # the mirror image in the plane through the origin
        across = normal - (normal @ other.direction) * other.direction
        weight = float(across @ across)
        if weight > 0.1:
            apart = point - other.point
            said.append((float(-(apart @ across) / (2 * weight)), weight))
    said.sort()
    weights = np.cumsum([weight for _, weight in said])
    return said[int(np.searchsorted(weights, weights[-1] / 2))][0]


def _is_left(skeleton: Skeleton, legs: Legs, patches: tuple[Patch, Patch], normal: np.ndarray) -> tuple[bool, str]:
    """Whether the first leg is the left one, by votes; `normal` points to its side."""
    forward = np.cross(normal, [0, 0, 1.0])  # if it is
    votes = {
        "the names of left and right": 4.0 * _named(skeleton, legs),
        "the feet, longer before the ankle": 2.0 * _toes(skeleton, legs, patches, forward),
        "the base's x axis": 1.0 * _base_axis(skeleton, forward),
        "the knees, which bend backwards": 0.8 * _bends(skeleton, legs, forward, 1),
        "the hips, which swing further ahead": -0.4 * _bends(skeleton, legs, forward, 0),
    }
    total = sum(votes.values())
    first = total >= 0
    agreeing = {name: vote for name, vote in votes.items() if (vote > 0) == first and vote}
    return first, max(agreeing, key=lambda name: abs(agreeing[name]), default="nothing: a guess")


def _named(skeleton: Skeleton, legs: Legs) -> float:
    """1 if names call the first leg left, −1 if right, 0 if they do not say."""
    votes = 0
    for chain, sign in zip(legs.chains, (1, -1), strict=True):
        for joint in chain:
            names = (skeleton.name(joint), skeleton.body_name(body_of(skeleton, joint)))
            for name in names:
                plain = _CAMEL.sub("_", name)
                votes += sign * (bool(_LEFT.search(plain)) - bool(_RIGHT.search(plain)))
    return float(np.sign(votes))


def _toes(skeleton: Skeleton, legs: Legs, patches: tuple[Patch, Patch], forward: np.ndarray) -> float:
    """How much more of the soles lies before the ankles than behind them, −1 to 1."""
    shares = []
    for chain, patch in zip(legs.chains, patches, strict=True):
        pitch = [joint for joint in chain if abs(skeleton.data.xaxis[joint] @ np.cross([0, 0, 1.0], forward)) > 0.7]
        ankle = skeleton.data.xanchor[pitch[-1] if pitch else chain[-1]]
        along = forward - (forward @ patch.down) * patch.down  # in the sole, which may be tilted at the zero pose
        ahead = (patch.points - ankle) @ (along / np.linalg.norm(along))
        length = ahead.max() - ahead.min()
        shares.append((ahead.max() + ahead.min()) / max(length, 1e-9))
    share = float(np.mean(shares))
    return float(np.clip(4 * share, -1, 1)) if abs(share) > 0.04 else 0.0


def _base_axis(skeleton: Skeleton, forward: np.ndarray) -> float:
    return float(np.sign(round(float(skeleton.data.xmat[skeleton.root.base].reshape(3, 3)[:, 0] @ forward), 1)))


def _bends(skeleton: Skeleton, legs: Legs, forward: np.ndarray, place: int) -> float:
    """1 if the ranges of the legs' pitch joints at a place, from the hip, swing what they carry further backwards than
    forwards, −1 if forwards, 0 if both alike or no range says so."""
    left, votes = np.cross([0, 0, 1.0], forward), []
    for chain in legs.chains:
        pitch = [joint for joint in chain if abs(skeleton.data.xaxis[joint] @ left) > 0.7]
        if len(pitch) < 2 or not skeleton.model.jnt_limited[pitch[place]]:
            continue
        lower, upper = skeleton.model.jnt_range[pitch[place]]
        middle = (lower + upper) / 2 * np.sign(skeleton.data.xaxis[pitch[place]] @ left)
        votes.append(np.sign(middle) * (abs(lower + upper) > 0.3 * (upper - lower)))
    return float(np.mean(votes)) if votes else 0.0
