"""A servo's memory, byte by byte: registers that show how the servo is, and registers that tell it something."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from playground_amp.twin.bus_servo import BusServo

Shown = Callable[[BusServo, float], int]  # what a register holds at a time, s
Told = Callable[["RegisterTable", int, float], None]  # what a number that is written to it does


class Register(NamedTuple):
    """A number in the memory, its low byte first."""

    address: int
    size: int  # bytes
    start: int = 0  # what it holds at first
    shown: Shown | None = None  # None: what was written to it last
    told: Told | None = None


class RegisterTable:
    """The memory of one servo, `size` bytes; whatever no register names is only kept."""

    def __init__(self, servo: BusServo, registers: Sequence[Register], size: int):
        self.servo, self._registers = servo, registers
        self._memory = bytearray(size)
        for register in registers:
            self._put(register, register.start)

    def holds(self, address: int, size: int) -> bool:
        """Whether so many bytes from there are memory."""
        return size > 0 and address + size <= len(self._memory)

    def read(self, address: int, size: int, now: float) -> bytes:
        """So many bytes as they are at a time."""
        for register in self._touched(address, size):
            if register.shown is not None:
                self._put(register, register.shown(self.servo, now))
        return bytes(self._memory[address : address + size])

    def write(self, address: int, data: bytes, now: float) -> None:
        """Writes bytes; the registers that they are all of are told."""
        self._memory[address : address + len(data)] = data
        for register in self._touched(address, len(data)):
            whole = address <= register.address and register.address + register.size <= address + len(data)
            if register.told is not None and whole:
                register.told(self, self.number(register.address, register.size), now)

    def number(self, address: int, size: int) -> int:
        """What has been written there, without a sign."""
        return int.from_bytes(self._memory[address : address + size], "little")

    def _touched(self, address: int, size: int) -> list[Register]:
        return [r for r in self._registers if r.address < address + size and address < r.address + r.size]

    def _put(self, register: Register, number: int) -> None:
        bits = number & ((1 << 8 * register.size) - 1)
        self._memory[register.address : register.address + register.size] = bits.to_bytes(register.size, "little")


def id_register(address: int, servo: BusServo) -> Register:
    """The servo's id, which it can be given anew."""
    return Register(address, 1, servo.id, lambda s, now: s.id, _told_id)


def torque_register(address: int) -> Register:
    """Whether the servo is stiff."""
    return Register(address, 1, 0, lambda s, now: s.torque_on, lambda t, on, now: t.servo.set_torque(bool(on), now))


def answering(tables: Sequence[RegisterTable], id: int, all_of_them: int) -> list[RegisterTable]:
    """Those of the servos that an id names, or the id for `all_of_them`, which are not dead."""
    return [table for table in tables if id in (table.servo.id, all_of_them) and not table.servo.dead]


def _told_id(table: RegisterTable, number: int, now: float) -> None:
    del now
    table.servo.id = number


def sign_bit(number: float, bit: int) -> int:
    """A rounded number as Feetech writes those with a sign: its size, and a bit that says that it is negative."""
    size = min(round(abs(number)), (1 << bit) - 1)
    return size | (1 << bit if number < 0 and size else 0)
