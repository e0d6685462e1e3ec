"""The port that the makers' libraries are given: theirs watch the clock without pause, and read their own echo.

It has the methods that they call on a port of their own, in their spelling.
"""

from collections.abc import Callable

from playground_amp.hardware.line import LineTime
from playground_amp.hardware.port import Port

_BITS = 10  # on the line, a byte
_MOST_ECHO = 1024  # bytes


class SdkPort:
    """Waits without work, and takes out what a half-duplex line repeats of what was sent on it."""

    def __init__(self, port: Port, baud: int, clock: Callable[[], float], patience: float) -> None:
        self.is_using = False  # the libraries' own lock
        self.bytes_dropped = 0  # that came when nobody had asked
        self.asked = 0.0  # s of the clock: when what was sent last began to pass
        self._port, self._byte_time, self._clock = port, _BITS / baud, clock
        self._line = LineTime(baud, clock)
        self._patience = patience
        self._deadline = 0.0
        self._echo = b""  # what was sent and may come back first
        self._echo_seen = b""  # what has come and equals its beginning so far
        self._ready = b""  # what has come besides

    def close(self) -> None:
        """Lets go of the port."""
        self._port.close()

    def clearPort(self) -> None:
        """Drops what has come in."""
        self._take(0.0)
        self.bytes_dropped += len(self._ready)
        self._ready = b""

    def writePort(self, packet: list[int]) -> int:
        """Sends bytes."""
        data = bytes(packet)
        self.asked = self._line.free()
        self._line.carry(len(data))
        self._echo = (self._echo + data)[-_MOST_ECHO:]
        self._port.write(data)
        return len(data)

    def readPort(self, length: int) -> bytes:
        """Up to so many bytes, as soon as there is one, or none when the time is up."""
        if length <= 0:
            return b""
        while not self._ready and (left := self._deadline - self._clock()) > 0:
            self._take(left)
        if not self._ready:  # this thread may have slept past the time: what has come by now was in time
            self._take(0.0)
        if not self._ready and self._clock() >= self._deadline:  # what looked like an echo ended there
            self._ready, self._echo_seen, self._echo = self._echo_seen, b"", b""
        data, self._ready = self._ready[:length], self._ready[length:]
        return data

    def setPacketTimeout(self, packet_length: int) -> None:
        """An answer of so many bytes is waited for from now on."""
        self._deadline = self._line.free() + packet_length * self._byte_time + self._patience

    def setPacketTimeoutMillis(self, msec: float) -> None:
        """The same in ms."""
        self._deadline = self._clock() + msec / 1000

    def isPacketTimeout(self) -> bool:
        """Whether the time is up, and nothing has come that waits to be read."""
        now = self._clock()
        if now < self._deadline:
            return False
        if not self._ready:
            self._take(0.0)
        return not self._ready or now >= self._deadline + self._patience

    def _take(self, seconds: float) -> None:
        self._echo_seen += self._port.read(seconds)
        if self._echo_seen.startswith(self._echo):  # all of it
            self._echo_seen, self._echo = self._echo_seen[len(self._echo) :], b""
        elif not self._echo.startswith(self._echo_seen):  # something else
            self._echo = b""
        if not self._echo:
            self._ready += self._echo_seen
            self._echo_seen = b""
