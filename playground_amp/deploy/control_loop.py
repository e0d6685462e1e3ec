"""The loop that runs a policy at its rate: read, decide, write, wait for the next multiple of the period."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from playground_amp.deploy.runtime import Sensors, WalkingPolicy

_SPIN = 0.0005  # s before a deadline from which the loop watches the clock instead of sleeping


class ServoBus(Protocol):
    """Whatever carries readings and targets: the robot's bus, or its stand-in."""

    def read(self) -> Sensors:
        """The newest readings."""
        ...

    def write(self, targets: Mapping[str, float]) -> None:
        """Sends servo targets by joint name, rad."""
        ...


class LoopTiming(NamedTuple):
    """What a loop kept to, in s."""

    starts: np.ndarray  # [steps] when each step began
    busy: np.ndarray  # [steps] from there until its targets were sent
    period: float

    @property
    def period_error(self) -> np.ndarray:
        """How much longer than asked for each period was, [steps - 1]."""
        return np.diff(self.starts) - self.period

    @property
    def overruns(self) -> int:
        """Steps that had not sent their targets when the next one was due."""
        return int(np.sum(self.busy > self.period))


def run_control_loop(
    policy: WalkingPolicy, bus: ServoBus, command: Callable[[float], Sequence[float]], steps: int
) -> LoopTiming:
    """Runs `steps` control periods from the home pose; `command` gives the velocity asked for at a time in s.

    Deadlines are multiples of the period since the start, so that lateness does not add up. A step that overruns
    makes the loop skip the deadlines it has missed. Errors of the bus and `BundleError` go through to the caller,
    who must then bring the robot to a safe state.
    """
    policy.reset()
    starts, busy = np.empty(steps), np.empty(steps)
    pacer = Pacer(policy.control_dt)
    for step in range(steps):
        beat = pacer.wait()
        starts[step] = beat.start - pacer.began
        bus.write(policy.step(bus.read(), command(beat.deadline - pacer.began)))
        busy[step] = MACHINE_TIME.now() - beat.start
    return LoopTiming(starts, busy, pacer.period)


class Clock:
    """The time in which a loop lives, s: the machine's, or one `speed` times as fast for a twin that is."""

    def __init__(self, speed: float = 1.0):
        self.speed = speed

    def now(self) -> float:
        """s of it."""
        return time.perf_counter() * self.speed

    def by_machine(self, seconds: float) -> float:
        """How long so many s of it are on the machine's clock: what its own waits are told. At least 0."""
        return max(seconds, 0.0) / self.speed

    def sleep(self, seconds: float) -> None:
        """Sleeps for so many s of it."""
        time.sleep(self.by_machine(seconds))

    def wait_until(self, moment: float) -> float:
        """Sleeps, then watches the clock; the time at which it returns."""
        while (left := moment - self.now()) > 0:
            if left > _SPIN:
                self.sleep(left - _SPIN)
        return self.now()


MACHINE_TIME = Clock()


class Beat(NamedTuple):
    """The beginning of a control step."""

    deadline: float  # s of its clock, when it was due
    start: float  # s, when it began
    skipped: int  # deadlines before it that have passed while the step before was still at work

    @property
    def lateness(self) -> float:
        """How far behind its deadline it began, s."""
        return self.start - self.deadline


class Pacer:
    """Deadlines at multiples of a period from now on; those that pass unused are skipped, none is moved."""

    def __init__(self, period: float, clock: Clock = MACHINE_TIME):
        self.period, self._clock = period, clock
        self.began = clock.now()
        self._next = 0  # deadline, in periods

    def wait(self) -> Beat:
        """Waits for the next deadline. A step that has overrun begins at once, for the last deadline that passed."""
        passed = int((self._clock.now() - self.began) / self.period)
        skipped = max(0, passed - self._next)
        number = self._next + skipped
        self._next = number + 1
        deadline = self.began + number * self.period
        return Beat(deadline, self._clock.wait_until(deadline), skipped)
