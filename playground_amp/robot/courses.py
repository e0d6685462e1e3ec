"""Grounds of steps, slopes, soft mats and slippery tiles: what each is made of. Lengths in m, for WildRobot.

A course is laid out along x as strips from side to side; each is a plane, so that heights and edges are exact (a
height field rounds an edge off over a cell). Another robot's is larger by the ratio of standing heights.
"""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from playground_amp.robot.record import Patchwork

STEP = 0.02  # m, of a stair
STEEPEST = math.radians(10)  # of a slope
SOFTEST = 0.08  # s, time constant of the contact; that of a hard floor is 0.02
SLICKEST = 0.25  # sliding friction of a tile
_HARD, _NOMINAL_FRICTION = 0.02, 0.8  # what levels of difficulty lead away from
_TREAD = 0.3  # m
_TILE = 0.4  # m
_TILED = 4  # tiles to either side of the middle
_SIDE = 22.0  # m to either side: nobody gets there within an episode
_AWAY = 20.0  # m of level floor beyond the last strip
_MARGIN = 0.1  # m between a start and the edge of its strip
_NARROW, _WIDE = 0.3, 4.0  # m to either side of the middle within which episodes begin
_LEVELS = (0.4, 0.7, 1.0)  # difficulty of the mixed ground, from its middle outwards


class Strip(NamedTuple):
    """A part of the ground, from side to side."""

    length: float  # m along x
    step: float = 0.0  # m up from the end of the strip before
    slope: float = 0.0  # rad, rising in the direction of the course
    bank: float = 0.0  # rad, rising to the left, level in the middle
    give: float | None = None  # s, time constant of the contact; None: the floor's own
    friction: float | None = None  # sliding; None: that of the robot's floor
    tiled: bool = False  # every second tile in the middle has that friction, instead of all of it
    starts: float = 0.0  # how many episodes begin on a meter of it, against the others


class Course(NamedTuple):
    """Strips from the middle outwards."""

    ahead: tuple[Strip, ...]
    behind: tuple[Strip, ...] = (Strip(1.3, starts=1.0),)
    start_width: float = _NARROW  # m to either side within which episodes begin


class Patch(NamedTuple):
    """A rectangle of the ground."""

    x: tuple[float, float]  # m, from, to
    y: tuple[float, float]
    height: float  # m, where x and y are least
    slope_x: float  # rise over run
    slope_y: float
    give: float | None  # s
    friction: float | None


def patches(scene: str, ground_scale: float) -> list[Patch]:
    """The rectangles of a course that is `ground_scale` times WildRobot's; the first lies at the origin."""
    course, scaled = COURSES[scene], []
    for strip, near, far, height, direction in _strips(course):
        scaled += _rectangles(strip, (near, far), height, direction)
    return [_scaled(patch, ground_scale) for patch in scaled]


def patchwork(scene: str, ground_scale: float) -> Patchwork:
    """Heights and starts of a course that is `ground_scale` times WildRobot's."""
    pieces, course = patches(scene, ground_scale), COURSES[scene]
    x = np.unique([edge for piece in pieces for edge in piece.x])
    y = np.unique([edge for piece in pieces for edge in piece.y])
    height, slope_x, slope_y = np.zeros((3, len(y) - 1, len(x) - 1))
    for piece in pieces:
        rows = slice(*np.searchsorted(y, piece.y))
        columns = slice(*np.searchsorted(x, piece.x))
        along, across = x[:-1][columns] - piece.x[0], y[:-1][rows] - piece.y[0]
        height[rows, columns] = piece.height + piece.slope_x * along + piece.slope_y * across[:, None]
        slope_x[rows, columns], slope_y[rows, columns] = piece.slope_x, piece.slope_y
    starts = np.array([start for start, _ in sorted(_starts(course), key=lambda start: start[1])])
    starts[:, :3] *= ground_scale
    for values in (x, y, height, slope_x, slope_y, starts):
        values.setflags(write=False)
    return Patchwork(x, y, height, slope_x, slope_y, starts)


def _strips(course: Course) -> Iterator[tuple[Strip, float, float, float, int]]:
    """Each strip, where it begins and ends (m, in the order of x), its height at the former, and which way it leads."""
    for strips, direction in ((course.ahead, 1), (course.behind, -1)):
        at, height = 0.0, 0.0
        for strip in (*strips, Strip(_AWAY)):
            height += strip.step
            end, rise = at + direction * strip.length, math.tan(strip.slope) * strip.length
            yield strip, min(at, end), max(at, end), height if direction > 0 else height + rise, direction
            at, height = end, height + rise


