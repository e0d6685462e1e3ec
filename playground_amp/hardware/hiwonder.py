"""The 0x55 0x55 protocol of Hiwonder's and LewanSoul's bus servos: frames, and a line that speaks it.

A frame is 0x55 0x55, id, length (parameters + 3), command, parameters, checksum: the complement of the sum of all
between header and checksum. Half duplex: a servo speaks when it is asked, and answers with the same command. Numbers
are 16 bit, the low byte first. Source: the maker's "Bus Servo Communication Protocol".
"""

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from playground_amp.hardware.line import PATIENCE, GoOn, LineCounters, LineTime, PositionReading, always
from playground_amp.hardware.port import Port

HEADER = b"\x55\x55"
BROADCAST = 0xFE
MOVE_TIME_WRITE = 0x01
MOVE_STOP = 0x0C
ID_WRITE = 0x0D
ID_READ = 0x0E
TEMP_READ = 0x1A  # 1 byte, °C
VIN_READ = 0x1B  # 2 bytes, mV
POS_READ = 0x1C  # 2 bytes, signed counts
LOAD_OR_UNLOAD_WRITE = 0x1F  # 1: stiff
LOAD_OR_UNLOAD_READ = 0x20

_OVERHEAD = 6  # bytes of a frame without parameters
_LENGTHS = range(3, 0x0B)  # the length byte of what servos send and are sent
_PAUSE = 0.3  # s for which a servo that answers nothing is left alone
_ANSWERS = {POS_READ: 2, VIN_READ: 2, TEMP_READ: 1, ID_READ: 1}  # questions, and bytes of their answers
_FARTHEST = 10_000  # counts: more is no position


class Frame(NamedTuple):
    """A frame, as it is asked and answered."""

    id: int
    command: int
    parameters: bytes


def frame(id: int, command: int, parameters: bytes = b"") -> bytes:
    """The bytes of a frame."""
    body = bytes((id, len(parameters) + 3, command)) + parameters
    return HEADER + body + bytes((~sum(body) & 0xFF,))


class FrameReader:
    """Finds frames in bytes that come in pieces, between garbage: each earliest one that is whole and right."""

    def __init__(self) -> None:
        self.garbage = 0  # bytes so far that belong to no frame
        self.bad_checksums = 0  # of frames that were whole
        self._buffer = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        if not data:
            return []
        self._buffer += data
        frames = []
        while found := self._earliest():
            start, end = found
            self._drop(start)
            frames.append(Frame(self._buffer[2], self._buffer[4], self._buffer[5 : end - start - 1]))
            self._buffer = self._buffer[end - start :]
        self._drop(self._first_unfinished())
        return frames

    def clear(self) -> None:
        """Forgets what has begun: what comes next answers something else."""
        if self._buffer:
            self._drop(len(self._buffer))

    def _headers(self) -> Iterator[int]:
        at = self._buffer.find(HEADER)
        while at >= 0:
            yield at
            at = self._buffer.find(HEADER, at + 1)

    def _end(self, start: int) -> int | None:
        """Where the frame would end that begins here; None: it cannot be one, or that is not known yet."""
        if len(self._buffer) < start + 4 or self._buffer[start + 3] not in _LENGTHS:
            return None
        return start + 3 + self._buffer[start + 3]

    def _earliest(self) -> tuple[int, int] | None:
        for start in self._headers():
            end = self._end(start)
            if end is not None and end <= len(self._buffer) and _is_sum_right(self._buffer[start:end]):
                return start, end
        return None

    def _first_unfinished(self) -> int:
        """Where a frame may have begun whose end has not come; what is before it can become none."""
        size = len(self._buffer)
        for start in self._headers():
            end = self._end(start)
            if size < start + 4 or (end is not None and end > size):
                return start
        return size - 1 if self._buffer.endswith(HEADER[:1]) else size

    def _drop(self, count: int) -> None:
        ends = [self._end(start) for start in self._headers() if start < count]
        self.bad_checksums += sum(end is not None and end <= len(self._buffer) for end in ends)
        self.garbage += count
        self._buffer = self._buffer[count:]


def _is_sum_right(content: bytes) -> bool:
    return ~sum(content[2:-1]) & 0xFF == content[-1]


