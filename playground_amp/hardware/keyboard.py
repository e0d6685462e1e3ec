"""Commands from the keyboard of a terminal, key by key."""

import contextlib
import math
import os
import select
import termios
import tty

from playground_amp.hardware.commands import STAND, CommandRange, Order, Request, SourceLost, Velocity

_PATIENCE = 30.0  # s: a connection that was lost looks like a person who presses no key
_MOVES = {"i": (1, 0, 0), "k": (-1, 0, 0), "u": (0, 1, 0), "o": (0, -1, 0), "j": (0, 0, 1), "l": (0, 0, -1)}
_REQUESTS = {"\n": Request.GO, "\r": Request.GO, "q": Request.STOP, " ": Request.LIMP, "\x1b": Request.LIMP}


class Keyboard:
    """The terminal that this process runs in, which passes on every key as long as this is open."""

    name = "keyboard"
    help = "I K faster slower · J L turn · U O sideways · H stand · Q stop · Enter go on · space limp at once"
    patience = _PATIENCE
    lost_after = math.inf

    def __init__(self, commands: CommandRange, terminal: int):
        """`terminal`: its file descriptor."""
        self._range, self._terminal = commands, terminal
        self._order = Order(STAND, 0.0)
        self._before = termios.tcgetattr(terminal)

    def open(self, now: float) -> None:
        """Takes the keys; those that were pressed before do not count."""
        try:
            tty.setcbreak(self._terminal, termios.TCSAFLUSH)
        except (OSError, termios.error) as error:
            raise SourceLost(f"the terminal is gone ({error.args[-1]})") from None
        self._keys()
        self._order = Order(STAND, now)

    def poll(self, now: float) -> Order:
        """The velocity that the keys so far amount to."""
        request = None
        for key in self._keys():
            request = _REQUESTS.get(key, request) if request is not Request.LIMP else request
            self._order = Order(self._changed(key), now)
        return self._order._replace(request=request)

    def close(self) -> None:
        """Gives the terminal back as it was."""
        with contextlib.suppress(OSError, termios.error):  # hung up
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _keys(self) -> str:
        if not select.select([self._terminal], [], [], 0.0)[0]:  # not O_NONBLOCK: what is printed shares it
            return ""
        try:
            pressed = os.read(self._terminal, 64)
        except OSError as error:
            raise SourceLost(f"the terminal is gone ({error.strerror})") from None
        if not pressed:
            raise SourceLost("the terminal was hung up")
        return pressed.decode(errors="replace").lower()

    def _changed(self, key: str) -> Velocity:
        if key == "h":
            return STAND
        velocity, move = self._order.velocity, _MOVES.get(key, (0, 0, 0))
        forward, left, turn = (v + m * step for v, m, step in zip(velocity, move, self._range.steps, strict=True))
        return self._range.limited((forward, left, turn)) if any(move) else velocity
