"""A board's worker: the only one who uses its line. It writes the newest targets first, then reads servo by servo."""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.hardware.line import LineCounters, PositionReading, ServoLine

_SHORTEST_ROUND = 0.004  # s: a line that is faster rests, unless there is something to send
_HEALTH_PERIOD = 0.018  # s from one look at a voltage or a temperature to the next
_MOST_LOOKS = 2  # in a row, where a round takes longer
_VOLTAGE_EVERY = 4  # looks: a line's servos share their supply, each has a heat of its own
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
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.readings = dict.fromkeys(ids, JointReading())
        self.voltage = dict.fromkeys(ids, math.nan)  # V
        self.temperature = dict.fromkeys(ids, math.nan)  # °C
        self.failure: str | None = None
        self._line, self._ids, self._clock, self._own_speeds = line, tuple(ids), clock, own_speeds
        self._changed = threading.Condition()
        self._orders = _Orders()
        self._stiff = False  # only then targets are sent: a target makes some servos stiff
        self._limp_again = 0  # rounds
        self._sent_limp = threading.Event()
        self._stopping = False
        self._looked = 0  # how many voltages and temperatures
        self._look_due = -math.inf  # s

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
                self._look_at_health()
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

    def _look_at_health(self) -> None:
        """As many looks as are due, unless there is something to tell all of them."""
        now = self._clock.now()
        self._look_due = max(self._look_due, now - (_MOST_LOOKS - 1) * _HEALTH_PERIOD)
        while self._look_due <= now and self._is_free():
            self._look_due += _HEALTH_PERIOD
            self._look_at_one()

    def _look_at_one(self) -> None:
        """One voltage or temperature: of each servo in turn the temperature, now and then a voltage."""
        turn, place = divmod(self._looked, _VOLTAGE_EVERY)
        self._looked += 1
        if place == _VOLTAGE_EVERY - 1:
            id = self._ids[turn % len(self._ids)]
            self._note(self.voltage, id, self._line.read_voltage(id))
        else:
            id = self._ids[((_VOLTAGE_EVERY - 1) * turn + place) % len(self._ids)]
            self._note(self.temperature, id, self._line.read_temperature(id))

    def _note(self, known: dict[int, float], id: int, value: float | None) -> None:
        if value is not None:
            known[id] = value
