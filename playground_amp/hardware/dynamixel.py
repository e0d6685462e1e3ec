"""Dynamixel servos that speak protocol 2.0, through ROBOTIS' `dynamixel-sdk`."""

import struct
from collections.abc import Iterable, Mapping, Sequence

from playground_amp.hardware.line import PositionReading
from playground_amp.hardware.sdk_line import Opened, SdkLine, StatusPacket, by_id
from playground_amp.hardware.sdk_port import SdkPort

BROADCAST = 0xFE
# Control table of the X series (XL330, XC330, XL430, XM430, XM540): address, bytes.
TORQUE_ENABLE = (64, 1)
GOAL_POSITION = (116, 4)
PRESENT_VELOCITY_AND_POSITION = (128, 8)
PRESENT_INPUT_VOLTAGE = (144, 2)  # 0.1 V
PRESENT_TEMPERATURE = (146, 1)  # °C
_VELOCITY_UNIT = 0.229 / 60  # turns/s
_COUNTS_A_TURN = 4096
_ID, _LENGTH, _DATA, _AROUND_DATA = 4, 5, 9, 4  # places in a status packet; bytes that its length counts besides data


class DynamixelLine(SdkLine):
    """A `ServoLine` of such servos."""

    SERVOS, LIBRARY = "Dynamixel servos", "dynamixel-sdk"

    def write_positions(self, counts: Mapping[int, int]) -> None:
        """Sends targets by id, in one frame."""
        self._write(GOAL_POSITION, ((id, target.to_bytes(4, "little", signed=True)) for id, target in counts.items()))

    def read_voltage(self, id: int) -> float | None:
        """V; None: no answer."""
        answer = self._read(id, *PRESENT_INPUT_VOLTAGE)
        return None if answer is None else 0.1 * int.from_bytes(answer, "little")

    def read_temperature(self, id: int) -> float | None:
        """°C; None: no answer."""
        answer = self._read(id, *PRESENT_TEMPERATURE)
        return None if answer is None else float(answer[0])

    def set_torque(self, id: int | None, on: bool) -> None:
        """Stiff or limp; None: all on the line."""
        if id is None:
            self._handler.writeTxOnly(self._port, BROADCAST, *TORQUE_ENABLE, [int(on)])
        else:
            self._write(TORQUE_ENABLE, [(id, bytes((on,)))])

    @property
    def _position_place(self) -> tuple[int, int]:
        return PRESENT_VELOCITY_AND_POSITION

    def _position(self, packet: StatusPacket, taken: float) -> PositionReading:
        velocity, position = struct.unpack_from("<ii", packet.data)
        return PositionReading(packet.id, position, velocity * _VELOCITY_UNIT * _COUNTS_A_TURN, taken)

    def _write(self, place: tuple[int, int], values: Iterable[tuple[int, bytes]]) -> None:
        """To several servos; unlike a write to one, it is not answered."""
        content = by_id(values)
        self._handler.syncWriteTxOnly(self._port, *place, content, len(content))

    def _send_question(self, ids: Sequence[int], address: int, size: int) -> None:
        self._handler.syncReadTx(self._port, address, size, list(ids), len(ids), False)

    def _opened(self, port: SdkPort) -> Opened:
        from dynamixel_sdk import COMM_RX_CORRUPT, COMM_SUCCESS, Protocol2PacketHandler

        return Opened(Protocol2PacketHandler(), COMM_SUCCESS, COMM_RX_CORRUPT)

    def _next(self) -> tuple[Sequence[int], int]:
        try:
            return self._handler.rxPacket(self._port, False)
        except IndexError:  # the library, of packets that say to be shorter than any is
            return [], self._corrupt
        finally:
            self._port.is_using = False

    def _packet(self, frame: Sequence[int]) -> StatusPacket:
        size = frame[_LENGTH] + (frame[_LENGTH + 1] << 8) - _AROUND_DATA
        return StatusPacket(frame[_ID], bytes(frame[_DATA : _DATA + max(size, 0)]))
