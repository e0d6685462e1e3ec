"""What lines through a maker's library have in common: all servos are asked at once, with a length that dates them."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from playground_amp.errors import UserError
from playground_amp.hardware.line import PATIENCE, GoOn, LineCounters, PositionReading, always
from playground_amp.hardware.port import Port
from playground_amp.hardware.sdk_port import SdkPort

_LENGTHS = 4  # how many lengths take turns
_LOST_IN_A_ROW = 3  # after which a servo is left alone for a while
_PAUSE = 0.3  # s


class StatusPacket(NamedTuple):
    """An answer whose checksum is right."""

    id: int
    data: bytes


class Opened(NamedTuple):
    """A library's door to a port, and its words for how a packet came in."""

    handler: Any
    success: int
    corrupt: int


class SdkLine(ABC):
    """A `ServoLine` whose servos are asked together.

    An answer is known by its length: as soon as one has not come, the next questions ask for a byte more, so that a
    late answer is never taken for the answer to a newer question. Servos that a dead one before them keeps from
    answering are asked one by one; a dead one is left alone for a while.

    Raises UserError if the library is not installed.
    """

    SERVOS: ClassVar[str]  # what they are, for people
    LIBRARY: ClassVar[str]  # what pip calls it

    def __init__(
        self, port: Port, baud: int, clock: Callable[[], float] = time.perf_counter, patience: float = PATIENCE
    ) -> None:
        self._port = SdkPort(port, baud, clock, patience)
        try:
            self._handler, self._success, self._corrupt = self._opened(self._port)
        except ImportError:
            raise UserError(f"{self.SERVOS} need {self.LIBRARY}: pip install {self.LIBRARY}") from None
        self._clock = clock
        self._more = 0  # bytes asked for besides
        self._lost_in_a_row: dict[int, int] = {}
        self._asked: dict[int, float] = {}  # when each was asked last
        self._reads = self._lost = self._late = self._bad_checksums = 0

    @property
    def counters(self) -> LineCounters:
        """What has happened since the line was opened."""
        return LineCounters(self._reads, self._lost, self._late, self._port.bytes_dropped, self._bad_checksums)

    def read_positions(self, ids: Sequence[int], go_on: GoOn = always) -> Iterator[PositionReading]:
        """Asks all servos at once; those that do not answer are left out."""
        asked = [id for id in ids if self._is_worth_asking(id)]
        answered: set[int] = set()
        for group in (asked, *([id] for id in asked if len(asked) > 1)):
            if (missing := [id for id in group if id not in answered]) and go_on():
                for packet, taken in self._ask(missing, *self._position_place):
                    answered.add(packet.id)
                    yield self._position(packet, taken)

    def ping(self, id: int) -> bool:
        """Whether a servo with this id answers."""
        return any(True for _ in self._ask([id], *self._position_place))

    def close(self) -> None:
        """Lets go of the port."""
        self._port.close()

    @property
    @abstractmethod
    def _position_place(self) -> tuple[int, int]:
        """Address and size of what is read all the time."""

    @abstractmethod
    def _position(self, packet: StatusPacket, taken: float) -> PositionReading: ...

    @abstractmethod
    def _send_question(self, ids: Sequence[int], address: int, size: int) -> None: ...

    @abstractmethod
    def _opened(self, port: SdkPort) -> Opened:
        """The library. Raises ImportError."""

    @abstractmethod
    def _next(self) -> tuple[Sequence[int], int]:
        """The bytes of the next packet, and what the library says of it."""

    @abstractmethod
    def _packet(self, frame: Sequence[int]) -> StatusPacket: ...

    def _receive(self) -> StatusPacket | None:
        """The next packet; None: what came is none, or the time is up."""
        frame, result = self._next()
        if result == self._success:
            return self._packet(frame)
        self._bad_checksums += result == self._corrupt
        return None

    def _read(self, id: int, address: int, size: int) -> bytes | None:
        """What one servo has at an address; None: no answer."""
        if not self._is_worth_asking(id):
            return None
        return next((packet.data[:size] for packet, _ in self._ask([id], address, size)), None)

    def _is_worth_asking(self, id: int) -> bool:
        return self._lost_in_a_row.get(id, 0) < _LOST_IN_A_ROW or self._clock() - self._asked[id] >= _PAUSE

    def _ask(self, ids: Sequence[int], address: int, size: int) -> Iterator[tuple[StatusPacket, float]]:
        """Each answer, and when it was given: half-way between question and answer."""
        waiting = list(ids)
        size += self._more
        self._reads += len(ids)
        self._send_question(ids, address, size)
        asked = self._port.asked
        self._asked |= dict.fromkeys(ids, asked)
        try:
            while waiting and not self._port.isPacketTimeout():
                packet = self._receive()
                if packet is None:
                    continue
                if packet.id not in waiting or len(packet.data) != size:
                    self._late += 1
                    continue
                waiting.remove(packet.id)
                self._lost_in_a_row[packet.id] = 0
                yield packet, 0.5 * (asked + self._clock())
            for id in waiting:
                self._lost += 1
                self._lost_in_a_row[id] = self._lost_in_a_row.get(id, 0) + 1
        finally:  # also where nobody waits for the others any more
            self._more = (self._more + bool(waiting)) % _LENGTHS


def by_id(values: Iterable[tuple[int, bytes]]) -> list[int]:
    """The content of a frame that writes to several servos: each one's id and data."""
    return [byte for id, data in values for byte in (id, *data)]
