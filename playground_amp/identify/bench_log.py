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
        inside = (self.time >= start) & (self.time <= end)
        sent = self.sent >= start - _BEFORE
        sent |= np.roll(sent, -1)
        sent[-1] |= not sent.any()
        position, velocity = _state_at(start, self.time, self.position)
        return Segment(
            load=self.load,
            start=start,
            order_time=self.sent[sent],
            order=self.target[sent],
            torque_on=self.torque_on[sent],
            position=position,
            velocity=velocity,
            time=self.time[inside],
            reading=self.position[inside],
        )


def shortened(segments: Sequence[Segment], seconds: float) -> list[Segment]:
    """The same cut into pieces of `seconds`: from one to the next a simulation cannot go astray."""
    return [piece for segment in segments for piece in _pieces(segment, seconds)]


def _pieces(segment: Segment, seconds: float) -> Iterator[Segment]:
    for start in np.arange(segment.time[0], segment.time[-1] - 0.5 * seconds, seconds):
        inside = (segment.time >= start) & (segment.time <= start + seconds)
        known = (segment.order_time >= start - _BEFORE) & (segment.order_time <= start + seconds)
        if np.count_nonzero(inside) >= _FEWEST and known.any():
            position, velocity = _state_at(start, segment.time, segment.reading)
            yield segment._replace(
                start=float(start),
                order_time=segment.order_time[known],
                order=segment.order[known],
                torque_on=segment.torque_on[known],
                position=position,
                velocity=velocity,
                time=segment.time[inside],
                reading=segment.reading[inside],
            )


def _state_at(moment: float, time: np.ndarray, position: np.ndarray) -> tuple[float, float]:
    """Position in rad and speed in rad/s at a moment, from the readings around it."""
    near = np.abs(time - moment) <= _START
    moved = np.polynomial.Polynomial.fit(time[near] - moment, position[near], 2).convert().coef
    found = [*moved.tolist(), 0.0]
    return found[0], found[1]
