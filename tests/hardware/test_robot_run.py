"""A run on the robot: nothing moves before a yes, it is led home, walks, and whatever ends it, the servos are limp."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up_robot import MadeUpBus, MadeUpRobot, MadeUpSource

from playground_amp.hardware import log
from playground_amp.hardware.commander import ToldToEnd
from playground_amp.hardware.commands import Request, SourceLost
from playground_amp.hardware.log_format import PHASES
from playground_amp.hardware.stops import Reason


@pytest.fixture
def robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeUpRobot:
    return MadeUpRobot(tmp_path, monkeypatch)


def test_a_run_goes_from_checks_over_home_to_walking_and_ends_limp(robot: MadeUpRobot) -> None:
    first = robot.policy.joint_names[1]
    robot.bus.position[first] += 0.4
    robot.sources = [MadeUpSource((3.0, Request.GO), (4.5, (0.3, 0.0, 0.0)), (6.0, Request.STOP))]
    ran = robot.run()

    assert ran.stop.reason is Reason.ASKED
    assert ran.bus.told[:2] == ["write", "torque True"]
    assert ran.bus.written[0][first] == pytest.approx(robot.home[first] + 0.4)  # stiff where it was
    assert ran.bus.told.count("relax") == 1
    assert ran.bus.told[-1] == "relax"
    log = ran.log
    phases = [PHASES[phase] for phase in log.phase]
    order = [phase for place, phase in enumerate(phases) if place == 0 or phases[place - 1] != phase]
    assert order == ["checks", "home", "stand", "walk", "stand", "stopped"]
    home = log.phase == PHASES.index("home")
    speed = np.abs(np.diff(log.target[home][:-1], axis=0)) / robot.policy.control_dt
    assert 0.2 < speed.max() < 0.5  # gently
    np.testing.assert_allclose(log.target[home][-2], robot.policy.home, atol=1e-6)
    assert np.isnan(log.action[home]).all()
    walk = log.phase == PHASES.index("walk")
    np.testing.assert_allclose(log.command[walk], np.tile([0.3, 0, 0], (walk.sum(), 1)), rtol=1e-6)
    assert np.isfinite(log.observation[walk]).all()
    np.testing.assert_allclose(np.diff(log.step_start[walk]), 0.02, atol=1e-3)
    assert ran.event("stop") == {**ran.event("stop"), "reason": "asked", "limp": True}
    assert sum("go on" in line for line in ran.told) == 1


def test_the_log_holds_what_the_policy_saw_and_answered(robot: MadeUpRobot) -> None:
    ran = robot.run()
    stand = np.flatnonzero(ran.log.phase == PHASES.index("stand"))[:-1]
    policy = robot.policy
    memory = policy.start()
    for step in stand[:20]:
        observation, action, target = (getattr(ran.log, name)[step] for name in ("observation", "action", "target"))
        expected = policy.network(observation, memory.joint_target)
        np.testing.assert_allclose(expected, (action, target), atol=1e-5)
        memory = memory._replace(previous_action=action, joint_target=target)


@pytest.mark.parametrize("confirmed", [True, False])
def test_nothing_is_sent_to_a_robot_that_fails_a_check_or_without_a_yes(robot: MadeUpRobot, confirmed: bool) -> None:
    robot.confirm = lambda: confirmed
    if confirmed:
        robot.bus.temperature[robot.policy.joint_names[0]] = 80.0
    ran = robot.run()
    assert ran.stop.reason is (Reason.CHECKS if confirmed else Reason.DECLINED)
    assert ran.bus.told == []
    assert ran.event("stop")["limp"] is None


@pytest.mark.parametrize(("until", "reason"), [(20, Reason.ASKED), (10**9, Reason.CHECKS)])
def test_a_line_is_looked_at_longer_before_it_is_called_bad(robot: MadeUpRobot, until: int, reason: Reason) -> None:
    def lose_answers(bus: MadeUpBus) -> None:
        bus.lost["left_leg"] += bus.looks < until

    robot.bus.fault = lose_answers
    ran = robot.run()
    assert ran.stop.reason is reason
    if reason is Reason.CHECKS:
        assert "left_leg: 24 of 120 answers lost, 5% are the most" in ran.stop.text


def test_a_line_that_is_gone_is_not_waited_for_and_its_joints_poses_are_not_told(robot: MadeUpRobot) -> None:
    def pull_out(bus: MadeUpBus) -> None:
        bus.failures = {"left_leg": "its line is gone"}
        bus.position["left_hip_roll"] = 0.9  # whatever was read last
        bus.age |= {name: np.inf for name in bus.names if bus.hardware.servos[name].board == "left_leg"}

    robot.bus.fault = pull_out
    ran = robot.run()
    assert ran.stop.reason is Reason.CHECKS
    assert "left_leg: its line is gone" in ran.stop.text
    assert "from home" not in ran.stop.text
    assert (ran.log.phase == PHASES.index("checks")).sum() * 0.02 == pytest.approx(0.5)


def lean(bus: MadeUpBus) -> None:
    bus.orientation = [np.cos(0.5), np.sin(0.5), 0.0, 0.0]  # by 1 rad


def lose_a_servo(bus: MadeUpBus) -> None:
    bus.age["left_knee_pitch"] = 0.17


def lose_a_line(bus: MadeUpBus) -> None:
    bus.age |= {name: 0.3 for name, servo in bus.hardware.servos.items() if servo.board == "left_leg"}


def unplug(bus: MadeUpBus) -> None:
    bus.failures = {"right_leg": "its line is gone: Input/output error"}


def lose_the_imu(bus: MadeUpBus) -> None:
    bus.imu_age = 0.2


def freeze_the_imu(bus: MadeUpBus) -> None:
    bus.gyro = [0.0, 0.0, 0.0]
    bus.position["left_knee_pitch"] += 0.02 * (bus.looks % 9)


def boil(bus: MadeUpBus) -> None:
    bus.temperature["waist_yaw"] = 71.0


def sag(bus: MadeUpBus) -> None:
    bus.voltage["waist_yaw"] = 9.0


def hang(bus: MadeUpBus) -> None:
    bus.clock.now += 0.15
    bus.fault = lambda bus: None


def lie(bus: MadeUpBus) -> None:
    bus.position["left_knee_pitch"] = 9.0


@pytest.mark.parametrize(
    ("fault", "reason", "named"),
    [
        (lean, Reason.TILT, "1.00 rad"),
        (lose_a_servo, Reason.SERVO_LOST, "left_knee_pitch"),
        (lose_a_line, Reason.LINE_LOST, "left_leg"),
        (unplug, Reason.LINE_LOST, "right_leg"),
        (lose_the_imu, Reason.IMU_LOST, "200 ms"),
        (freeze_the_imu, Reason.IMU_LOST, "the same"),
        (boil, Reason.HEAT, "waist_yaw has 71 °C"),
        (sag, Reason.VOLTAGE, "9.0 V"),
        (hang, Reason.DEADLINES, "6 deadlines"),
        (lie, Reason.READING, "left_knee_pitch"),
    ],
)
def test_each_fault_stops_it_within_200_ms_with_its_reason_and_limp_servos(
    robot: MadeUpRobot, fault: Callable[[MadeUpBus], None], reason: Reason, named: str
) -> None:
    when = 3.2
    robot.at(when, fault)
    ran = robot.run()
    assert ran.stop.reason is reason
    assert named in ran.stop.text
    assert ran.bus.told[-1] == "relax"
    stiff = next(event["time"] for event in ran.log.events if event.get("phase") == "home")
    assert ran.event("stop")["time"] - stiff < when + 0.2 + 0.05  # the home phase begins a step before it is stiff
    assert ran.event("stop")["reason"] == reason.word


def test_single_readings_that_cannot_be_true_are_stood_in_for(robot: MadeUpRobot) -> None:
    def lie_now_and_then(bus: MadeUpBus) -> None:
        if bus.looks % 20 == 0:
            lie(bus)

    robot.at(4.0, lie_now_and_then)
    ran = robot.run()
    assert ran.stop.reason is Reason.ASKED
    assert "position of left_knee_pitch is 9" in ran.event("glitch")["text"]


def test_a_dip_of_the_voltage_is_no_reason_to_stop(robot: MadeUpRobot) -> None:
    robot.at(1.0, lambda bus: bus.voltage.update(waist_yaw=9.0 if bus.looks % 10 < 3 else 12.0))
    assert robot.run().stop.reason is Reason.ASKED


def test_a_joint_that_does_not_get_home_is_named(robot: MadeUpRobot) -> None:
    robot.at(0.0, lambda bus: bus.position.update(right_hip_roll=-0.3))
    ran = robot.run()
    assert ran.stop.reason is Reason.HOME
    assert "right_hip_roll stays 0.30 rad" in ran.stop.text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([(1.0, Request.STOP)], Reason.ASKED),  # before it balanced
        ([(2.3, Request.GO), (3.2, Request.LIMP)], Reason.LIMP),
        ([(2.3, Request.GO), (3.2, Request.END)], Reason.SIGNAL),
        ([(2.3, Request.GO), (3.2, SourceLost("the gamepad is gone"))], Reason.NO_COMMAND),
    ],
)
def test_whoever_leads_it_can_end_it(robot: MadeUpRobot, said: list, reason: Reason) -> None:
    robot.sources = [MadeUpSource(*said)]
    ran = robot.run()
    assert ran.stop.reason is reason
    assert ran.bus.told[-1] == "relax"


def test_a_go_that_is_said_before_it_is_home_does_not_count(robot: MadeUpRobot) -> None:
    robot.sources = [MadeUpSource((1.0, Request.GO), (4.0, Request.STOP))]
    ran = robot.run()
    assert ran.stop.text == "asked to stop before it balanced"
    assert {PHASES[phase] for phase in ran.log.phase} == {"checks", "home", "stopped"}


def test_it_ends_by_itself_after_the_seconds_asked_for(robot: MadeUpRobot) -> None:
    robot.sources, robot.seconds, robot.waits_for_go = [MadeUpSource((0.0, (0.3, 0.0, 0.0)))], 2.0, False
    ran = robot.run()
    assert ran.stop.reason is Reason.ASKED
    walked = (ran.log.phase == PHASES.index("walk")).sum() * 0.02
    assert walked == pytest.approx(2.0, abs=0.05)
    assert ran.log.command[-20].tolist() == [0, 0, 0]  # it stands for a second before it lets go


def test_a_full_disk_makes_it_stand_and_then_go_limp(robot: MadeUpRobot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(bus: MadeUpBus) -> None:
        monkeypatch.setattr(log, "_to_disk", refuse)
        while robot.recorder.failure is None:
            threading.Event().wait(0.002)

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    robot.sources = [MadeUpSource((2.3, Request.GO), (2.4, (0.3, 0.0, 0.0)))]
    robot.at(4.0, fill_the_disk)
    ran = robot.run()
    assert ran.stop.reason is Reason.LOG_LOST
    assert "No space left on device" in ran.stop.text
    assert ran.bus.told[-1] == "relax"
    assert ran.bus.looks * 0.02 > 0.5 + 4.0 + 1.0  # of checks, until it was full, of standing


def test_who_is_interrupted_while_asking_moves_nothing(robot: MadeUpRobot) -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    robot.confirm = interrupt
    with pytest.raises(KeyboardInterrupt):
        robot.run()
    assert robot.bus.told == []


def test_who_is_told_to_end_while_asking_says_so_and_moves_nothing(robot: MadeUpRobot) -> None:
    def end() -> bool:
        raise ToldToEnd("SIGTERM")

    robot.confirm = end
    ran = robot.run()
    assert ran.stop.reason is Reason.SIGNAL
    assert robot.bus.told == []
    assert "SIGTERM" in ran.event("stop")["text"]


def test_a_robot_whose_leader_is_gone_does_not_get_stiff(robot: MadeUpRobot) -> None:
    robot.sources = [MadeUpSource((0.0, SourceLost("the gamepad is gone")))]
    ran = robot.run()
    assert ran.stop.reason is Reason.NO_COMMAND
    assert robot.bus.told == []


@pytest.mark.parametrize("limp", [True, False])
def test_the_guardian_is_dismissed_once_all_lines_are_limp_and_a_person_told_otherwise(
    robot: MadeUpRobot, limp: bool
) -> None:
    robot.bus.limp_within_reach = limp
    robot.sources = [MadeUpSource((1.0, Request.LIMP))]
    ran = robot.run()
    assert ran.stop.reason is Reason.LIMP
    assert ran.event("stop")["limp"] is limp
    assert robot.guardian.told[:2] == ["ready", "beat"]
    assert (robot.guardian.told[-1] == "dismiss") is limp
    assert any("switch off" in line for line in ran.told) is not limp


def test_a_guardian_that_dies_is_a_reason_to_stop(robot: MadeUpRobot) -> None:
    robot.guardian.lost_after = 30
    assert robot.run().stop.reason is Reason.GUARDIAN_LOST


def test_a_fault_in_the_program_lets_the_servos_go_too(robot: MadeUpRobot) -> None:
    def break_down(bus: MadeUpBus) -> None:
        raise ZeroDivisionError("made up")

    robot.at(3.0, break_down)
    with pytest.raises(ZeroDivisionError):
        robot.run()
    assert robot.bus.told[-1] == "relax"
