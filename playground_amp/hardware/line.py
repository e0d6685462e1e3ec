"""A serial line with servos on it, whatever they speak. Blocking: only the line's worker may use it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

GoOn: TypeAlias = Callable[[], bool]
_BITS = 10  # of a byte
PATIENCE = 0.015  # s beyond what the bytes of an answer take: servos, adapters, and a computer that is late


def always() -> bool:
    """Nothing else is to be done on the line."""
    return True


class PositionReading(NamedTuple):
    """One servo's answer."""

    id: int
    counts: int
    speed: float | None  # counts/s, where the servo measures it
    taken: float  # s of the line's clock: never later than when the servo looked at itself


class LineTime:
    """When bytes pass a line: a port takes them at once, the line one after the other."""

    def __init__(self, baud: int, clock: Callable[[], float]) -> None:
        self._byte_time, self._clock, self._free = _BITS / baud, clock, -math.inf

    def free(self) -> float:
        """From when on the line can carry what is handed over now, s of the clock."""
        return max(self._clock(), self._free)

    def carry(self, size: int) -> None:
        """So many bytes have been handed over."""
        self._free = self.free() + size * self._byte_time


class LineCounters(NamedTuple):
    """What has happened on a line since it was opened."""

    reads: int = 0  # answers asked for
    lost: int = 0  # not answered in time
    late: int = 0  # answered after that: not taken for the answer to another question
    garbage: int = 0  # bytes that belong to no frame
    bad_checksums: int = 0  # frames


class ServoLine(Protocol):
    """Servos by id. Raises OSError where the line itself is gone (unplugged), for nothing that comes in on it."""

    @property
    def counters(self) -> LineCounters: ...

    def write_positions(self, counts: Mapping[int, int]) -> None:
        """Sends targets by id; in one frame, where the protocol has it."""
        ...

    def read_positions(self, ids: Sequence[int], go_on: GoOn = always) -> Iterator[PositionReading]:
        """Asks each servo, and hands over each answer as it comes; those that are lost are left out.

        `go_on` is asked before each question: False ends the round, which answers that are lost make long.
        """
        ...

    def read_voltage(self, id: int) -> float | None:
        """V; None: no answer."""
        ...

    def read_temperature(self, id: int) -> float | None:
        """°C; None: no answer."""
        ...

    def set_torque(self, id: int | None, on: bool) -> None:
        """Stiff or limp; None: all on the line, in one frame where the protocol has it."""
        ...

    def ping(self, id: int) -> bool:
        """Whether a servo with this id answers."""
        ...

    def close(self) -> None:
        """Lets go of the port; the servos stay as they are."""
        ...
