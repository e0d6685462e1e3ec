"""Finds the walking in a recording: straight ahead and in turns, whatever else the file shows."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from playground_amp.errors import UserError
from playground_amp.motion.human.landmarks import Walker
from playground_amp.motion.human.loops import going_round, repeated
from playground_amp.motion.human.strides import Stride, average, cut_stride, flat_feet
from playground_amp.motion.human.timing import is_run

_SMOOTHED = 0.04  # s, of the ankles' way apart before its passings are counted
_SHORTEST, _LONGEST = 0.4, 2.5  # s a stride
_SMALLEST_STEP = 0.15  # leg lengths that the ankles come apart fore and aft; less is no walking
_LEAST_WAY = 0.1  # leg lengths ahead in a stride; less is walking on the spot
_ALIKE = 0.2  # relative differences in duration and way between the strides of one gait
_TURNS = 0.35  # rad a stride; a walk that turns less goes straight ahead
_ALIKE_TURN = 0.4  # rad by which the turns of a gait's strides may differ
_MOST_STRIDES = 400  # of a gait that are averaged


class Steady(NamedTuple):
    """The average of strides that are alike, and where they were."""

    stride: Stride
    begin: float  # s, of the first of them
    end: float  # s, of the last
    strides: int
    runs: bool  # between the steps no foot is on the floor


class Walking(NamedTuple):
    """What a recording shows of walking."""

    straight: Steady
    turns: tuple[Steady, ...]  # to the left, to the right, as far as there are any
    loops: bool  # the recording goes round
    duration: float  # s, of the recording
    others: int  # strides that are of none of these


class _Cut(NamedTuple):
    """A stride and where it was."""

    begin: float
    end: float
    stride: Stride


def find_walking(walker: Walker) -> Walking:
    """The gaits of a recording, each the average of the most strides that are alike.

    Where nothing goes straight ahead, the straight gait is the turn that turns least.

    Raises:
      UserError: there are no two passings of the feet, or no strides of a walk forwards.
    """
    if not walker.loops and len(_passings(walker)) < 2:
        walker = going_round(walker) or walker
    duration = float(walker.time[-1])
    if walker.loops:
        walker = repeated(walker)
    cuts = _strides(walker)
    if walker.loops:
        cuts = cuts[:1]
    groups = _by_turn(cuts)
    found = [_steady(group) for group in groups if group]
    if groups[0]:
        straight, turns = found[0], found[1:]
    else:
        straight, turns = min(found, key=lambda each: abs(each.stride.velocity[2] * each.stride.duration)), found
    if walker.loops:
        straight = straight._replace(begin=0.0, end=duration)
    used = sum(each.strides for each in {id(each): each for each in (straight, *turns)}.values())
    return Walking(straight, tuple(turns), walker.loops, duration, len(cuts) - used)


def _strides(walker: Walker) -> list[_Cut]:
    starts = _passings(walker)
    if len(starts) < 2:
        raise UserError(
            f"no walking found: the left foot passes the right one {len(starts)} times, a stride needs two passings, "
            "or a recording that ends as it began"
        )
    pairs = [(a, b) for a, b in pairwise(starts) if _SHORTEST <= b - a <= _LONGEST]
    cuts = [_Cut(float(a), float(b), cut_stride(walker, float(a), float(b))) for a, b in pairs]
    steps = [cut for cut in cuts if _apart(cut.stride) >= _SMALLEST_STEP * walker.leg_length]
    if not steps:
        raise UserError(
            f"no walking found: none of {len(starts) - 1} strides lasts {_SHORTEST} to {_LONGEST} s with steps of "
            f"{_SMALLEST_STEP} leg lengths or more"
        )
    ahead = [cut for cut in steps if _way(cut.stride) > _LEAST_WAY * walker.leg_length]
    if not ahead:
        raise UserError(
            f"the walker gets {np.median([_way(cut.stride) for cut in steps]):.2f} m ahead in a stride, so walks on "
            "the spot or backwards: only walking forwards can be imported, exported with the way of the root and not "
            "in place"
        )
    return ahead


def _passings(walker: Walker) -> np.ndarray:
    """Times at which the left foot passes the right one forwards, s."""
    ahead = np.column_stack([np.cos(walker.heading), np.sin(walker.heading)])
    apart = np.sum((walker.ankle[:, 0] - walker.ankle[:, 1])[:, :2] * ahead, axis=1)
    step = float(np.median(np.diff(walker.time)))
    apart = gaussian_filter1d(apart, max(_SMOOTHED / step, 1e-3))
    before = np.flatnonzero((apart[:-1] < 0) & (apart[1:] >= 0))
    share = apart[before] / (apart[before] - apart[before + 1])
    return walker.time[before] + share * (walker.time[before + 1] - walker.time[before])


def _apart(stride: Stride) -> float:
    return float(np.ptp(stride.ankle[:, 0, 0] - stride.ankle[:, 1, 0]) / 2)


def _way(stride: Stride) -> float:
    """Forwards, m a stride."""
    return float(stride.velocity[0] * stride.duration)


def _turn(stride: Stride) -> float:
    return float(stride.velocity[2] * stride.duration)


def _by_turn(cuts: list[_Cut]) -> tuple[list[_Cut], list[_Cut], list[_Cut]]:
    """Straight ahead, to the left, to the right."""
    turns = [_turn(cut.stride) for cut in cuts]
    return (
        [cut for cut, turn in zip(cuts, turns, strict=True) if abs(turn) < _TURNS],
        [cut for cut, turn in zip(cuts, turns, strict=True) if turn >= _TURNS],
        [cut for cut, turn in zip(cuts, turns, strict=True) if turn <= -_TURNS],
    )


def _steady(cuts: list[_Cut]) -> Steady:
    """The most strides that are alike; walking, if there is any besides running."""
    left, found = list(cuts), []
    while left:
        alike = _most_alike(left)
        stride = flat_feet(average([cut.stride for cut in alike[:_MOST_STRIDES]]))
        found.append(Steady(stride, alike[0].begin, alike[-1].end, len(alike), is_run(stride)))
        if not found[-1].runs:
            return found[-1]
        left = [cut for cut in left if not any(cut is each for each in alike)]
    return found[0]


def _most_alike(cuts: list[_Cut]) -> list[_Cut]:
    """The strides like one of them, that one which most are like; in order."""
    duration = np.array([cut.stride.duration for cut in cuts])
    way = np.array([_way(cut.stride) for cut in cuts])
    turn = np.array([_turn(cut.stride) for cut in cuts])
    near = (
        (np.abs(duration - duration[:, None]) <= _ALIKE * duration[:, None])
        & (np.abs(way - way[:, None]) <= _ALIKE * way[:, None])
        & (np.abs(turn - turn[:, None]) <= _ALIKE_TURN)
    )
    best = near[int(near.sum(axis=1).argmax())]
    return [cut for cut, like in zip(cuts, best, strict=True) if like]
