"""Servos that speak Dynamixel protocol 2.0, with the control table of the X series (XL330, XM430).

A frame: 0xFF 0xFF 0xFD 0x00, id, length (16 bits: what follows it), instruction, parameters, CRC-16. Within it an
0xFD is put behind each 0xFF 0xFF 0xFD. A status is such a frame with instruction 0x55, whose first parameter is an
error. Source: ROBOTIS, "DYNAMIXEL Protocol 2.0" and the e-Manual's control tables.
"""

import struct
from collections.abc import Iterator, Sequence
from functools import partial

from playground_amp.twin.bus_servo import BusServo
from playground_amp.twin.framing import Framing
from playground_amp.twin.register_table import Register, RegisterTable, answering, id_register, torque_register
from playground_amp.twin.serial_line import Reply, SplitOff

_HEADER = b"\xff\xff\xfd\x00"
_ALL = 0xFE
_LONGEST = 1024  # bytes behind a length
PING, READ, WRITE, WRITE_LATER, ACTION, STATUS, SYNC_READ, SYNC_WRITE = 1, 2, 3, 4, 5, 0x55, 0x82, 0x83
_KNOWN = (PING, READ, WRITE, WRITE_LATER, ACTION)
_UNKNOWN_INSTRUCTION, _BAD_CRC, _OUT_OF_TABLE, _WRONG_LENGTH, _OUT_OF_LIMITS, _LOCKED = 2, 3, 4, 5, 6, 7
_MODEL, _FIRMWARE = 1200, 46  # an XL330-M288
_SIZE, _EEPROM, _ID = 0xE8, 64, 7  # bytes of the table, and of its part that is locked while the servo is stiff
_GOAL, _PROFILE_VELOCITY, _MOST, _LEAST, _STATUS_LEVEL = 116, 0x70, 48, 52, 68
_VELOCITY_UNIT = 0.229 / 60 * 4096  # counts/s
_CURRENT_SCALE = 1193  # of PWM and load: a tenth of a percent, of current here


def _goal_told(table: RegisterTable, number: int, now: float) -> None:
    goal = number - (1 << 32) if number >= 1 << 31 else number
    servo = table.servo
    if not table.number(_LEAST, 4) <= goal <= table.number(_MOST, 4):
        return
    velocity = table.number(_PROFILE_VELOCITY, 4) * _VELOCITY_UNIT
    servo.go_to(goal, now, abs(goal - servo.position(now)) / velocity if velocity else 0.0)


def _registers_parts(servo: BusServo) -> list[Register]:
    low, high = servo.count_range
    return [
        Register(0, 2, _MODEL),
        Register(6, 1, _FIRMWARE),
        id_register(_ID, servo),
        Register(8, 1, 3),  # 1 Mbaud
        Register(9, 1, 250),
        Register(0x0B, 1, 3),  # position control
        Register(31, 1, 70),
        Register(32, 2, 140),
        Register(34, 2, 35),
        Register(_MOST, 4, high),
        Register(_LEAST, 4, low),
        Register(63, 1, 0x34),
        torque_register(64),
        Register(_STATUS_LEVEL, 1, 2),
        Register(84, 2, 400),
        Register(_PROFILE_VELOCITY, 4),
        Register(_GOAL, 4, servo.built.center, lambda s, now: round(s.goal), _goal_told),
        Register(120, 2, 0, lambda s, now: round(1000 * now) & 0x7FFF),
        Register(126, 2, 0, lambda s, now: round(_CURRENT_SCALE * s.effort(now))),
        Register(128, 4, 0, lambda s, now: round(s.speed(now) / _VELOCITY_UNIT)),
        Register(132, 4, 0, lambda s, now: s.position(now)),
        Register(144, 2, 0, lambda s, now: round(10 * s.voltage)),
        Register(146, 1, 0, lambda s, now: round(s.temperature)),
    ]


