"""The loop keeps its rate over a bus, and lateness does not add up."""

from collections.abc import Mapping

import numpy as np
import pytest
from deployable import ROBOT, made_up_policy

from playground_amp.deploy import control_loop
from playground_amp.deploy.runtime import Sensors
from playground_amp.deploy.servo_bus import ServoStandIn, UdpServoBus


def test_the_loop_keeps_its_rate_over_a_bus() -> None:
    policy, steps = made_up_policy(), 40
    with ServoStandIn(policy.home, policy.control_dt, ROBOT.speed_limit) as servos:
        bus = UdpServoBus(servos.address, policy.joint_names)
        timing = control_loop.run_control_loop(policy, bus, lambda seconds: (0.3, 0.0, 0.0), steps)
        last = bus.read()
        bus.close()

    assert servos.targets_received == steps
    assert timing.starts[-1] == pytest.approx((steps - 1) * 0.02, abs=0.2)
    assert np.median(np.abs(timing.period_error)) < 0.01
    np.testing.assert_allclose(list(last.joint_position.values()), servos.position, atol=1e-6)


class MadeUpTime:
    """A clock that moves when somebody sleeps, and a little at every look."""

    now = 100.0

    def perf_counter(self) -> float:
        self.now += 1e-5
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-4


def test_a_fast_clock_waits_as_much_less(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, clock = MadeUpTime(), control_loop.Clock(10.0)
    monkeypatch.setattr(control_loop, "time", machine)
    began = clock.now()
    assert clock.by_machine(1.0) == 0.1
    assert clock.by_machine(-1.0) == 0.0
    pacer = control_loop.Pacer(0.02, clock)
    starts = [pacer.wait().start - began for _ in range(50)]
    assert starts[-1] == pytest.approx(49 * 0.02, abs=2e-3)
    assert machine.now - 100.0 == pytest.approx(49 * 0.002, abs=3e-4)


def test_lateness_does_not_add_up_and_missed_deadlines_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    policy, clock = made_up_policy(backend="numpy"), MadeUpTime()
    monkeypatch.setattr(control_loop, "time", clock)
    position, velocity = dict(zip(policy.joint_names, policy.home, strict=True)), dict.fromkeys(policy.joint_names, 0.0)

    class SlowBus:
        calls = 0

        def read(self) -> Sensors:
            self.calls += 1
            clock.now += 0.05 if self.calls == 3 else 0.004
            return Sensors([1, 0, 0, 0], [0, 0, 0], position, velocity)

        def write(self, targets: Mapping[str, float]) -> None:
            assert targets.keys() == set(policy.joint_names)

    timing = control_loop.run_control_loop(policy, SlowBus(), lambda seconds: (0.0, 0.0, 0.0), 6)

    # The third step, due at 0.04, takes until 0.09: 0.06 is missed, 0.08 comes late, 0.10 is on time again.
    np.testing.assert_allclose(timing.starts, [0.0, 0.02, 0.04, 0.09, 0.10, 0.12], atol=1e-3)
    assert timing.overruns == 1


def test_a_bus_that_does_not_answer_is_an_error() -> None:
    policy = made_up_policy(backend="numpy")
    servos = ServoStandIn(policy.home, policy.control_dt, ROBOT.speed_limit)  # never started
    with pytest.raises(TimeoutError):
        UdpServoBus(servos.address, policy.joint_names).read()
