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
    period = policy.control_dt
    starts, busy = np.empty(steps), np.empty(steps)
    began = time.perf_counter()
    deadline = 0.0
    for step in range(steps):
        starts[step] = _wait_until(began + deadline) - began
        bus.write(policy.step(bus.read(), command(deadline)))
        finished = time.perf_counter() - began
        busy[step] = finished - starts[step]
        deadline = max(deadline + period, np.floor(finished / period) * period)
    return LoopTiming(starts, busy, period)


def _wait_until(moment: float) -> float:
    """Sleeps, then watches the clock; the time at which it returns."""
    while (left := moment - time.perf_counter()) > 0:
        if left > _SPIN:
            time.sleep(left - _SPIN)
    return time.perf_counter()
