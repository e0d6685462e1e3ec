"""A bench log: when which target was sent, where the servo said it was, and what it was turning."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from playground_amp.identify.bench import Load, Segment

SEGMENT = 4.0  # s
_BEFORE = 1.0  # s: targets sent as long before a segment may still be on their way
_FEWEST = 8  # readings of a piece
_SETTLED = 0.5  # s after the torque came on, by when a servo has found its target
_START = 0.06  # s around a segment's start whose readings say where the servo is and how fast


@dataclass(frozen=True, eq=False)
class BenchLog:
    """T readings of one servo that turns one load."""

    name: str
    load: Load
    time: np.ndarray  # [T] s
    sent: np.ndarray  # [T] s when the target was sent, which is `time` where nobody says
    target: np.ndarray  # [T] rad
    position: np.ndarray  # [T] rad, as read at that time
    torque_on: np.ndarray  # [T] bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.time[-1] - self.time[0])

    def segments(self, seconds: float = SEGMENT) -> list[Segment]:
        """The log cut into stretches of about `seconds`."""
        count = max(1, round(self.seconds / seconds))
        inner = np.linspace(self.time[0], self.time[-1], count + 1)[1:-1]
        edges = [float(self.time[0])]
        for edge in (*(self._calm_near(moment, seconds / 2) for moment in inner), float(self.time[-1])):
            if edge - edges[-1] > seconds / 4:
                edges.append(edge)
        return [self._segment(start, end) for start, end in itertools.pairwise(edges)]

    def _calm_near(self, moment: float, within: float) -> float:
        """The time near a moment at which a simulation starts best: the servo has been on for long and moves least."""
        near = np.flatnonzero(np.abs(self.time - moment) <= within)
        off = np.where(self.torque_on, -np.inf, self.time)
        settled = near[self.time[near] - np.maximum.accumulate(off)[near] > _SETTLED]
        if not settled.size:
            return moment
        moves = [np.ptp(self.position[np.abs(self.time - self.time[index]) <= _START]) for index in settled]
        return float(self.time[settled[np.argmin(moves)]])

    def _segment(self, start: float, end: float) -> Segment:
        orders = self.sent, self.target, self.torque_on
        return _stretch(self.load, (self.time, self.position), orders, start, end)


def shortened(segments: Sequence[Segment], seconds: float) -> list[Segment]:
    """The same cut into pieces of `seconds`: from one to the next a simulation cannot go astray."""
    return [piece for segment in segments for piece in _pieces(segment, seconds)]


def _pieces(segment: Segment, seconds: float) -> Iterator[Segment]:
    orders = segment.order_time, segment.order, segment.torque_on
    for start in np.arange(segment.time[0], segment.time[-1] - 0.5 * seconds, seconds).tolist():
        piece = _stretch(segment.load, (segment.time, segment.reading), orders, start, start + seconds)
        if len(piece.time) >= _FEWEST:
            yield piece


def _stretch(
    load: Load, readings: tuple[np.ndarray, np.ndarray], orders: tuple[np.ndarray, ...], start: float, end: float
) -> Segment:
    """What readings (time, position) and orders (time sent, target, torque on) have from one moment to another."""
    (time, position), (sent, target, torque_on) = readings, orders
    inside = (time >= start) & (time <= end)
    known = sent >= start - _BEFORE
    known |= np.roll(known, -1)  # the one before, which holds at the beginning
    known[-1] |= not known.any()
    known &= sent <= max(end, sent[known][0])
    at_start = _state_at(start, time, position)
    return Segment(load, start, sent[known], target[known], torque_on[known], *at_start, time[inside], position[inside])


def _state_at(moment: float, time: np.ndarray, position: np.ndarray) -> tuple[float, float]:
    """Position in rad and speed in rad/s at a moment, from the readings around it."""
    near = np.abs(time - moment) <= _START
    moved = np.polynomial.Polynomial.fit(time[near] - moment, position[near], 2).convert().coef
    found = [*moved.tolist(), 0.0]
    return found[0], found[1]
