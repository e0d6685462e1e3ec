"""A BNO085 on its UART: SHTP cargoes in frames, as much of SH-2 as a robot needs.

Sources, CEVA: "Sensor Hub Transport Protocol" (1000-3535: frames, headers, channels), "SH-2 Reference Manual"
(1000-3625: reports), "BNO08X Data Sheet" (1000-3927: 3 Mbaud, rates).

A frame: 0x7E, protocol (0: control, 1: SHTP), content, 0x7E; within it 0x7E and 0x7D are sent as 0x7D and the byte with
bit 5 turned over. An SHTP cargo: length with its header (16 bits, the highest means "goes on"), channel, its sequence
number; then reports. All numbers are little-endian.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp.twin.agenda import Agenda
from playground_amp.twin.body import ImuSample

_FLAG, _ESCAPE, _TURNED = 0x7E, 0x7D, 0x20
_CONTROL, _SHTP = 0, 1
_COMMANDS, _EXECUTABLE, _HUB, _INPUT = 0, 1, 2, 3  # channels
_RESET, _RESET_DONE = 1, 1
_PRODUCT_REQUEST, _PRODUCT = 0xF9, 0xF8
_FEATURE_REQUEST, _FEATURE_SET, _FEATURE = 0xFE, 0xFD, 0xFC
_COMMAND_ANSWER, _INITIALIZED = 0xF1, 0x84
_TIME_BASE = 0xFB
GYRO, GAME_ROTATION = 0x02, 0x08  # reports
_TICK = 1e-4  # s, of times in reports
_GYRO_UNIT, _QUATERNION_UNIT = 2.0**-9, 2.0**-14  # rad/s; of a quaternion
_ACCURATE = 3  # of 0 to 3
_FASTEST = 0.0025  # s between reports
_START_UP = 0.1  # s from a reset to its message
_ROOM = 256  # bytes that the host may send at once
_PART, _BUILD = 10003608, 370  # numbers of the firmware
_FEATURE_LAYOUT = struct.Struct("<BBBHIII")  # report, feature, flags, sensitivity, interval µs, batch µs, specific

Sample = Callable[[], ImuSample]


class _Feature(NamedTuple):
    """A report that is switched on."""

    interval: float  # s
    message: bytes  # that did so


class ImuChip:
    """One chip. `sample` is asked when it measures; what the host gets to read goes to `send`."""

    def __init__(self, agenda: Agenda, sample: Sample, delay: float, send: Callable[[bytes], None]):
        """`delay`: s from a measurement to the end of its report."""
        self._agenda, self._sample, self._delay, self._send = agenda, sample, delay, send
        self._content: bytearray | None = None  # of the frame that has begun
        self._escaped = False
        self._sequence = [0] * 6
        self._report_number = {GYRO: 0, GAME_ROTATION: 0}
        self._features: dict[int, _Feature] = {}
        self._due: dict[int, float] = {}
        self._plan_number = 0
        self._reset(0.0)

    def receive(self, data: bytes, now: float) -> None:
        """What the host sends."""
        for byte in data:
            if byte == _FLAG:
                if self._content:
                    self._take(bytes(self._content), now)
                    self._content = None
                else:
                    self._content = bytearray()
                self._escaped = False
            elif self._content is None:
                continue
            elif byte == _ESCAPE:
                self._escaped = True
            else:
                self._content.append(byte ^ _TURNED if self._escaped else byte)
                self._escaped = False

    def _take(self, content: bytes, now: float) -> None:
        protocol, cargo = content[0], content[1:]
        if protocol == _CONTROL and not cargo:
            self._send(framed(_CONTROL, struct.pack("<H", _ROOM)))
        elif protocol == _SHTP and len(cargo) > 4 and struct.unpack("<H", cargo[:2])[0] == len(cargo):
            channel, message = cargo[2], cargo[4:]
            if channel == _EXECUTABLE and message[0] == _RESET:
                self._reset(now)
            elif channel == _HUB:
                self._obey(message, now)

    def _obey(self, message: bytes, now: float) -> None:
        if message[0] == _PRODUCT_REQUEST:
            self._say(_HUB, struct.pack("<BBBBIIHH", _PRODUCT, 1, 3, 2, _PART, _BUILD, 7, 0))
        elif message[0] == _FEATURE_REQUEST and len(message) > 1:
            self._tell_feature(message[1])
        elif message[0] == _FEATURE_SET and len(message) == _FEATURE_LAYOUT.size:
            self._set_feature(message, now)

    def _set_feature(self, message: bytes, now: float) -> None:
        _, report, _, _, microseconds, _, _ = _FEATURE_LAYOUT.unpack(message)
        if report not in self._report_number:
            return
        self._features.pop(report, None)
        self._due.pop(report, None)
        if microseconds:
            interval = max(microseconds * 1e-6, _FASTEST)
            self._features[report] = _Feature(interval, message)
            self._due[report] = min(self._due.values(), default=now + interval)
        self._tell_feature(report)
        self._plan()

    def _tell_feature(self, report: int) -> None:
        feature = self._features.get(report)
        interval = round(feature.interval * 1e6) if feature else 0
        self._say(_HUB, _FEATURE_LAYOUT.pack(_FEATURE, report, 0, 0, interval, 0, 0))

    def _plan(self) -> None:
        """Measures when the first report is due; what was planned before is no more."""
        self._plan_number += 1
        number = self._plan_number

        def measure(now: float) -> None:
            if number == self._plan_number:
                self._measure(now)

        if self._due:
            self._agenda.add(min(self._due.values()), measure)

    def _measure(self, now: float) -> None:
        """Measures all reports that are due together, for one cargo."""
        due = sorted(report for report, time in self._due.items() if time < now + _TICK)
        sample, reports = self._sample(), b""
        for report in due:
            self._due[report] = max(self._due[report] + self._features[report].interval, now)
            reports += self._report(report, sample)
        base = struct.pack("<Bi", _TIME_BASE, round(self._delay / _TICK))
        self._agenda.add(now + self._delay, lambda _: self._say(_INPUT, base + reports))
        self._plan()

    def _report(self, report: int, sample: ImuSample) -> bytes:
        number = self._report_number[report]
        self._report_number[report] = (number + 1) & 0xFF
        head = struct.pack("<BBBB", report, number, _ACCURATE, 0)
        if report == GYRO:
            return head + _sixteen_bits(np.asarray(sample.gyro) / _GYRO_UNIT)
        w, x, y, z = np.asarray(sample.orientation) / _QUATERNION_UNIT
        return head + _sixteen_bits(np.array([x, y, z, w]))

    def _reset(self, now: float) -> None:
        self._features.clear()
        self._due.clear()
        self._plan()

        def started(_: float) -> None:
            self._sequence = [0] * 6
            self._say(_COMMANDS, b"\0" + bytes.fromhex("01 04 00000000 02 02 0001 03 02 0004 04 02 0001 05 02 0004"))
            self._say(_EXECUTABLE, bytes([_RESET_DONE]))
            self._say(_HUB, bytes([_COMMAND_ANSWER, 0, _INITIALIZED]) + bytes(13))

        self._agenda.add(now + _START_UP, started)

    def _say(self, channel: int, message: bytes) -> None:
        header = struct.pack("<HBB", len(message) + 4, channel, self._sequence[channel])
        self._sequence[channel] = (self._sequence[channel] + 1) & 0xFF
        self._send(framed(_SHTP, header + message))


def framed(protocol: int, content: bytes) -> bytes:
    """A frame of the UART."""
    inside = bytes([protocol]) + content
    escaped = inside.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
    return bytes([_FLAG]) + escaped + bytes([_FLAG])


def _sixteen_bits(numbers: np.ndarray) -> bytes:
    limit = 2**15 - 1
    return np.clip(np.round(numbers), -limit, limit).astype("<i2").tobytes()
