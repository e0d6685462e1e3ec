"""Figures that a log has by itself, of a walked log in which columns were put wrong."""

from typing import Any

import numpy as np
import pytest
from walked_logs import Fault, Walker

from playground_amp.compare.signals import Signals, signals_of
from playground_amp.deploy.runtime import load_policy
from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import PHASES
from playground_amp.robot.models import shipped_policy
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")


@pytest.fixture(scope="module")
def log() -> RobotLog:
    policy = load_policy(shipped_policy("wildrobot"), "numpy")
    return Walker(ROBOT, policy, Fault(), 1).walk(lambda now: (0.3 * (now > 1.5), 0.0, 0.0), 2.5)


def signals(log: RobotLog, **columns: Any) -> Signals:
    changed = RobotLog(**{**vars(log), **columns})
    return signals_of(changed, ROBOT)


def test_a_healthy_log(log: RobotLog) -> None:
    found = signals(log)
    assert (np.abs(np.log(found.joints.age / found.joints.expected_age)) < np.log(1.7)).all()
    assert (found.joints.oldest < 0.03).all()
    assert (found.boards.lost < 0.01).all()
    assert (found.boards.worst_lost < 0.08).all()
    assert found.imu.frozen == 0
    assert found.imu.drift < 0.6
    assert (found.loop.period, found.loop.skipped) == (pytest.approx(0.02), 0)
    assert found.voltage_drop < 0.3


def test_an_imu_that_freezes_is_timed(log: RobotLog) -> None:
    orientation, gyro = log.orientation.copy(), log.gyro.copy()
    orientation[90:111], gyro[90:111] = orientation[90], gyro[90]
    assert signals(log, orientation=orientation, gyro=gyro).imu.frozen == pytest.approx(20 * 0.02, abs=1e-3)


def test_an_imu_that_rests_with_the_robot_is_not_frozen(log: RobotLog) -> None:
    still = {"orientation": 0 * log.orientation + log.orientation[0], "gyro": 0 * log.gyro}
    assert signals(log, **still, joint_velocity=0 * log.joint_velocity).imu.frozen == 0


def test_lost_answers_are_counted_in_all_and_in_the_worst_half_second(log: RobotLog) -> None:
    """Four reads a step, of which one is lost during the last half second, with a wrong checksum."""
    steps = np.arange(len(log.time))
    counters = np.zeros_like(log.counters)
    counters[:, 0, 0] = 1000 + 4 * steps
    counters[:, 0, 1] = 900 + np.maximum(steps - (len(steps) - 26), 0)
    counters[:, 0, 4] = counters[:, 0, 1]
    found = signals(log, counters=counters).boards
    assert found.worst_lost[0] == pytest.approx(0.25)
    assert found.lost[0] == pytest.approx(25 / (4 * (len(steps) - 1)))
    assert found.garbled[0] == 25
    assert found.worst_late[0] == 0


def test_a_servo_that_was_never_read_has_no_figures(log: RobotLog) -> None:
    columns = {name: getattr(log, name).astype(float).copy() for name in ("joint_age", "voltage", "temperature")}
    for column in columns.values():
        column[:, 3] = np.nan
    found = signals(log, **columns).joints
    assert np.isnan([found.age[3], found.voltage[3], found.temperature[3], found.last[3]]).all()
    assert np.isfinite(found.age[:3]).all()


def test_readings_get_old_once_the_run_is_over(log: RobotLog) -> None:
    """What counts is how old they were when it was stopped."""
    age, phase = log.joint_age.copy(), log.phase.copy()
    age[-10:], phase[-10:] = 0.5, PHASES.index("stopped")
    found = signals(log, joint_age=age, phase=phase, target=np.where(phase[:, None] == 4, np.nan, log.target)).joints
    assert (found.last < 0.05).all()
    assert (found.peak < 0.05).all()


def test_saturation_is_a_droop_that_asks_for_more_than_there_is(log: RobotLog) -> None:
    target = log.target.copy()
    target[: len(target) // 2, 2] = log.joint_position[: len(target) // 2, 2] + 1.0
    found = signals(log, target=target, joint_velocity=0 * log.joint_velocity).joints.saturated
    assert found[2] == pytest.approx(0.5, abs=0.02)
