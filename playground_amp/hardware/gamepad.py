"""Commands from a gamepad, through Linux' joystick device: 8 bytes an event (linux/joystick.h)."""

import errno
import math
import os
import struct
from pathlib import Path

from playground_amp.hardware.commands import STAND, CommandRange, Order, Request, SourceLost

DEVICE = Path("/dev/input/js0")
_EVENT = struct.Struct("<IhBB")  # time in ms, value, type, number
_BUTTON, _AXIS, _AT_OPENING = 0x01, 0x02, 0x80
_FULL = 32767.0
_FORWARD, _LEFT, _TURN = 1, 0, 3  # axes: left stick, right stick; away from the person and to the left are negative
_SHOULDERS = (4, 5)  # buttons; the robot walks as long as one of them is held
_REQUESTS = {0: Request.GO, 1: Request.LIMP, 7: Request.STOP}  # A, B, start
_REST = 0.08  # of the full way: sticks do not come back to the middle exactly


class Gamepad:
    """A gamepad whose sticks count as long as a shoulder button is held. Raises OSError where there is none."""

    help = "hold a shoulder button: left stick walks, right stick turns · A go on · start stop · B limp at once"
    patience = lost_after = math.inf  # the device says it when it is unplugged

    def __init__(self, commands: CommandRange, device: Path = DEVICE):
        self.name = f"gamepad {device}"
        self._range = commands
        if device.is_file() or device.is_dir():
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        self._device = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._axes: dict[int, float] = {}
        self._held: set[int] = set()

    def open(self, now: float) -> None:
        """Forgets the buttons that were pressed until now; what is held is held."""
        self.poll(now)

    def poll(self, now: float) -> Order:
        """Where the sticks are."""
        request = None
        for value, kind, number in self._events():
            if kind & ~_AT_OPENING == _AXIS:
                self._axes[number] = value / _FULL
            elif kind & ~_AT_OPENING == _BUTTON:
                (self._held.add if value else self._held.discard)(number)
                if value and not kind & _AT_OPENING and request is not Request.LIMP:
                    request = _REQUESTS.get(number, request)
        if not self._held.intersection(_SHOULDERS):
            return Order(STAND, now, request)
        shares = [-self._beyond_rest(axis) for axis in (_FORWARD, _LEFT, _TURN)]
        return Order(self._range.stretched(shares), now, request)

    def close(self) -> None:
        """Lets go of the device."""
        os.close(self._device)

    def _events(self) -> list[tuple[int, int, int]]:
        try:
            data = os.read(self._device, 64 * _EVENT.size)
        except BlockingIOError:
            return []
        except OSError as error:
            raise SourceLost(f"{self.name} is gone ({error.strerror})") from None
        if not data:
            raise SourceLost(f"{self.name} is gone")
        whole = data[: len(data) // _EVENT.size * _EVENT.size]
        return [(value, kind, number) for _, value, kind, number in _EVENT.iter_unpack(whole)]

    def _beyond_rest(self, axis: int) -> float:
        share = max(-1.0, min(1.0, self._axes.get(axis, 0.0)))
        return math.copysign(max(0.0, abs(share) - _REST) / (1 - _REST), share)
