"""Dynamixel servos that speak protocol 2.0, through ROBOTIS' `dynamixel-sdk`."""

import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from playground_amp.errors import UserError
from playground_amp.hardware.line import PATIENCE, PositionReading
from playground_amp.hardware.port import Port
from playground_amp.hardware.sdk_line import SdkLine, StatusPacket

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
    """A `ServoLine` of such servos. Raises UserError if the library is not installed."""

    def __init__(
        self, port: Port, baud: int, clock: Callable[[], float] = time.perf_counter, patience: float = PATIENCE
    ) -> None:
        super().__init__(port, baud, clock, patience)
        try:
            from dynamixel_sdk import COMM_RX_CORRUPT, COMM_SUCCESS, Protocol2PacketHandler
        except ImportError:
            raise UserError("Dynamixel servos need dynamixel-sdk: pip install dynamixel-sdk") from None
        self._handler = Protocol2PacketHandler()
        self._success, self._corrupt = COMM_SUCCESS, COMM_RX_CORRUPT

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
        content = [byte for id, data in values for byte in (id, *data)]
        self._handler.syncWriteTxOnly(self._port, *place, content, len(content))

    def _send_question(self, ids: Sequence[int], address: int, size: int) -> None:
        self._handler.syncReadTx(self._port, address, size, list(ids), len(ids), False)

    def _receive(self) -> StatusPacket | None:
        try:
            packet, result = self._handler.rxPacket(self._port, False)
        except IndexError:  # the library, of packets that say to be shorter than any is
            result, packet = self._corrupt, []
        self._port.is_using = False
        if result != self._success:
            self._bad_checksums += result == self._corrupt
            return None
        size = packet[_LENGTH] + (packet[_LENGTH + 1] << 8) - _AROUND_DATA
        return StatusPacket(packet[_ID], bytes(packet[_DATA : _DATA + max(size, 0)]))
