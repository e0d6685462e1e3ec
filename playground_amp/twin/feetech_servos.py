"""Servos that speak Feetech's protocol, with the memory table of the STS series (STS3215).

A frame: 0xFF 0xFF, id, length (parameters + 2), instruction, parameters, ~(id + length + … + parameters) & 0xFF. A
status has an error in the instruction's place. Numbers are 16 bits, the low byte first; a sign is a bit of its own.
Source: Feetech, "Smart Bus Servo Communication Protocol Manual" and the STS3215's memory table.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from playground_amp.twin.bus_servo import BusServo
from playground_amp.twin.framing import Framing, complement, ends_in_complement
from playground_amp.twin.register_table import (
    Register,
    RegisterTable,
    answering,
    id_register,
    sign_bit,
    torque_register,
)
from playground_amp.twin.serial_line import Reply, SplitOff

_HEADER = b"\xff\xff"
_ALL = 0xFE
PING, READ, WRITE, WRITE_LATER, ACTION, SYNC_READ, SYNC_WRITE = 1, 2, 3, 4, 5, 0x82, 0x83
_MODEL = 777
_SIZE, _ID, _STATUS_LEVEL, _TORQUE, _GOAL_SPEED = 90, 5, 8, 40, 46
_SIGN, _LOAD_SIGN = 15, 10  # bits


def _goal_told(table: RegisterTable, number: int, now: float) -> None:
    """A goal makes a limp servo stiff."""
    servo = table.servo
    goal = -(number & 0x7FFF) if number & 0x8000 else number
    if not servo.torque_on:
        servo.set_torque(True, now)
    speed = table.number(_GOAL_SPEED, 2)  # counts/s
    servo.go_to(goal, now, abs(goal - servo.position(now)) / speed if speed else 0.0)


def _registers_parts(servo: BusServo) -> list[Register]:
    low, high = servo.count_range
    return [
        Register(0, 2, 0x0A03),
        Register(3, 2, _MODEL),
        id_register(_ID, servo),
        Register(_STATUS_LEVEL, 1, 1),
        Register(9, 2, low),
        Register(0x0B, 2, high),
        Register(13, 1, 70),
        Register(14, 1, 140),
        Register(15, 1, 60),
        Register(16, 2, 1000),
        torque_register(_TORQUE),
        Register(42, 2, servo.built.center, lambda s, now: sign_bit(s.goal, _SIGN), _goal_told),
        Register(_GOAL_SPEED, 2),
        Register(48, 2, 1000),
        Register(55, 1, 1),
        Register(56, 2, 0, lambda s, now: sign_bit(s.position(now), _SIGN)),
        Register(58, 2, 0, lambda s, now: sign_bit(s.speed(now), _SIGN)),
        Register(60, 2, 0, lambda s, now: sign_bit(1000 * s.effort(now), _LOAD_SIGN)),
        Register(62, 1, 0, lambda s, now: round(10 * s.voltage)),
        Register(63, 1, 0, lambda s, now: round(s.temperature)),
        Register(66, 1, 0, lambda s, now: abs(s.speed(now)) > 1),
    ]


def _frame_size(beginning: bytearray) -> int | None:
    return 4 + beginning[3] if beginning[2] <= _ALL and beginning[3] >= 2 else None


_FRAMING = Framing(_HEADER, 4, _frame_size, ends_in_complement)


class FeetechServos:
    """The servos of one line."""

    def __init__(self, servos: Sequence[BusServo]):
        self._tables = [RegisterTable(servo, _registers_parts(servo), _SIZE) for servo in servos]
        self._later: dict[int, tuple[int, bytes]] = {}

    def frames(self, buffer: bytearray) -> Iterator[SplitOff]:
        """Takes whole frames and garbage off the buffer's front."""
        return _FRAMING.split(buffer)

    def requested(self, frame: bytes, now: float) -> Sequence[Reply]:
        """Does what a frame asks for; who answers, in this order."""
        id, instruction, parameters = frame[2], frame[4], frame[5:-1]
        if instruction == SYNC_WRITE and len(parameters) >= 2:
            self._write_all(parameters, now)
        elif instruction == SYNC_READ and len(parameters) >= 2:
            return self._read_all(parameters)
        else:
            replies = [self._one(table, instruction, parameters, now) for table in self._alive(id)]
            return replies if len(replies) == 1 and (id != _ALL or instruction == PING) else []
        return []

    def _alive(self, id: int) -> list[RegisterTable]:
        return answering(self._tables, id, _ALL)

    def _one(self, table: RegisterTable, instruction: int, parameters: bytes, now: float) -> Reply:
        """What one servo does, and how it answers; it says nothing to what it does not know."""
        if instruction == READ and len(parameters) == 2 and table.holds(*parameters):
            return partial(_read, table, *parameters)
        answers = instruction == PING or table.number(_STATUS_LEVEL, 1) > 0
        if instruction in (WRITE, WRITE_LATER) and len(parameters) >= 2:
            address, data = parameters[0], parameters[1:]
            if not table.holds(address, len(data)):
                answers = False
            elif instruction == WRITE:
                table.write(address, data, now)
            else:
                self._later[table.servo.id] = address, data
        elif instruction == ACTION and table.servo.id in self._later:
            table.write(*self._later.pop(table.servo.id), now)
        elif instruction not in (PING, ACTION):
            answers = False
        return lambda now: status(table.servo.id, b"") if answers else b""

    def _write_all(self, parameters: bytes, now: float) -> None:
        address, size, rest = parameters[0], parameters[1], parameters[2:]
        for start in range(0, len(rest) - size, size + 1):
            id, data = rest[start], rest[start + 1 : start + 1 + size]
            for table in self._alive(id) if id != _ALL else ():
                if table.holds(address, size):
                    table.write(address, data, now)

    def _read_all(self, parameters: bytes) -> list[Reply]:
        """Each waits for the one before it: behind one that is not there nobody answers."""
        address, size = parameters[0], parameters[1]
        replies: list[Reply] = []
        for id in parameters[2:]:
            table = next(iter(self._alive(id)), None)
            if table is None or id == _ALL or not table.holds(address, size):
                break
            replies.append(partial(_read, table, address, size))
        return replies


def _read(table: RegisterTable, address: int, size: int, now: float) -> bytes:
    return status(table.servo.id, table.read(address, size, now))


def status(id: int, data: bytes) -> bytes:
    """The frame of an answer without an error."""
    body = bytes([id, len(data) + 2, 0]) + data
    return _HEADER + body + bytes([complement(body)])