class HiwonderLine:
    """A `ServoLine` of such servos.

    A servo answers in the order in which it was asked. So a question whose last answer has not come is not asked
    again before another one was answered: then the lost answer can come no more, and no late answer is ever taken for
    the answer to a newer question. A servo that answers nothing is left alone for a while, so that it costs the
    others no time.
    """

    def __init__(
        self, port: Port, baud: int, clock: Callable[[], float] = time.perf_counter, patience: float = PATIENCE
    ) -> None:
        self._port, self._clock, self._patience = port, clock, patience
        self._line = LineTime(baud, clock)
        self._reader = FrameReader()
        self._owed: dict[int, set[int]] = {}  # by id: commands asked since its last answer
        self._asked: dict[int, float] = {}  # by id: when it was asked last
        self._reads = self._lost = self._late = 0

    @property
    def counters(self) -> LineCounters:
        """What has happened since the line was opened."""
        return LineCounters(self._reads, self._lost, self._late, self._reader.garbage, self._reader.bad_checksums)

    def write_positions(self, counts: Mapping[int, int]) -> None:
        """Sends targets by id, a frame each, to be reached at once."""
        frames = (frame(id, MOVE_TIME_WRITE, struct.pack("<hH", target, 0)) for id, target in counts.items())
        self._send(b"".join(frames))

    def read_positions(self, ids: Sequence[int], go_on: GoOn = always) -> Iterator[PositionReading]:
        """Asks each servo in turn; those that do not answer are left out."""
        for id in ids:
            answer = self._answer(id, POS_READ) if go_on() else None
            if answer is not None:
                (counts,) = struct.unpack("<h", answer.parameters)
                if abs(counts) <= _FARTHEST:
                    yield PositionReading(id, counts, None, answer.taken)

    def read_voltage(self, id: int) -> float | None:
        """V; None: no answer."""
        answer = self._answer(id, VIN_READ)
        return None if answer is None else int.from_bytes(answer.parameters, "little") / 1000

    def read_temperature(self, id: int) -> float | None:
        """°C; None: no answer."""
        answer = self._answer(id, TEMP_READ)
        return None if answer is None else float(answer.parameters[0])

    def set_torque(self, id: int | None, on: bool) -> None:
        """Stiff or limp; None: all on the line."""
        self._send(frame(BROADCAST if id is None else id, LOAD_OR_UNLOAD_WRITE, bytes((on,))))

    def ping(self, id: int) -> bool:
        """Whether a servo with this id answers."""
        self._owed.pop(id, None)
        return self._ask(id, ID_READ) is not None

    def close(self) -> None:
        """Lets go of the port."""
        self._port.close()

    def _send(self, data: bytes) -> None:
        self._port.write(data)
        self._line.carry(len(data))

    def _answer(self, id: int, command: int) -> "_Answer | None":
        """What a servo answers, whose last answer may be owed."""
        owed = self._owed.get(id, set())
        if command in owed:
            if other := [question for question in _ANSWERS if question not in owed]:
                if self._ask(id, other[0]) is None:
                    return None
            elif self._clock() - self._asked[id] < _PAUSE:
                return None
            else:  # nothing comes as late as that
                self._owed.pop(id)
        return self._ask(id, command)

    def _ask(self, id: int, command: int) -> "_Answer | None":
        """Asks; None: no answer came in time."""
        self._take_late(self._reader.feed(self._port.read(0.0)))
        self._reader.clear()
        self._reads += 1
        self._owed.setdefault(id, set()).add(command)
        asked = self._asked[id] = self._line.free()  # behind targets that are still passing
        self._send(frame(id, command))
        left = self._patience
        while left > 0:  # once more when the time is up: this thread may have slept, and the answer be there
            left = asked + self._patience - self._clock()
            frames = self._reader.feed(self._port.read(max(left, 0.0)))
            expected = [place for place, it in enumerate(frames) if _answers(it, id, command)]
            self._take_late(it for place, it in enumerate(frames) if place not in expected[:1])
            if expected:
                self._owed.pop(id, None)
                return _Answer(frames[expected[0]].parameters, 0.5 * (asked + self._clock()))
        self._lost += 1
        return None

    def _take_late(self, frames: Iterable[Frame]) -> None:
        """Counts answers that nobody waits for; own questions that the line echoes are none."""
        self._late += sum(_answers(it, it.id, it.command) for it in frames)


class _Answer(NamedTuple):
    parameters: bytes
    taken: float  # s: half-way between question and answer


def _answers(frame: Frame, id: int, command: int) -> bool:
    return frame[:2] == (id, command) and len(frame.parameters) == _ANSWERS.get(command)
