"""A serial port, as bytes: what is written, what has come in, and how long to wait for it."""

import contextlib
import errno
import os
import select
from typing import Protocol

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.errors import UserError

_CHUNK = 4096  # bytes
_PSEUDO_TERMINALS = range(136, 144)  # major numbers of devices (Linux, admin-guide/devices.txt)
_PATIENCE = 1.0  # s for a device that takes nothing


class Port(Protocol):
    """Bytes out and in. Raises OSError where the device is gone."""

    def write(self, data: bytes) -> None:
        """Hands over all of it."""
        ...

    def read(self, seconds: float) -> bytes:
        """All that has come in; nothing yet: waits so long for the first byte, then returns what is there."""
        ...

    def close(self) -> None:
        """Lets go of the device."""
        ...


class SerialPort:
    """A device such as /dev/ttyUSB0, for this process alone: 8 bits, no parity, one stop bit.

    Raises:
        UserError: it is not there, another process has it, or pyserial is not installed.
    """

    def __init__(self, device: str, baud: int, clock: Clock = MACHINE_TIME) -> None:
        try:
            import serial
        except ImportError:
            raise UserError("serial lines need pyserial: pip install pyserial, or the extra wildrobot[robot]") from None
        if not device:
            raise UserError("the hardware file names no port for one of its lines: fill it in")
        try:
            self._serial = serial.Serial(device, baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise UserError(f"port {device} cannot be opened: {_why(error)}") from None
        with contextlib.suppress(OSError, ValueError, NotImplementedError):  # adapters that offer it, answer in 1 ms
            self._serial.set_low_latency_mode(True)
        self._number, self._clock = self._serial.fileno(), clock

    def write(self, data: bytes) -> None:
        """Hands over all of it."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._number, rest) :]
            except BlockingIOError:
                if not select.select([], [self._number], [], _PATIENCE)[1]:
                    raise OSError(errno.ETIMEDOUT, "the device takes no more bytes") from None

    def read(self, seconds: float) -> bytes:
        """All that has come in; nothing yet: waits so long for the first byte, then returns what is there."""
        if not select.select([self._number], [], [], self._clock.by_machine(seconds))[0]:
            return b""
        data = os.read(self._number, _CHUNK)
        if not data:
            raise OSError(errno.EIO, "the device is gone")
        return data

    def close(self) -> None:
        """Lets go of the device."""
        self._serial.close()


def is_pseudo_terminal(device: str) -> bool:
    """Whether a program on this machine is at the other end, as a twin is, instead of a robot's adapter."""
    try:
        return os.major(os.stat(device).st_rdev) in _PSEUDO_TERMINALS
    except OSError:
        return False


def _why(error: OSError | ValueError) -> str:
    """In words that say what to do."""
    match getattr(error, "errno", None):
        case None:
            return "it is no serial port" if os.strerror(errno.ENOTTY) in str(error) else str(error)
        case errno.EACCES | errno.EPERM:
            return "no right to it; ports belong to the group dialout"
        case errno.EAGAIN | errno.EBUSY:
            return "another process has it"
        case number:
            return os.strerror(number)
