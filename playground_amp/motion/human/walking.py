"""Finds the walking in a recording: straight ahead, in turns and backwards, whatever else the file shows."""

import contextlib
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.motion.human.cutting import Cut, find_strides, passings
from playground_amp.motion.human.landmarks import Walker
from playground_amp.motion.human.loops import going_round, repeated
from playground_amp.motion.human.on_the_spot import with_way
from playground_amp.motion.human.strides import Stride, average, flat_feet
from playground_amp.motion.human.timing import is_run

_ALIKE = 0.2  # relative differences in duration and way between the strides of one gait
_TURNS = 0.35  # rad a stride; a walk that turns less goes straight ahead
_ALIKE_TURN = 0.4  # rad by which the turns of a gait's strides may differ
_MOST_STRIDES = 400  # of a gait that are averaged
_RARE = 0.05  # of the strides; fewer alike, and only two, are stumbles of a run rather than a walk


class Steady(NamedTuple):
    """The average of strides that are alike, and where they were."""

    stride: Stride
    begin: float  # s, of the first of them
    end: float  # s, of the last
    strides: int
    runs: bool  # between the steps no foot is on the floor


class Walking(NamedTuple):
    """What a recording shows of walking."""

    straight: Steady  # ahead; backwards, if it shows nothing else
    turns: tuple[Steady, ...]  # to the left, to the right, as far as there are any
    backward: Steady | None  # straight back
    loops: bool  # the recording goes round
    on_the_spot: bool  # the way was missing and comes from the feet: a treadmill, an export in place
    duration: float  # s, of the recording
    others: int  # strides that are of none of these


def find_walking(walker: Walker) -> Walking:
    """The gaits of a recording, each the average of the most strides that are alike.

    Where nothing goes straight ahead, the straight gait is the turn that turns least, or the walk backwards.

    Raises:
      UserError: there are no two passings of the feet, or no strides of a walk.
    """
    if not walker.loops and len(passings(walker)) < 2:
        walker = going_round(walker) or walker
    duration = float(walker.time[-1])
    if walker.loops:
        walker = repeated(walker)
    moved = with_way(walker)
    ahead, behind = find_strides(moved or walker)
    if walker.loops:
        ahead, behind = ahead[:1], behind[:1]
    straight, *turns = (_steady(group) for group in _by_turn(ahead))
    backward = _steady([cut for cut in behind if abs(cut.turn) < _TURNS])
    found = [each for each in (straight, *turns, backward) if each is not None]
    if not found:
        raise UserError("no walking found: a foot never stands still on the floor")
    used = sum(each.strides for each in found)
    if walker.loops:
        straight, backward, *turns = (
            each and each._replace(begin=0.0, end=duration) for each in (straight, backward, *turns)
        )
    turning = [each for each in turns if each is not None]
    if straight is None:
        straight = min(turning, key=lambda each: abs(each.stride.velocity[2]), default=backward or found[0])
    others = len(ahead) + len(behind) - used
    return Walking(straight, tuple(turning), backward, walker.loops, moved is not None, duration, others)


def _by_turn(cuts: list[Cut]) -> tuple[list[Cut], list[Cut], list[Cut]]:
    """Straight ahead, to the left, to the right."""
    return (
        [cut for cut in cuts if abs(cut.turn) < _TURNS],
        [cut for cut in cuts if cut.turn >= _TURNS],
        [cut for cut in cuts if cut.turn <= -_TURNS],
    )


def _steady(cuts: list[Cut]) -> Steady | None:
    """The most strides that are alike; walking, if there is any besides running. None: no foot ever stands."""
    left, found = list(cuts), []
    while left and len(left) > _RARE * len(cuts):
        alike = _most_alike(left)
        if found and len(alike) <= max(_RARE * len(cuts), 2):
            break
        stride = flat_feet(average([cut.stride for cut in alike[:_MOST_STRIDES]]))
        with contextlib.suppress(UserError):  # a foot that never stands still: a dance, a slide; others may be walks
            found.append(Steady(stride, alike[0].begin, alike[-1].end, len(alike), is_run(stride)))
        if found and not found[-1].runs:
            return found[-1]
        left = [cut for cut in left if not any(cut is each for each in alike)]
    return found[0] if found else None


def _most_alike(cuts: list[Cut]) -> list[Cut]:
    """The strides like one of them, in order: that which most are like, of several such that which goes round best."""
    duration = np.array([cut.stride.duration for cut in cuts])
    way = np.abs([cut.way for cut in cuts])
    turn = np.array([cut.turn for cut in cuts])
    near = (
        (np.abs(duration - duration[:, None]) <= _ALIKE * duration[:, None])
        & (np.abs(way - way[:, None]) <= _ALIKE * way[:, None])
        & (np.abs(turn - turn[:, None]) <= _ALIKE_TURN)
    )
    like = near.sum(axis=1)
    best = near[int(np.where(like == like.max(), [cut.seam for cut in cuts], np.inf).argmin())]
    return [cut for cut, alike in zip(cuts, best, strict=True) if alike]
