"""A half-duplex serial line with servos on it: when each byte has passed, and when each answer comes.

The host hands bytes over at once, as it does to an operating system; on the line they follow one another at its baud
rate. A servo that is asked looks at itself half-way through its turn-around time, and answers after it. What it says
is handed to the host when its last byte has passed.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from playground_amp.twin.agenda import Agenda

_BITS = 10  # of a byte on the line: start, eight, stop
_FORGOTTEN = 0.02  # s after which servos take what has begun for no frame any more

Reply = Callable[[float], bytes]  # what a servo says, when it looks at itself at a time; empty: nothing


class SplitOff(NamedTuple):
    """A frame that the host has sent whole."""

    frame: bytes
    behind: int  # bytes that stand behind it


class ServosEnd(Protocol):
    """All servos of a line in one protocol."""

    def frames(self, buffer: bytearray) -> Iterator[SplitOff]:
        """Takes whole frames and garbage off the buffer's front."""
        ...

    def requested(self, frame: bytes, now: float) -> Sequence[Reply]:
        """Does what a frame asks for that has passed at `now`; who answers, in this order."""
        ...


class SerialLine:
    """One line. `send` takes what the host gets to read, at the time at which it does."""

    def __init__(
        self,
        agenda: Agenda,
        servos: ServosEnd,
        baud: int,
        turn_around: float,
        send: Callable[[bytes], None],
        rng: np.random.Generator,
    ):
        self._agenda, self._servos, self._send, self._rng = agenda, servos, send, rng
        self._byte_time, self._turn_around = _BITS / baud, turn_around
        self._buffer = bytearray()
        self._passed = -1.0  # s, the newest byte of the host
        self._said = -1.0  # s, the newest byte of a servo
        self.lost_share = 0.0  # of bytes, both ways
        self.lateness = 0.0  # s by which answers come later than they should, half as much to twice
        self.answers = 0

    def receive(self, data: bytes, now: float) -> None:
        """What the host hands over at `now`."""
        start = max(now, self._passed)
        if start - self._passed > _FORGOTTEN:
            self._buffer.clear()
        self._passed = start + len(data) * self._byte_time
        self._buffer += self._what_is_left(data)
        for frame, behind in self._servos.frames(self._buffer):
            self._agenda.add(self._passed - behind * self._byte_time, self._take(frame))

    def _take(self, frame: bytes) -> Callable[[float], None]:
        def take(now: float) -> None:
            if replies := self._servos.requested(frame, now):
                self._look(replies, 0, now)

        return take

    def _look(self, replies: Sequence[Reply], turn: int, after: float) -> None:
        """Has the servo whose turn it is look at itself, half-way through its turn-around, and then say it."""
        wait = self._turn_around if turn == 0 else self._byte_time  # those that follow answer on the heels of it
        late = self.lateness * self._rng.uniform(0.5, 2.0) if self.lateness else 0.0

        def look(now: float) -> None:
            data = replies[turn](now)
            said = self._said = max(after + wait + late, self._said) + len(data) * self._byte_time
            self._agenda.add(said, lambda now: self._say(data))
            if turn + 1 < len(replies):
                self._look(replies, turn + 1, said)

        self._agenda.add(after + wait / 2, look)

    def _say(self, data: bytes) -> None:
        self.answers += bool(data)
        if left := self._what_is_left(data):
            self._send(left)

    def _what_is_left(self, data: bytes) -> bytes:
        if not self.lost_share:
            return data
        kept = self._rng.random(len(data)) >= self.lost_share
        return bytes(np.frombuffer(data, np.uint8)[kept])