class DynamixelServos:
    """The servos of one line."""

    def __init__(self, servos: Sequence[BusServo]):
        self._tables = [RegisterTable(servo, _registers_parts(servo), _SIZE) for servo in servos]
        self._later: dict[int, tuple[int, bytes]] = {}

    def frames(self, buffer: bytearray) -> Iterator[SplitOff]:
        """Takes whole frames and garbage off the buffer's front."""
        return _FRAMING.split(buffer)

    def requested(self, frame: bytes, now: float) -> Sequence[Reply]:
        """Does what a frame asks for; who answers, in this order."""
        id, instruction, parameters = frame[4], frame[7], frame[8:-2].replace(b"\xff\xff\xfd\xfd", b"\xff\xff\xfd")
        if instruction == SYNC_WRITE and len(parameters) >= 4:
            self._write_all(parameters, now)
        elif instruction == SYNC_READ and len(parameters) >= 4:
            return self._read_all(parameters)
        elif instruction != STATUS:
            addressed = sorted(self._alive(id), key=lambda table: table.servo.id)
            replies = [self._one(table, instruction, parameters, now) for table in addressed]
            return [reply for reply in replies if id != _ALL or instruction == PING]
        return []

    def _alive(self, id: int) -> list[RegisterTable]:
        return answering(self._tables, id, _ALL)

    def _one(self, table: RegisterTable, instruction: int, parameters: bytes, now: float) -> Reply:
        """What one servo does, and how it answers."""
        id = table.servo.id
        if instruction == PING:
            return lambda now: status(id, 0, struct.pack("<HB", _MODEL, _FIRMWARE))
        if instruction == READ and len(parameters) == 4:
            address, size = struct.unpack("<HH", parameters)
            return partial(_read, table, address, size)
        error = self._write(table, instruction, parameters, now)
        silent = table.number(_STATUS_LEVEL, 1) < 2 and instruction in (WRITE, WRITE_LATER)
        return lambda now: b"" if silent else status(id, error)

    def _write(self, table: RegisterTable, instruction: int, parameters: bytes, now: float) -> int:
        """Writes now or later; the error."""
        if instruction == ACTION:
            if table.servo.id in self._later:
                table.write(*self._later.pop(table.servo.id), now)
            return 0
        if instruction not in _KNOWN:
            return _UNKNOWN_INSTRUCTION
        if len(parameters) < 3:
            return _WRONG_LENGTH
        address, data = int.from_bytes(parameters[:2], "little"), parameters[2:]
        if not table.holds(address, len(data)):
            return _OUT_OF_TABLE
        if address < _EEPROM and table.servo.torque_on:
            return _LOCKED
        if instruction == WRITE_LATER:
            self._later[table.servo.id] = address, data
            return 0
        table.write(address, data, now)
        refused = address <= _GOAL < address + len(data) and table.servo.goal != _signed(data[_GOAL - address :][:4])
        return _OUT_OF_LIMITS if refused else 0

    def _write_all(self, parameters: bytes, now: float) -> None:
        address, size = struct.unpack("<HH", parameters[:4])
        rest = parameters[4:]
        for start in range(0, len(rest) - size, size + 1):
            id, data = rest[start], rest[start + 1 : start + 1 + size]
            for table in self._alive(id) if id != _ALL else ():
                if table.holds(address, size) and not (address < _EEPROM and table.servo.torque_on):
                    table.write(address, data, now)

    def _read_all(self, parameters: bytes) -> list[Reply]:
        """Each waits for the one before it: behind one that is not there nobody answers."""
        address, size = struct.unpack("<HH", parameters[:4])
        replies: list[Reply] = []
        for id in parameters[4:]:
            table = next(iter(self._alive(id)), None)
            if table is None or id == _ALL:
                break
            replies.append(partial(_read, table, address, size))
        return replies


def _read(table: RegisterTable, address: int, size: int, now: float) -> bytes:
    if not table.holds(address, size):
        return status(table.servo.id, _OUT_OF_TABLE)
    return status(table.servo.id, 0, table.read(address, size, now))


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def status(id: int, error: int, data: bytes = b"") -> bytes:
    """The frame of an answer."""
    content = (bytes([error]) + data).replace(b"\xff\xff\xfd", b"\xff\xff\xfd\xfd")
    frame = _HEADER + bytes([id]) + struct.pack("<HB", len(content) + 3, STATUS) + content
    return frame + crc16(frame).to_bytes(2, "little")


def _crc_of_byte(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1) ^ (0x8005 if crc & 0x8000 else 0)
    return crc & 0xFFFF


_CRC = [_crc_of_byte(byte) for byte in range(256)]


def crc16(data: bytes) -> int:
    """CRC-16 of the protocol: polynomial 0x8005, from 0, the highest bit first."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC[crc >> 8 ^ byte]
    return crc


def _frame_size(beginning: bytearray) -> int | None:
    size = 7 + int.from_bytes(beginning[5:7], "little")
    return size if 10 <= size <= _LONGEST else None


def _is_right(frame: bytes) -> bool:
    return frame[-2:] == crc16(frame[:-2]).to_bytes(2, "little")


_FRAMING = Framing(_HEADER, 7, _frame_size, _is_right)
