"""Who is heard: the first source gives the velocity, all of them may ask to stop."""

import contextlib
import os
import signal
from collections.abc import Sequence
from typing import NamedTuple

from playground_amp.hardware.commands import (
    STAND,
    CommandRange,
    CommandSource,
    Order,
    Request,
    SourceLost,
    Velocity,
)
from playground_amp.hardware.stops import Reason, Stop


class Heard(NamedTuple):
    """What all sources together ask for now."""

    velocity: Velocity
    request: Request | None
    stop: Stop | None  # where nobody leads the robot any more, or the process is told to end


class ToldToEnd(KeyboardInterrupt):
    """SIGTERM or SIGHUP while nothing is stiff yet: whatever waits is broken off."""


class Signals:
    """Ctrl-C asks to stop, and to go limp the second time; SIGTERM and SIGHUP end the run."""

    name = "signals"
    help = "Ctrl-C stop, twice: limp at once"
    patience = lost_after = float("inf")

    def __init__(self) -> None:
        self._request: Request | None = None

    def break_off(self) -> None:
        """Until `open`, SIGTERM and SIGHUP raise ToldToEnd."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _break_off)

    def open(self, now: float) -> None:
        """From now on signals are heard, where this is the main thread's program."""
        del now
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear)

    def poll(self, now: float) -> Order:
        """A request, once."""
        request, self._request = self._request, None
        return Order(STAND, now, request)

    def close(self) -> None:
        """Ctrl-C no longer interrupts: the robot is limp, and what is left takes no second."""

    def _hear(self, number: int, _: object) -> None:
        if number != signal.SIGINT:
            self._request = Request.END
            return
        self._request = self._request or Request.STOP
        signal.signal(signal.SIGINT, self._hear_again)

    def _hear_again(self, number: int, _: object) -> None:
        if self._request is not Request.END:
            self._request = Request.LIMP


def _break_off(number: int, _: object) -> None:
    raise ToldToEnd(signal.Signals(number).name)


class Commander:
    """All sources of commands, as one."""

    def __init__(self, sources: Sequence[CommandSource], commands: CommandRange):
        """The first of `sources` leads."""
        self._leader, *self._others = sources
        self._range = commands
        self._pid = os.getpid()

    @property
    def leader(self) -> CommandSource:
        """Whose velocities count."""
        return self._leader

    @property
    def sources(self) -> tuple[CommandSource, ...]:
        """All that are there."""
        return self._leader, *self._others

    def open(self, now: float) -> None:
        """Begins to listen. Who is gone already is noticed when it is polled."""
        for source in self.sources:
            with contextlib.suppress(SourceLost):
                source.open(now)

    def poll(self, now: float) -> Heard:
        """What is asked for at a time of the run's clock."""
        try:
            order = self._leader.poll(now)
        except SourceLost as error:
            return Heard(STAND, None, Stop(Reason.NO_COMMAND, str(error)))
        requests = [order.request, *(self._request(source, now) for source in tuple(self._others))]
        request = max((each for each in requests if each), key=lambda each: each.value, default=None)
        silence = now - order.given
        velocity = self._range.limited(order.velocity) if silence <= self._leader.patience else STAND
        return Heard(velocity, request, self._end(request, silence))

    def _request(self, source: CommandSource, now: float) -> Request | None:
        try:
            return source.poll(now).request
        except SourceLost:  # it does not lead
            self._others.remove(source)
            return None

    def _end(self, request: Request | None, silence: float) -> Stop | None:
        if request is Request.END:
            return Stop(Reason.SIGNAL, f"process {self._pid} was told to end")
        if request is Request.LIMP:
            return Stop(Reason.LIMP, "asked to go limp")
        if silence > (longest := self._leader.lost_after):
            return Stop(Reason.NO_COMMAND, f"{self._leader.name} has been silent for {longest:g} s")
        return None

    def close(self) -> None:
        """Lets go of all of them."""
        for source in self.sources:
            source.close()
