"""Servos that speak 0x55 0x55 frames (Hiwonder's and LewanSoul's bus servos, HTD-45H among them).

A frame: 0x55 0x55, id, length (parameters + 3), command, parameters, ~(id + length + command + parameters) & 0xFF.
Numbers are little-endian. Only reads are answered, with the command's own number.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence

from playground_amp.twin.bus_servo import BusServo
from playground_amp.twin.framing import Framing, complement, ends_in_complement
from playground_amp.twin.serial_line import Reply, SplitOff

_HEADER = b"\x55\x55"
_ALL = 0xFE
_LENGTHS = range(3, 33)  # of a frame, beside its header and id

# Command numbers of the maker's protocol document.
MOVE, MOVE_READ, MOVE_LATER, MOVE_LATER_READ, START, STOP = 0x01, 0x02, 0x07, 0x08, 0x0B, 0x0C
ID_WRITE, ID_READ = 0x0D, 0x0E
LIMIT_READ = 0x15
TEMPERATURE, VOLTAGE, POSITION = 0x1A, 0x1B, 0x1C
LOAD, LOAD_READ = 0x1F, 0x20

_Answer = Callable[[BusServo, float], bytes]  # its parameters
_ANSWERS: Mapping[int, _Answer] = {
    MOVE_READ: lambda servo, now: struct.pack("<HH", round(servo.goal), 0),
    ID_READ: lambda servo, now: bytes([servo.id]),
    LIMIT_READ: lambda servo, now: struct.pack("<HH", *servo.count_range),
    TEMPERATURE: lambda servo, now: bytes([round(servo.temperature) & 0xFF]),
    VOLTAGE: lambda servo, now: struct.pack("<H", round(1000 * servo.voltage)),
    POSITION: lambda servo, now: struct.pack("<h", servo.position(now)),
    LOAD_READ: lambda servo, now: bytes([servo.torque_on]),
}


def _frame_size(beginning: bytearray) -> int | None:
    return beginning[3] + len(_HEADER) + 1 if beginning[3] in _LENGTHS else None


_FRAMING = Framing(_HEADER, 4, _frame_size, ends_in_complement)


class HiwonderServos:
    """The servos of one line, by what they are called there."""

    def __init__(self, servos: Sequence[BusServo]):
        self._servos = servos
        self._later: dict[BusServo, tuple[int, float]] = {}

    def frames(self, buffer: bytearray) -> Iterator[SplitOff]:
        """Takes whole frames and garbage off the buffer's front."""
        return _FRAMING.split(buffer)

    def requested(self, frame: bytes, now: float) -> Sequence[Reply]:
        """Does what a frame asks for; who answers. Asked all at once, servos would talk over each other."""
        id, command, parameters = frame[2], frame[4], frame[5:-1]
        addressed = [servo for servo in self._servos if id in (servo.id, _ALL) and not servo.dead]
        if command in _ANSWERS:
            alone = len(addressed) == 1
            return [_reply(servo, command) for servo in addressed] if alone else []
        for servo in addressed:
            self._obey(servo, command, parameters, now)
        return []

    def _obey(self, servo: BusServo, command: int, parameters: bytes, now: float) -> None:
        if command in (MOVE, MOVE_LATER) and len(parameters) == 4:
            counts, milliseconds = struct.unpack("<HH", parameters)
            if command == MOVE_LATER:
                self._later[servo] = counts, milliseconds / 1000
            else:
                _move(servo, counts, milliseconds / 1000, now)
        elif command == START and servo in self._later:
            _move(servo, *self._later.pop(servo), now)
        elif command == STOP:
            servo.stay(now)
        elif command == LOAD and len(parameters) == 1:
            servo.set_torque(bool(parameters[0]), now)
        elif command == ID_WRITE and len(parameters) == 1:
            servo.id = parameters[0]


def _move(servo: BusServo, counts: int, seconds: float, now: float) -> None:
    """A move makes a limp servo stiff."""
    if not servo.torque_on:
        servo.set_torque(True, now)
    servo.go_to(counts, now, seconds)


def _reply(servo: BusServo, command: int) -> Reply:
    def reply(now: float) -> bytes:
        parameters = _ANSWERS[command](servo, now)
        content = bytes([servo.id, len(parameters) + 3, command]) + parameters
        return _HEADER + content + bytes([complement(content)])

    return reply
