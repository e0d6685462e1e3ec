"""A serial line as a small event loop, for loops in plain MuJoCo: independent of the task's closed form of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from playground_amp.robot.hardware import Hardware


class Event(NamedTuple):
    """Something that happens on a line."""

    time: float  # s
    kind: str  # take, write, look, answer
    servo: int = -1


@dataclass
class Line:
    """A serial line and its worker."""

    servos: list[int]
    next_round: float  # s
    hardware: Hardware
    targets: np.ndarray  # [J], as taken at the round's beginning
    late: float = 0.0  # s more until an answer
    events: deque[Event] = field(default_factory=deque)

    def until(self, time: float) -> Iterator[Event]:
        """What happens up to a moment."""
        while True:
            if not self.events:
                self._plan()
            if self.events[0].time > time:
                return
            yield self.events.popleft()

    def _plan(self) -> None:
        now, read, write = self.next_round, self.hardware.read_time + self.late, self.hardware.write_time
        self.events.append(Event(now, "take"))
        for servo in self.servos:
            now += write
            self.events.append(Event(now, "write", servo))
        for servo in self.servos:
            self.events.append(Event(now + 0.5 * self.hardware.read_time, "look", servo))
            now += read
            self.events.append(Event(now, "answer", servo))
        self.next_round = now
