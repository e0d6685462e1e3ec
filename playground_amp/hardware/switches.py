"""The four foot switches: left toe, left heel, right toe, right heel. Reading them never waits."""

# Libraries of the Raspberry Pi are imported where they are needed.
# pyright: reportMissingImports=false

import contextlib
from pathlib import Path
from typing import Protocol

from playground_amp.errors import UserError
from playground_amp.hardware.datagrams import arrived, listen
from playground_amp.hardware.hardware_file import NUM_SWITCHES, SwitchSetup

_NONE = (False,) * NUM_SWITCHES


class Switches(Protocol):
    """Where they are read."""

    def read(self) -> tuple[bool, ...]:
        """Which of the four are pressed."""
        ...

    def close(self) -> None:
        """Lets go of them."""
        ...


class NoSwitches:
    """A robot without them: none is ever pressed."""

    def read(self) -> tuple[bool, ...]:
        """None."""
        return _NONE

    def close(self) -> None:
        """Nothing to let go of."""


class UdpSwitches:
    """States that come as datagrams of four bytes, 0 or 1, on localhost: the twin's."""

    def __init__(self, port: int) -> None:
        self._state = _NONE
        try:
            self._socket = listen(port)
        except OSError as error:
            raise UserError(f"switches: port {port} cannot be opened: {error.strerror}") from None

    def read(self) -> tuple[bool, ...]:
        """The newest that has come."""
        for packet in arrived(self._socket, 64):
            if len(packet) == NUM_SWITCHES:
                self._state = tuple(byte == 1 for byte in packet)
        return self._state

    def close(self) -> None:
        """Lets go of the socket."""
        self._socket.close()


class GpioSwitches:
    """Switches between pins of the computer and ground, with its own pull-ups: a pressed one is low."""

    def __init__(self, pins: tuple[int, ...]) -> None:
        try:
            import gpiod
            from gpiod.line import Bias, Direction, Value
        except ImportError:
            raise UserError("switches at GPIO pins need gpiod: pip install gpiod") from None
        self._pins, self._active = list(pins), Value.ACTIVE
        settings = gpiod.LineSettings(direction=Direction.INPUT, bias=Bias.PULL_UP, active_low=True)
        try:
            self._lines = gpiod.request_lines(_chip(), "wildrobot", {tuple(pins): settings})
        except (OSError, ValueError) as error:
            raise UserError(f"switches: pins {list(pins)} cannot be read: {error}") from None

    def read(self) -> tuple[bool, ...]:
        """As the pins are now."""
        return tuple(value == self._active for value in self._lines.get_values(self._pins))

    def close(self) -> None:
        """Lets go of the pins."""
        self._lines.release()


def _chip() -> str:
    """The chip whose pins are on a Raspberry Pi's header, by its label; another computer's first one."""
    import gpiod

    for path in sorted(Path("/dev").glob("gpiochip*")):
        with contextlib.suppress(OSError), gpiod.Chip(str(path)) as chip:
            if chip.get_info().label.startswith("pinctrl-"):
                return str(path)
    return "/dev/gpiochip0"


def open_switches(setup: SwitchSetup) -> Switches:
    """The switches of a robot. Raises UserError if they cannot be reached."""
    match setup.kind:
        case "gpio":
            return GpioSwitches(setup.pins)
        case "udp":
            return UdpSwitches(setup.port)
        case _:
            return NoSwitches()
