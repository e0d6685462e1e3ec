"""By which sensors gates judge: the robot's own bus once training is on it, a worse one, or ideal ones if asked."""

import dataclasses
import math

import pytest

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.gates import judged_bus
from playground_amp.gates.cells import Gate
from playground_amp.gates.gates import BENCH, ROBUST, SIMULATORS, WALK
from playground_amp.gates.judged_bus import judged_robot, sensors_of
from playground_amp.gates.runner import gate_config
from playground_amp.paths import STANDARD

WITHOUT = changed(load_config(STANDARD), {"env.bus": False})
WITH = changed(WITHOUT, {"env.bus": True})


@pytest.mark.parametrize("gate", [WALK, ROBUST, SIMULATORS], ids=lambda gate: gate.name)
@pytest.mark.parametrize("usual", [False, True])
def test_a_policy_is_judged_on_its_robots_bus(gate: Gate, usual: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged_bus, "_trained_on_the_bus", lambda _: usual)
    assert sensors_of(gate, WITH) == "bus"
    assert sensors_of(gate, WITHOUT) == ("bus" if usual else "ideal")
    assert gate_config(WITHOUT, gate).env.bus is usual
    ideal = gate.with_ideal_sensors()
    assert sensors_of(ideal, WITH) == "ideal"
    assert not gate_config(WITH, ideal).env.bus
    assert judged_robot(gate, WITH, "flat").hardware is judged_robot(ideal, WITH, "flat").hardware


def test_the_bench_is_a_worse_bus_and_an_emptier_battery() -> None:
    own, worse = (judged_robot(gate, WITHOUT, "flat").hardware for gate in (WALK, BENCH))
    assert own
    assert worse
    assert (own.num_boards, worse.num_boards) == (3, 1)
    assert float(worse.round_time[0]) == pytest.approx(11 * 0.00454)
    assert (worse.lost_reads, worse.imu_delay, worse.imu_period) == (0.02, 0.01, own.imu_period)
    config = gate_config(WITHOUT, BENCH)
    drawn = config.domain_randomization
    assert config.env.bus
    assert drawn.motor_strength == (0.8, 0.8)
    assert drawn.no_load_speed == (8.0, 8.0)  # of 10 rad/s
    assert drawn.imu_tilt == pytest.approx((math.radians(3),) * 2)
    wide = changed(WITHOUT, {"domain_randomization.total_mass": [0.8, 1.2], "domain_randomization.gyro_noise": 0.1})
    assert gate_config(wide, BENCH).domain_randomization == drawn  # nothing else differs, whatever was trained with


def test_what_is_worse_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    robot = judged_robot(WALK, WITHOUT, "flat")
    assert robot.hardware
    slow = dataclasses.replace(robot, hardware=dataclasses.replace(robot.hardware, lost_reads=0.1, imu_delay=0.03))
    monkeypatch.setattr(judged_bus, "load_robot", lambda *_: slow)
    worse = judged_robot(BENCH, WITHOUT, "flat").hardware
    assert worse
    assert (worse.lost_reads, worse.imu_delay) == (0.1, 0.03)
