"""What a BNO08x says on a serial line: packets (SHTP) in frames, and the sensor reports in them.

A frame is 0x7E, a protocol number (0x01: SHTP), the packet, 0x7E; inside, 0x7E and 0x7D are sent as 0x7D and the byte
with its bit 5 turned over. A packet is its length with these four bytes (16 bit, the low byte first; the highest bit:
it goes on the one before), channel, sequence number, cargo. Sources: CEVA's "BNO08X Data Sheet" (UART-SHTP) and "SH-2
Reference Manual" (reports).
"""

import struct
from typing import NamedTuple

FLAG, ESCAPE, TURNED = 0x7E, 0x7D, 0x20
SHTP_OVER_UART = 0x01
EXECUTABLE, CONTROL, INPUT_REPORTS = 1, 2, 3  # channels
RESET = 0x01  # on the executable channel, both ways: do it; it is done
SET_FEATURE, TIME_BASE, TIME_REBASE = 0xFD, 0xFB, 0xFA
GYROSCOPE, GAME_ROTATION_VECTOR = 0x02, 0x08
_GYRO_UNIT = 2.0**-9  # rad/s
_QUATERNION_UNIT = 2.0**-14
_TIME_UNIT = 1e-4  # s
_REPORT_SIZES = {TIME_BASE: 5, TIME_REBASE: 5, GYROSCOPE: 10, GAME_ROTATION_VECTOR: 0x0C}
_LONGEST = 2048  # bytes of a frame; advertisements are a few hundred


class Packet(NamedTuple):
    """A packet's content."""

    channel: int
    sequence: int
    cargo: bytes


class Report(NamedTuple):
    """One measurement: a quaternion wxyz that turns the sensor's frame into the world's, or angular velocity rad/s."""

    id: int  # GAME_ROTATION_VECTOR or GYROSCOPE
    values: tuple[float, ...]
    age: float  # s, when its packet was sent


def encode_packet(packet: Packet) -> bytes:
    """The frame of a packet."""
    content = struct.pack("<HBB", len(packet.cargo) + 4, packet.channel, packet.sequence & 0xFF) + packet.cargo
    escaped = bytearray()
    for byte in content:
        escaped += bytes((ESCAPE, byte ^ TURNED)) if byte in (FLAG, ESCAPE) else bytes((byte,))
    return bytes((FLAG, SHTP_OVER_UART)) + bytes(escaped) + bytes((FLAG,))


class PacketReader:
    """Finds packets in bytes that come in pieces, between garbage."""

    def __init__(self) -> None:
        self.garbage = 0  # bytes so far of what was no packet
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that these bytes complete."""
        packets = []
        self._buffer += data
        while (end := self._buffer.find(FLAG)) >= 0:
            content = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if not content:  # the flag that ends one frame, and the one that begins the next
                continue
            packet = _packet(content)
            if packet is not None:
                packets.append(packet)
            elif content[0] != 0:  # 0: how much room the sensor has, which nobody asks for
                self.garbage += len(content)
        if len(self._buffer) > _LONGEST:
            self.garbage += len(self._buffer)
            self._buffer.clear()
        return packets


def _packet(content: bytes) -> Packet | None:
    if content[0] != SHTP_OVER_UART:
        return None
    plain = bytearray()
    bytes_left = iter(content[1:])
    for byte in bytes_left:
        plain.append(next(bytes_left, FLAG) ^ TURNED if byte == ESCAPE else byte)
    if len(plain) < 4:
        return None
    length, channel, sequence = struct.unpack_from("<HBB", plain)
    if length & 0x7FFF != len(plain):  # bytes were lost, or it goes on another one: no input report does
        return None
    return Packet(channel, sequence, bytes(plain[4:]))


def reports_in(cargo: bytes) -> list[Report]:
    """The measurements in the cargo of a packet on INPUT_REPORTS; what follows an unknown report is left out."""
    reports = []
    base = 0.0  # s before the packet
    at = 0
    while at < len(cargo) and (size := _REPORT_SIZES.get(cargo[at])) and at + size <= len(cargo):
        report = cargo[at : at + size]
        at += size
        if report[0] == TIME_BASE:
            base = _TIME_UNIT * struct.unpack_from("<i", report, 1)[0]
        elif report[0] == TIME_REBASE:
            base -= _TIME_UNIT * struct.unpack_from("<i", report, 1)[0]
        else:
            delay = _TIME_UNIT * ((report[2] >> 2) << 8 | report[3])
            reports.append(Report(report[0], _values(report), base - delay))
    return reports


def _values(report: bytes) -> tuple[float, ...]:
    numbers = struct.unpack_from(f"<{(len(report) - 4) // 2}h", report, 4)
    if report[0] == GYROSCOPE:
        return tuple(_GYRO_UNIT * number for number in numbers)
    x, y, z, w = (_QUATERNION_UNIT * number for number in numbers)
    return w, x, y, z


def encode_report(report: Report, sequence: int) -> bytes:
    """The bytes of a measurement without its age, which `encode_time_base` tells before it (the twin's side)."""
    if report.id == GYROSCOPE:
        numbers = [value / _GYRO_UNIT for value in report.values]
    else:
        w, x, y, z = report.values
        numbers = [value / _QUATERNION_UNIT for value in (x, y, z, w)]
    head = bytes((report.id, sequence & 0xFF, 3, 0))
    return head + struct.pack(f"<{len(numbers)}h", *(max(-32768, min(32767, round(n))) for n in numbers))


def encode_time_base(age: float) -> bytes:
    """The report that goes before measurements of that age in s."""
    return struct.pack("<Bi", TIME_BASE, round(age / _TIME_UNIT))


def set_feature(report: int, rate: float) -> bytes:
    """The cargo, on CONTROL, that asks for a report so many times a second."""
    return struct.pack("<BBBHIII", SET_FEATURE, report, 0, 0, round(1e6 / rate), 0, 0)
