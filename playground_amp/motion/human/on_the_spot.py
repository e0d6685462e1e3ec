"""Walks without a way, on a treadmill or exported in place: how fast they would go, from the feet that carry."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from playground_amp.motion.human.landmarks import Walker

_SPOT = 0.15  # of the feet's speed; whose root gets on slower walks on the spot
_SLOWEST = 0.2  # leg lengths a second; who is slower stands
_MOVES = 0.3  # of the fastest feet; slower ones stand
_MIDDLE = 0.3  # of the foot's way fore and aft about its middle, over which it stands flat
_SMOOTHED = 0.03  # s
_LEVELED = 0.5  # s, over which the speed is evened out
_POINTS = ("pelvis", "hip", "knee", "ankle")


def with_way(walker: Walker) -> Walker | None:
    """The walker moved along as the feet say; None: it gets on by itself, or does not walk.

    In the middle of a stance the sole is flat on the belt, so the ankle goes back under the pelvis as fast as the
    person walks.
    """
    ahead = np.column_stack([np.cos(walker.heading), np.sin(walker.heading)])
    step = float(np.median(np.diff(walker.time)))
    carried = [_carried(walker, ahead, side, step) for side in (0, 1)]
    standing = np.stack([each[0] for each in carried], axis=1)
    back = np.stack([each[1] for each in carried], axis=1)
    if not standing.any(axis=0).all():
        return None
    known = standing.any(axis=1)
    speeds = np.where(standing, back, 0).sum(axis=1)[known] / standing.sum(axis=1)[known]
    walks = np.abs(speeds) > _MOVES * np.percentile(np.abs(speeds), 90)
    if not walks.any():
        return None
    usual = float(np.median(speeds[walks]))
    own = np.sum(np.gradient(walker.pelvis[:, :2], walker.time, axis=0) * ahead, axis=1)[known][walks]
    if abs(usual) < _SLOWEST * walker.leg_length or abs(np.median(own)) > _SPOT * abs(usual):
        return None
    speed = gaussian_filter1d(np.interp(walker.time, walker.time[known], speeds), _LEVELED / step, mode="nearest")
    moves = np.diff(walker.time)[:, None] * (speed[:, None] * ahead)[:-1]
    way = np.zeros((len(walker.time), 3))
    way[1:, :2] = np.cumsum(moves, axis=0)
    moved = {name: getattr(walker, name) + (way if name == "pelvis" else way[:, None]) for name in _POINTS}
    return walker._replace(**moved)


def _carried(walker: Walker, ahead: np.ndarray, side: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether a foot is flat in mid-stance [T] bool, and how fast it goes back under the pelvis [T] m/s."""
    place = np.sum((walker.ankle[:, side] - walker.pelvis)[:, :2] * ahead, axis=1)
    place = gaussian_filter1d(place, max(_SMOOTHED / step, 1e-3))
    height = walker.ankle[:, side, 2] - walker.ankle[..., 2].min(axis=1)
    low, high = np.percentile(place, (2, 98))
    middle = np.abs(place - (low + high) / 2) < _MIDDLE / 2 * (high - low)
    return middle & (height <= 0), -np.gradient(place, walker.time)
