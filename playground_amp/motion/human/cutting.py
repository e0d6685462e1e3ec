"""Cuts a recording into strides: from one passing of the feet to the next, forwards or backwards."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from playground_amp.errors import UserError
from playground_amp.motion.human.landmarks import Walker
from playground_amp.motion.human.strides import PHASES, Stride, cut_stride, rolled
from playground_amp.rotations import from_heading_frame

_SMOOTHED = 0.04  # s, of the ankles' way apart before its passings are counted
_SHORTEST, _LONGEST = 0.4, 2.5  # s a stride
_SMALLEST_STEP = 0.15  # leg lengths that the ankles come apart fore and aft; less is no walking
_LEAST_WAY = 0.1  # leg lengths ahead, or back, in a stride; less is no walk
_SIDEWAYS = 0.7  # of the way along; more is a walk to the side
_SPIN = 2.5  # rad a stride; more is a pirouette
_UPRIGHT = 0.5  # leg lengths that the pelvis stays over the lower ankle; less is sitting, crawling, lying


class Cut(NamedTuple):
    """A stride and where it was."""

    begin: float
    end: float
    stride: Stride
    seam: float  # leg lengths by which the ankles end elsewhere under the pelvis than they began

    @property
    def way(self) -> float:
        """Forwards, m a stride."""
        return float(self.stride.velocity[0] * self.stride.duration)

    @property
    def turn(self) -> float:
        """To the left, rad a stride."""
        return float(self.stride.velocity[2] * self.stride.duration)

    @property
    def is_along(self) -> bool:
        """Whether it goes forwards or backwards rather than to the side, round or nowhere."""
        aside = abs(self.stride.velocity[1] * self.stride.duration)
        far = abs(self.way) > max(_LEAST_WAY * self.stride.leg_length, aside / _SIDEWAYS)
        return far and abs(self.turn) < _SPIN


def passings(walker: Walker, sign: float = 1.0) -> np.ndarray:
    """Times at which the left foot passes the right one forwards, s; `sign` -1: backwards."""
    ahead = np.column_stack([np.cos(walker.heading), np.sin(walker.heading)])
    apart = sign * np.sum((walker.ankle[:, 0] - walker.ankle[:, 1])[:, :2] * ahead, axis=1)
    step = float(np.median(np.diff(walker.time)))
    apart = gaussian_filter1d(apart, max(_SMOOTHED / step, 1e-3))
    before = np.flatnonzero((apart[:-1] < 0) & (apart[1:] >= 0))
    share = apart[before] / (apart[before] - apart[before + 1])
    return walker.time[before] + share * (walker.time[before + 1] - walker.time[before])


def find_strides(walker: Walker) -> tuple[list[Cut], list[Cut]]:
    """The strides of the walks forwards and backwards, each with the left foot's swing about phase 0.25.

    Who walks backwards swings the left foot backwards past the right one.

    Raises:
      UserError: there are none; the message says what was found instead.
    """
    left, right = passings(walker), passings(walker, -1.0)
    ahead = [cut for cut in _steps(walker, left, 1.0) if cut.is_along]
    behind = [cut for cut in _steps(walker, right, -1.0) if cut.is_along]
    if not ahead and not behind:
        short = [_swung_left(cut) for cut in _steps(walker, right, 1.0)] or _one_cycle(walker, left, right)
        ahead = [cut for cut in short if cut.is_along and cut.way > 0]
    if not ahead and not behind:
        raise UserError(_reason(walker, left))
    return ahead, behind


def _reason(walker: Walker, starts: np.ndarray) -> str:
    if len(starts) < 2:
        return (
            f"no walking found: the left foot passes the right one {len(starts)} times, a stride needs two passings, "
            "or a recording that ends as it began"
        )
    steps = [*_steps(walker, starts, 1.0), *_steps(walker, starts, -1.0)]
    if not steps:
        lasting = np.diff(starts)
        if not ((lasting >= _SHORTEST) & (lasting <= _LONGEST)).any():
            return (
                f"no walking found: none of {len(starts) - 1} strides lasts {_SHORTEST} to {_LONGEST} s, they last "
                f"{lasting.min():.1f} to {lasting.max():.1f} s; --rate says how many frames a "
                "second there are, if it is not as the file says"
            )
        return (
            f"no walking found: none of {len(starts) - 1} strides goes ahead or back, upright, with steps of "
            f"{_SMALLEST_STEP} leg lengths or more"
        )
    way = float(np.median([cut.way for cut in steps]))
    aside = float(np.median([abs(cut.stride.velocity[1]) * cut.stride.duration for cut in steps]))
    return (
        f"no walking found: the {len(steps)} strides get {way:.2f} m ahead and {aside:.2f} m aside: a walk forwards or "
        "backwards can be imported"
    )


def _steps(walker: Walker, starts: np.ndarray, sign: float) -> list[Cut]:
    """The strides from one start to the next that are steps of somebody upright, ahead, or with `sign` -1 back."""
    found = []
    for begin, end in pairwise(starts.tolist()):
        if not _SHORTEST <= end - begin <= _LONGEST or sign * _gone(walker, begin, end) <= 0:
            continue
        if _is_upright(walker, begin, end):
            found.append(_cut(walker, begin, end))
    return [cut for cut in found if _apart(cut.stride) >= _SMALLEST_STEP * walker.leg_length]


def _gone(walker: Walker, begin: float, end: float) -> float:
    """How far the walker gets the way it faces halfway, m."""
    first, middle, last = (
        min(int(np.searchsorted(walker.time, time)), len(walker.time) - 1) for time in (begin, (begin + end) / 2, end)
    )
    way, yaw = walker.pelvis[last] - walker.pelvis[first], walker.heading[middle]
    return float(way[0] * np.cos(yaw) + way[1] * np.sin(yaw))


def _cut(walker: Walker, begin: float, end: float) -> Cut:
    poses = []
    for time in (begin, end):
        frame = min(int(np.searchsorted(walker.time, time)), len(walker.time) - 1)
        yaw = np.full(2, -walker.heading[frame])
        poses.append(from_heading_frame(walker.ankle[frame] - walker.pelvis[frame], yaw))
    seam = float(np.linalg.norm(poses[1] - poses[0], axis=-1).max() / walker.leg_length)
    return Cut(begin, end, cut_stride(walker, begin, end), seam)


def _swung_left(cut: Cut) -> Cut:
    """A stride that was cut where the right foot passes the left one, half a cycle later."""
    return cut._replace(stride=rolled(cut.stride, PHASES // 2))


def _one_cycle(walker: Walker, left: np.ndarray, right: np.ndarray) -> list[Cut]:
    """The cycle of a recording that is hardly longer: twice as long as from one foot's passing to the other's."""
    if not len(left) or not len(right):
        return []
    duration = 2 * abs(float(left[0] - right[0]))
    spare = walker.time[-1] - walker.time[0] - duration
    if spare < 0 or not _SHORTEST <= duration <= _LONGEST:
        return []
    begin = float(walker.time[0] + spare / 2)
    if not _is_upright(walker, begin, begin + duration):
        return []
    cut = _cut(walker, begin, begin + duration)
    since = round((float(left[0]) - begin) / duration * PHASES)
    return [cut._replace(stride=rolled(cut.stride, -since))]


def _is_upright(walker: Walker, begin: float, end: float) -> bool:
    first, last = np.searchsorted(walker.time, (begin, end))
    frames = slice(int(first), max(int(last), int(first) + 1))
    over = walker.pelvis[frames, 2] - walker.ankle[frames, :, 2].min(axis=1)
    return bool(over.min() > _UPRIGHT * walker.leg_length)


def _apart(stride: Stride) -> float:
    return float(np.ptp(stride.ankle[:, 0, 0] - stride.ankle[:, 1, 0]) / 2)
