"""A serial port in memory with a clock of its own: waiting costs no time, and what comes back is the test's choice."""

from collections.abc import Callable


class FakeClock:
    """Seconds that pass when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakePort:
    """Gives what is written to `answer`, and hands out what that returns, in pieces [(bytes, s later)]."""

    def __init__(self, clock: FakeClock, answer: Callable[[bytes], list[tuple[bytes, float]]]) -> None:
        self.written: list[bytes] = []
        self.closed = False
        self._clock, self._answer = clock, answer
        self._coming: list[tuple[float, bytes]] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self._coming += [(self._clock.now + later, piece) for piece, later in self._answer(data)]
        self._coming.sort(key=lambda item: item[0])

    def read(self, seconds: float) -> bytes:
        until = self._clock.now + max(seconds, 0.0)
        if not self._coming or self._coming[0][0] > until:
            self._clock.now = until
            return b""
        self._clock.now = max(self._clock.now, self._coming[0][0])
        come = b"".join(piece for moment, piece in self._coming if moment <= self._clock.now)
        self._coming = [item for item in self._coming if item[0] > self._clock.now]
        return come

    def close(self) -> None:
        self.closed = True
