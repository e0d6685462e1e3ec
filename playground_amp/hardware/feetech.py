"""Feetech's STS and SMS servos (STS3215), through the maker's `ftservo-python-sdk`."""

import struct
from collections.abc import Iterable, Mapping, Sequence

from playground_amp.hardware.line import PositionReading
from playground_amp.hardware.sdk_line import Opened, SdkLine, StatusPacket, by_id
from playground_amp.hardware.sdk_port import SdkPort

BROADCAST = 0xFE
# Memory table: address, bytes. Numbers are 16 bit, the low byte first; the highest bit is the sign.
TORQUE_ENABLE = (40, 1)
GOAL_POSITION = (42, 2)
PRESENT = (56, 8)  # position, speed in counts/s, load; voltage in 0.1 V, temperature in °C
_SIGN = 0x8000
_ID, _LENGTH, _DATA, _AROUND_DATA = 2, 3, 5, 2  # places in a status packet; bytes that its length counts besides data


class FeetechLine(SdkLine):
    """A `ServoLine` of such servos."""

    SERVOS, LIBRARY = "Feetech servos", "ftservo-python-sdk"

    def write_positions(self, counts: Mapping[int, int]) -> None:
        """Sends targets by id, in one frame."""
        self._write(GOAL_POSITION, ((id, struct.pack("<H", _with_sign_bit(to))) for id, to in counts.items()))

    def read_voltage(self, id: int) -> float | None:
        """V; None: no answer."""
        answer = self._read(id, *PRESENT)
        return None if answer is None else 0.1 * answer[6]

    def read_temperature(self, id: int) -> float | None:
        """°C; None: no answer."""
        answer = self._read(id, *PRESENT)
        return None if answer is None else float(answer[7])

    def set_torque(self, id: int | None, on: bool) -> None:
        """Stiff or limp; None: all on the line."""
        if id is None:
            self._handler.writeTxOnly(BROADCAST, *TORQUE_ENABLE, [int(on)])
        else:
            self._write(TORQUE_ENABLE, [(id, bytes((on,)))])

    @property
    def _position_place(self) -> tuple[int, int]:
        return PRESENT

    def _position(self, packet: StatusPacket, taken: float) -> PositionReading:
        position, speed = (_signed(number) for number in struct.unpack_from("<HH", packet.data))
        return PositionReading(packet.id, position, float(speed), taken)

    def _write(self, place: tuple[int, int], values: Iterable[tuple[int, bytes]]) -> None:
        """To several servos; unlike a write to one, it is not answered."""
        content = by_id(values)
        self._handler.syncWriteTxOnly(*place, content, len(content))

    def _send_question(self, ids: Sequence[int], address: int, size: int) -> None:
        self._handler.syncReadTx(address, size, list(ids), len(ids))
        self._port.setPacketTimeout((6 + size) * len(ids))

    def _opened(self, port: SdkPort) -> Opened:
        from scservo_sdk import COMM_RX_CORRUPT, COMM_SUCCESS, sms_sts

        return Opened(sms_sts(port), COMM_SUCCESS, COMM_RX_CORRUPT)

    def _next(self) -> tuple[Sequence[int], int]:
        return self._handler.rxPacket()

    def _packet(self, frame: Sequence[int]) -> StatusPacket:
        size = frame[_LENGTH] - _AROUND_DATA
        return StatusPacket(frame[_ID], bytes(frame[_DATA : _DATA + max(size, 0)]))


def _signed(number: int) -> int:
    return -(number & ~_SIGN) if number & _SIGN else number


def _with_sign_bit(number: int) -> int:
    return -number | _SIGN if number < 0 else number
