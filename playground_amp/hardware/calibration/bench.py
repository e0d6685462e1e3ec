"""The robot on the bench: its lines without workers, one servo at a time; all are limp when it is left."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import BoardSetup
from playground_amp.hardware.line import ServoLine
from playground_amp.hardware.lines import open_line

FOLLOWED = 0.3  # of what it was told to go: less is a servo that does not move
_READINGS = 5  # of which the middle one is taken
_TRIES, _BETWEEN_TRIES = 40, 0.05  # questions, s after one that is not answered: then a servo is silent
_PINGS = 2
_PATIENCE = 0.05  # s for an answer: nobody is in a hurry here
_RAMP_SECONDS, _RAMP_STEPS = 0.8, 20
_REST_SECONDS = 0.3


class ServoPlace(NamedTuple):
    """Where a servo is."""

    board: str
    id: int

    def __str__(self) -> str:
        return f"servo {self.id} of {self.board}"


class Bench:
    """Lines by board; a context manager. `sleep` passes the time."""

    def __init__(
        self, lines: Mapping[str, ServoLine], count_range: tuple[int, int], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.lines, self.count_range, self._sleep = lines, count_range, sleep

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        for line in self.lines.values():
            with contextlib.suppress(OSError):  # unplugged
                line.set_torque(None, False)
            line.close()

    def limp(self) -> None:
        """All servos."""
        for line in self.lines.values():
            line.set_torque(None, False)

    def find(self, ids: Iterable[int]) -> list[ServoPlace]:
        """The servos that answer, asked twice where they do not at once."""
        places = [ServoPlace(board, id) for id in ids for board in self.lines]
        return [place for place in sorted(places) if any(self._pings(place) for _ in range(_PINGS))]

    def _pings(self, place: ServoPlace) -> bool:
        return self.lines[place.board].ping(place.id)

    def counts(self, place: ServoPlace) -> float:
        """Where a servo is, the median of a few readings. Raises UserError if it is silent."""
        read: list[int] = []
        for _ in range(_TRIES):
            answered = [it.counts for it in self.lines[place.board].read_positions([place.id])]
            read += answered
            if len(read) == _READINGS:
                return float(np.median(read))
            if not answered:
                self._sleep(_BETWEEN_TRIES)
        raise UserError(f"{place} does not answer: look at its plug and its supply")

    def nudge(self, place: ServoPlace, counts: int) -> float:
        """Moves one servo there slowly and back, then limp; returns how far it went, counts.

        It goes the other way where the range of counts ends, or the joint's own.
        """
        line, start = self.lines[place.board], round(self.counts(place))
        low, high = self.count_range
        went = 0.0
        for way in (counts, -counts):
            if low <= start + way <= high:
                line.set_torque(place.id, True)
                went = self._there_and_back(line, place, start, start + way)
                line.set_torque(place.id, False)
                if abs(went) >= FOLLOWED * abs(counts):
                    break
        return went

    def _there_and_back(self, line: ServoLine, place: ServoPlace, start: int, end: int) -> float:
        self._ramp(line, place.id, start, end)
        self._sleep(_REST_SECONDS)
        went = self.counts(place) - start
        self._ramp(line, place.id, end, start)
        self._sleep(_REST_SECONDS)
        return went

    def _ramp(self, line: ServoLine, id: int, start: int, end: int) -> None:
        for step in range(_RAMP_STEPS + 1):
            line.write_positions({id: round(start + (end - start) * step / _RAMP_STEPS)})
            self._sleep(_RAMP_SECONDS / _RAMP_STEPS)


def open_bench(boards: Mapping[str, BoardSetup], count_range: tuple[int, int]) -> Bench:
    """The lines of these boards. Raises UserError if one cannot be opened."""
    lines: dict[str, ServoLine] = {}
    with ExitStack() as opened:
        for name, board in boards.items():
            lines[name] = open_line(board, patience=_PATIENCE)
            opened.callback(lines[name].close)
        opened.pop_all()
    return Bench(lines, count_range)
