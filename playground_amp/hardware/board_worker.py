"""A board's worker: the only one who uses its line. It writes the newest targets first, then reads servo by servo."""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.hardware.health import HealthLooks, NewestVoltage
from playground_amp.hardware.line import LineCounters, PositionReading, ServoLine

_SHORTEST_ROUND = 0.004  # s: a line that is faster rests, unless there is something to send
_LIMP_ROUNDS = 10  # for so many rounds "limp" is sent again: a frame can be lost
_LIMP_AT_ONCE = 3  # times in the first of them: rounds of a line that loses answers are long


class JointReading(NamedTuple):
    """The newest reading of one servo."""

    counts: float = math.nan
    speed: float = 0.0  # counts/s: the servo's own, or from the reading before, over the time between them
    taken: float = -math.inf  # s of the line's clock

    def followed_by(self, reading: PositionReading) -> "JointReading":
        """The next one."""
        speed = reading.speed
        if speed is None:
            apart = reading.taken - self.taken
            speed = (reading.counts - self.counts) / apart if 0 < apart < math.inf else 0.0
        return JointReading(float(reading.counts), speed, reading.taken)


class _Orders(NamedTuple):
    """What waits to be sent."""

    torque: bool | None = None
    targets: Mapping[int, int] | None = None


class BoardWorker(threading.Thread):
    """Reads a line's servos without pause, and sends what it is told.

    Its mappings by servo id are replaced item by item, so others may read them at any time. It ends by `stop`, or when
    the line is gone: `failure` then says why.
    """

    def __init__(
        self,
        name: str,
        line: ServoLine,
        ids: Sequence[int],
        *,
        own_speeds: bool = False,
        clock: Clock = MACHINE_TIME,
        newest_voltage: NewestVoltage | None = None,
    ) -> None:
        """`newest_voltage`: that of all lines at the robot's battery."""
        super().__init__(name=name, daemon=True)
        self.readings = dict.fromkeys(ids, JointReading())
        self.health = HealthLooks(line, ids, clock, newest_voltage or NewestVoltage())
        self.failure: str | None = None
        self._line, self._ids, self._clock, self._own_speeds = line, tuple(ids), clock, own_speeds
        self._changed = threading.Condition()
        self._orders = _Orders()
        self._stiff = False  # only then targets are sent: a target makes some servos stiff
        self._limp_again = 0  # rounds
        self._sent_limp = threading.Event()
        self._stopping = False

    @property
    def counters(self) -> LineCounters:
        """Of the line."""
        return self._line.counters

    def write(self, targets: Mapping[int, int]) -> None:
        """Counts by id, which the next round sends; older ones that are still waiting are dropped."""
        with self._changed:
            if self._stiff:
                self._orders = self._orders._replace(targets=dict(targets))
                self._changed.notify()

    def set_torque(self, on: bool) -> None:
        """Stiff, each where it was read last, or limp, before anything else. Targets that wait are dropped."""
        with self._changed:
            self._stiff = on
            self._sent_limp.clear()
            self._orders = _Orders(torque=on)
            self._changed.notify()

    def wait_until_limp(self, seconds: float) -> bool:
        """Whether the line has been told to be limp by then."""
        return self._sent_limp.wait(self._clock.by_machine(seconds))

    def stop(self) -> None:
        """Ends it; what waits to be sent is sent before."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def run(self) -> None:
        """Round after round."""
        try:
            while self._is_going_on():
                began = self._clock.now()
                self._send()
                self._read()
                self.health.look(self._clock.now() - began if self._stiff else 0.0, self._is_free)
                with self._changed:
                    if self._orders == _Orders() and not self._stopping:
                        self._changed.wait(self._clock.by_machine(began + _SHORTEST_ROUND - self._clock.now()))
        except OSError as error:
            self.failure = f"its line is gone: {error.strerror or error}"
        except Exception as error:  # a thread's end is silent: whoever steers must hear of it
            self.failure = f"its worker has failed: {type(error).__name__} {error}"
        finally:
            self._line.close()

    def _is_going_on(self) -> bool:
        with self._changed:
            return not self._stopping or self._orders != _Orders()

    def _send(self) -> None:
        with self._changed:
            torque, targets = self._orders
            self._orders = _Orders()
        if torque is False:
            self._limp_again = _LIMP_ROUNDS
        elif torque:
            self._limp_again = 0
            self._line.write_positions(held := self._held())
            for id in held:  # one that was never read would jump to wherever it was told last
                self._line.set_torque(id, True)
        if self._limp_again:
            times = _LIMP_AT_ONCE if self._limp_again == _LIMP_ROUNDS else 1
            self._limp_again -= 1
            for _ in range(times):
                self._line.set_torque(None, False)
            self._sent_limp.set()
        if targets:
            self._line.write_positions(targets)

    def _held(self) -> dict[int, int]:
        return {id: round(it.counts) for id, it in self.readings.items() if math.isfinite(it.counts)}

    def _read(self) -> None:
        for reading in self._line.read_positions(self._ids, self._is_free):
            known = reading if self._own_speeds else reading._replace(speed=None)
            self.readings[reading.id] = self.readings[reading.id].followed_by(known)

    def _is_free(self) -> bool:
        """Whether no servo has to become limp or stiff, which a whole round would be too long to wait for."""
        return self._orders.torque is None