def _rectangles(strip: Strip, x: tuple[float, float], height: float, direction: int) -> Iterator[Patch]:
    slope_x, slope_y = direction * math.tan(strip.slope), math.tan(strip.bank)
    if not strip.tiled:
        yield Patch(x, (-_SIDE, _SIDE), height - _SIDE * slope_y, slope_x, slope_y, strip.give, strip.friction)
        return
    row, half = round(x[0] / _TILE), _TILED * _TILE
    for y in ((-_SIDE, -half), (half, _SIDE)):
        yield Patch(x, y, height, slope_x, slope_y, strip.give, None)
    for column in range(-_TILED, _TILED):
        y = (column * _TILE, (column + 1) * _TILE)
        yield Patch(x, y, height, slope_x, slope_y, strip.give, strip.friction if (row + column) % 2 else None)


def _starts(course: Course) -> Iterator[tuple[tuple[float, float, float, float], float]]:
    """A row of `Patchwork.starts`, for WildRobot, and how far out it lies, m."""
    for strip, near, far, _, _ in _strips(course):
        if strip.starts:
            margin = min(_MARGIN, strip.length / 3)
            weight = strip.starts * (far - near - 2 * margin)
            yield (near + margin, far - margin, course.start_width, weight), abs(near + far)


def _scaled(patch: Patch, ratio: float) -> Patch:
    return patch._replace(
        x=(patch.x[0] * ratio, patch.x[1] * ratio),
        y=(patch.y[0] * ratio, patch.y[1] * ratio),
        height=patch.height * ratio,
        give=patch.give and patch.give * math.sqrt(ratio),
    )


# The gate's courses begin on level floor, behind the origin.

_SINGLE_STEPS = (  # m up, and to the next
    (0.010, 0.6), (-0.010, 0.5), (0.015, 0.7), (0.020, 0.45), (-0.020, 0.6), (-0.015, 0.5),
    (0.020, 0.4), (-0.020, 0.8), (0.013, 0.35), (0.019, 0.5), (-0.020, 0.45), (-0.012, 0.6),
)  # fmt: skip
_BANKING = tuple(Strip(0.4, bank=share * STEEPEST) for share in (0.25, 0.5, 0.75))


def _stairs(count: int, step: float, starts: float = 0.0) -> tuple[Strip, ...]:
    return tuple(Strip(_TREAD, step, starts=starts) for _ in range(count))


# The ground to train on: level in the middle; outwards all kinds of ground follow each other, again and again, harder
# each time. Whoever walks in any direction meets slopes from all sides, and tiles with one foot or both.


def _ahead(share: float) -> Iterator[Strip]:
    """Ledges, a flight of stairs up and one down, slippery tiles, at a share of the full difficulty."""
    step, slick = share * STEP, _NOMINAL_FRICTION + share * (SLICKEST - _NOMINAL_FRICTION)
    yield Strip(0.7, starts=1.0)
    yield from (Strip(length, share * up, starts=1.0) for up, length in _SINGLE_STEPS[:6])
    for up in (step, -step):
        yield from _stairs(4, up, starts=1.0)
        yield Strip(0.6, up, starts=1.0)
    for _ in range(4):
        yield Strip(0.25, friction=slick, starts=1.0)
        yield Strip(0.25)


def _behind(share: float) -> Iterator[Strip]:
    """A slope up and one down, a soft mat. Nobody begins on a slope, where a robot put down level would topple."""
    slope, give = share * STEEPEST, _HARD + share * (SOFTEST - _HARD)
    yield Strip(0.8, starts=2.5)
    yield Strip(2.0, slope=slope)
    yield Strip(0.6, starts=5.0)
    yield Strip(2.0, slope=-slope)
    yield Strip(0.6, starts=2.5)
    yield Strip(2.0, give=give, starts=1.0)


COURSES: Mapping[str, Course] = MappingProxyType({
    "mixed": Course(
        ahead=(Strip(1.0, starts=1.0), *(strip for share in _LEVELS for strip in _ahead(share))),
        behind=(Strip(1.0, starts=1.0), *(strip for share in _LEVELS for strip in _behind(share))),
        start_width=_WIDE,
    ),
    "stairs_up": Course(_stairs(36, STEP)),
    "stairs_down": Course(_stairs(36, -STEP)),
    "ledges": Course(tuple(Strip(length, up) for up, length in 2 * _SINGLE_STEPS)),
    "slope_up": Course((Strip(_AWAY, slope=STEEPEST),)),
    "slope_down": Course((Strip(_AWAY, slope=-STEEPEST),)),
    "slope_across": Course((*_BANKING, Strip(_AWAY, bank=STEEPEST)), start_width=_NARROW / 2),
    "soft": Course((Strip(_AWAY, give=SOFTEST),)),
    "tiles": Course(tuple(Strip(_TILE, friction=SLICKEST, tiled=True) for _ in range(30))),
})  # fmt: skip
"""By the name of the scene."""
