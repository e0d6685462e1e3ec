"""The rectangles that a robot stands on."""

from typing import Literal, NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import FootFacts
from playground_amp.robot.making.joints import Bearings
from playground_amp.robot.making.normal_form import EDGE_RADIUS
from playground_amp.robot.making.patches import Patch
from playground_amp.robot.making.skeleton import Skeleton

_TURNED_OUT = 0.35  # rad: a sole turned further at the zero pose points forward all the same
_NARROWEST = 0.2  # of a sole's length: half as wide is what two bars still hold
_LEVEL = 0.01  # rad: a sole that is tilted less is level
_STEPS = 71


class _Sole(NamedTuple):
    """A rectangle in the robot's frame."""

    center: np.ndarray  # [3] m
    half: np.ndarray  # [2] m, length and width
    quaternion: np.ndarray  # [4] wxyz


def foot_facts(
    skeleton: Skeleton, feet: tuple[int, int], patches: tuple[Patch, Patch], bearings: Bearings
) -> tuple[FootFacts, FootFacts]:
    """The soles of both feet, left and right. Both have the mean size of the two."""
    left, right = (_rectangle(patch, bearings) for patch in patches)
    half = (left.half + right.half) / 2
    names = skeleton.body_name(feet[0]), skeleton.body_name(feet[1])
    return (
        _facts(names[0], "left", left._replace(half=half), patches[0]),
        _facts(names[1], "right", right._replace(half=half), patches[1]),
    )


def _facts(body: str, side: Literal["left", "right"], sole: _Sole, patch: Patch) -> FootFacts:
    length, width = (float(half) for half in sole.half)
    return FootFacts(body, side, sole.center, sole.quaternion, length, width, patch.shape, patch.contacts)


def _rectangle(patch: Patch, bearings: Bearings) -> _Sole:
    """The rectangle of a patch.

    Along the direction, near forward, in which the outline's rectangle is smallest. It is as long as the outline and
    so wide that the areas agree: corners that a round sole lacks carry nothing.
    """
    up = bearings.direction(-patch.down)
    if up[2] > np.cos(_LEVEL):
        up = np.array([0.0, 0.0, 1.0])
    points = bearings.point(patch.points)
    ahead = np.array([1.0, 0.0, 0.0]) - up[0] * up
    ahead /= np.linalg.norm(ahead)
    side = np.cross(up, ahead)
    turns = np.linspace(-_TURNED_OUT, _TURNED_OUT, _STEPS)
    sizes = [np.prod(np.ptp(points @ _plane_axes(ahead, side, turn).T, axis=0)) for turn in turns]
    best = float(turns[int(np.argmin(np.asarray(sizes) + 0.02 * np.abs(turns) * max(sizes)))])
    axes = _plane_axes(ahead, side, best)
    flat = points @ axes.T
    low, high = flat.min(axis=0), flat.max(axis=0)
    length, width = high - low
    if patch.area > 0 and length > 0:
        width = max(min(width, patch.area / length), _NARROWEST * length / 2)
    half = np.array([length, width]) / 2
    if patch.rolls:  # the bars that it will stand on touch at points inside their edges too
        half[0] /= 1 - EDGE_RADIUS
        half[1] += EDGE_RADIUS * half[0]
    middle = (low + high) / 2
    level = float((points @ up).min())
    center = middle @ axes + level * up
    matrix = np.stack([axes[0], axes[1], up], axis=1)
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, matrix.ravel())
    return _Sole(center, half, quaternion)


def _plane_axes(ahead: np.ndarray, side: np.ndarray, turn: float) -> np.ndarray:
    """Rows: along and across a sole that is turned out by an angle, rad."""
    return np.array([np.cos(turn) * ahead + np.sin(turn) * side, -np.sin(turn) * ahead + np.cos(turn) * side])
