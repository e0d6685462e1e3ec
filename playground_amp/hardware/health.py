"""When a line's worker looks at voltages and temperatures. Each look is a question of its own, as a position is.

Positions come first: a look makes a line's round longer, its readings older and its speeds staler, which costs the
policy power (docs/bus.md). A line whose round takes about a control step therefore looks seldom: a servo gets hot in
minutes. The battery gives way at once; all lines hang on it, so that the one which has time tells it for all.
"""

import math
from collections.abc import Callable, Sequence

from playground_amp.deploy.control_loop import Clock
from playground_amp.hardware.line import ServoLine

_PERIOD = 0.018  # s from one look to the next, on a line that has time
_MOST_LOOKS = 2  # in a row, where a round takes longer
_LONG_ROUND = 0.012  # s: such a line has no time
_SHARE = 0.04  # of its time, which looks may take then
_OLDEST = 0.06  # s of the robot's newest voltage, after which it is looked at again
_OWN_OLDEST = 0.5  # s of the line's own
_DIP = 0.9  # of the usual voltage: less is looked at again at once, so that a dip is not taken for an empty battery
_USUAL = 0.1  # share that a look has in what is usual


class NewestVoltage:
    """When any line of a robot last read a voltage, s of the lines' clock."""

    def __init__(self) -> None:
        self.taken = -math.inf


class HealthLooks:
    """The voltages and temperatures of one line's servos; its mappings may be read from other threads at any time."""

    def __init__(self, line: ServoLine, ids: Sequence[int], clock: Clock, newest: NewestVoltage) -> None:
        self.voltage = dict.fromkeys(ids, math.nan)  # V
        self.temperature = dict.fromkeys(ids, math.nan)  # °C
        self._line, self._ids, self._clock, self._newest = line, tuple(ids), clock, newest
        self._due = -math.inf  # s, the next look
        self._cost = 0.0  # s that the last one took
        self._own_taken = -math.inf  # s, the line's newest voltage
        self._was_voltage = self._dips = False
        self._usual = math.nan  # V
        self._voltages = self._temperatures = 0  # how many were looked at

    def look(self, round_time: float, go_on: Callable[[], bool]) -> None:
        """As many looks as are due, while `go_on` says so, after a round of s that somebody waits for; 0: nobody."""
        now = self._clock.now()
        period = max(_PERIOD, self._cost / _SHARE) if round_time > _LONG_ROUND else _PERIOD
        self._due = min(max(self._due, now - (_MOST_LOOKS - 1) * period), now + period)
        while self._due <= now and go_on():
            self._due += period
            began = self._clock.now()
            self._was_voltage = self._is_voltage_wanted(began)
            if self._was_voltage:
                self._look_at_voltage()
            else:
                self._look_at_temperature()
            self._cost = self._clock.now() - began
            if self._dips:
                self._due = -math.inf  # again after the next round
                return

    def _is_voltage_wanted(self, now: float) -> bool:
        if self._was_voltage and not self._dips:
            return False  # temperatures have their turn too
        unknown = any(math.isnan(volts) for volts in self.voltage.values())
        old = now - self._newest.taken > _OLDEST or now - self._own_taken > _OWN_OLDEST
        return unknown or self._dips or old

    def _look_at_voltage(self) -> None:
        """Of each servo in turn; of the same again where it has dropped."""
        self._voltages += not self._dips
        id = self._ids[self._voltages % len(self._ids)]
        self._dips, volts = False, self._line.read_voltage(id)
        if volts is None:
            return
        self.voltage[id] = volts
        self._own_taken = self._newest.taken = self._clock.now()
        self._dips = volts < _DIP * self._usual
        self._usual = volts if math.isnan(self._usual) else self._usual + _USUAL * (volts - self._usual)

    def _look_at_temperature(self) -> None:
        self._temperatures += 1
        id = self._ids[self._temperatures % len(self._ids)]
        celsius = self._line.read_temperature(id)
        if celsius is not None:
            self.temperature[id] = celsius
