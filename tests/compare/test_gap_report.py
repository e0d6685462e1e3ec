"""The whole report: what ends with which status, what is written, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walked_logs import Fault, Walker, write_log

from playground_amp.cli.compare import main
from playground_amp.compare.gap_report import make_report
from playground_amp.compare.posture import posture_of
from playground_amp.compare.telling_gaps import summary_text
from playground_amp.deploy.runtime import load_policy
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import parse_hardware
from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import PHASES
from playground_amp.physics.hanging import hanging_posture
from playground_amp.robot.models import shipped_policy
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
KNEE = ROBOT.joint_names.index("left_knee_pitch")


def walker(seed: int = 0, **fault: Any) -> Walker:
    return Walker(ROBOT, load_policy(shipped_policy("wildrobot"), "numpy"), Fault(**fault), seed)


def with_columns(log: RobotLog, events: tuple[dict[str, Any], ...] = (), **columns: Any) -> RobotLog:
    return RobotLog(**{**vars(log), "events": events, **columns})


@pytest.fixture(scope="module")
def limp() -> RobotLog:
    """Half a second of checks: the robot hangs, nothing was told to its servos."""
    log = walker().walk(lambda _: (0.0, 0.0, 0.0), 0.5)
    at_rest = np.tile(hanging_posture(ROBOT), (len(log.time), 1))
    checks = np.full(len(log.time), PHASES.index("checks"))
    return with_columns(log, phase=checks, target=np.full_like(log.target, np.nan), joint_position=at_rest)


def refused(joint: int, text: str) -> tuple[dict[str, Any], ...]:
    name = ROBOT.joint_names[joint]
    return ({"time": 0.5, "name": "check", "check": "pose", "passed": False, "text": text, "joint": name},)


def test_a_short_log_ends_healthy_and_writes_page_figures_and_columns(
    limp: RobotLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_log(limp, tmp_path / "a.wrlog")
    assert main([str(path), "--json", str(tmp_path / "a.json"), "--for-identify", str(tmp_path / "a.npz")]) == 0
    assert "too little was logged" in capsys.readouterr().out
    page = (tmp_path / "a.html").read_text()
    assert "CANNOT TELL" in page
    assert "Plotly" in page
    figures = json.loads((tmp_path / "a.json").read_text())
    assert figures["causes_named"] == []
    assert len(figures["causes"]) >= 12
    with np.load(tmp_path / "a.npz") as columns:
        assert columns["position"].shape == columns["target"].shape == columns["time"].shape
        np.testing.assert_allclose(columns["time"], limp.time[:, None] - limp.joint_age)
        assert columns["joint_names"].tolist() == list(ROBOT.joint_names)


def test_a_cause_ends_with_status_1_and_its_name(
    limp: RobotLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    temperature = limp.temperature.copy()
    temperature[-1, KNEE] = 84.0
    path = write_log(with_columns(limp, temperature=temperature), tmp_path / "a.wrlog")
    assert main([str(path)]) == 1
    assert "likely cause: hot_servo (left_knee_pitch)" in capsys.readouterr().out


def test_what_is_no_log_is_refused(tmp_path: Path, limp: RobotLog) -> None:
    (tmp_path / "x").write_bytes(b"something else")
    with pytest.raises(UserError, match="is no log"):
        main([str(tmp_path / "x")])
    path = write_log(limp, tmp_path / "a.wrlog")
    with pytest.raises(UserError, match="same file"):
        main([str(path), "--json", str(path)])
    with pytest.raises(UserError, match="wildrobot_arms has others"):
        main([str(path), "--robot", "wildrobot_arms"])
    empty = with_columns(limp, (), **{name: column[:0] for name, column in limp.arrays().items()})
    with pytest.raises(UserError, match="no step"):
        main([str(write_log(empty, tmp_path / "b.wrlog"))])


def test_hanging_joints_are_no_fault(limp: RobotLog) -> None:
    posture = posture_of(limp, ROBOT, parse_hardware(limp.header.hardware, "the header"))
    assert posture is not None
    assert posture.faults == ()


@pytest.mark.parametrize("fault", ["wrong_sign", "zero_off", "swapped_ids"])
def test_a_pose_that_was_refused_is_explained(limp: RobotLog, fault: str) -> None:
    """Limp joints at home, held by somebody, read by who does not know of the fault."""
    hip = KNEE - 2
    made = walker(3, **{"wrong_sign": {"reversed": KNEE}, "zero_off": {"zero_off": (KNEE, -0.7)}}.get(
        fault, {"swapped": (hip, KNEE)}))  # fmt: skip
    true, believed = made.true, made.believed
    read = believed.angle(true.counts(ROBOT.home_joint_position[true.moves]))
    log = with_columns(
        limp, refused(KNEE, "it is far from home"), joint_position=np.tile(read, (len(limp.time), 1)),
        header=made.walk(lambda _: (0.0, 0.0, 0.0), 0.02).header,
    )  # fmt: skip
    report = make_report(Path("a"), log, ROBOT)
    first = report.named[0]
    found = [f"{first.cause.name} {first.verdict.where}", *first.verdict.others]
    joints = "left_hip_pitch and left_knee_pitch" if fault == "swapped_ids" else "left_knee_pitch"
    assert f"{fault} {joints}" in found
    assert "likely cause" in summary_text(report)


@pytest.mark.slow
def test_a_healthy_walk_has_no_cause() -> None:
    log = walker(5).walk(lambda now: (0.4 * (now > 2), 0.0, 0.0), 6.0)
    report = make_report(Path("a"), log, ROBOT)
    assert report.named == []
    assert report.replays is not None


WAYS = {
    "turning": lambda now: (0.3 * (now > 2), 0.0, 0.5 * np.sign(np.sin(2 * now)) * (now > 2)),
    "on the spot": lambda now: (0.0, 0.0, 0.5 * (now > 2)),
    "standing": lambda now: (0.0, 0.0, 0.0),
    "sideways": lambda now: (0.0, 0.1 * (now > 2), 0.0),
    "backward": lambda now: (-0.15 * (now > 2), 0.0, 0.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_healthy_robot_has_no_cause_whatever_it_does(way: str, pushed: bool) -> None:
    def push(now: float) -> tuple[float, float, float]:
        angle = 2.4 * int(now / 3)
        return (5 * np.cos(angle), 5 * np.sin(angle), 0.0) if now > 3 and now % 3 < 0.2 else (0.0, 0.0, 0.0)

    log = walker(11).walk(WAYS[way], 12.0, push if pushed else None)
    assert make_report(Path("a"), log, ROBOT).named == []


@pytest.mark.slow
def test_a_weak_waist_shows_in_a_turn_and_not_in_a_robot_that_stands() -> None:
    waist = ROBOT.joint_names.index("waist_yaw")
    turned, stood = (
        make_report(Path("a"), walker(2, weak=(waist, 0.5)).walk(WAYS[way], 10.0), ROBOT)
        for way in ("turning", "standing")
    )
    assert [(it.cause.name, it.verdict.where) for it in turned.named] == [("weak_servo", "waist_yaw")]
    assert "waist_yaw" not in turned.unjudged.get("weak_servo", ())
    assert stood.named == []
    assert "waist_yaw" in stood.unjudged["weak_servo"]
    assert any("waist_yaw" in line for line in summary_text(stood).splitlines() if line.startswith("cannot tell"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "cause", "where"),
    [
        ({"swapped": (1, 4)}, "swapped_ids", "left_hip_pitch and left_ankle_pitch"),
        ({"reversed": 6}, "wrong_sign", "right_hip_pitch"),
        ({"zero_off": (8, -0.17)}, "zero_off", "right_knee_pitch"),
        ({"tilt": (0.0, 0.17, 0.0)}, "tilted_imu", ""),
        ({"weak": (7, 0.5)}, "weak_servo", "right_hip_roll"),
        ({"slack": (4, 0.0524)}, "slack", "left_ankle_pitch"),
        ({"lost": 0.2}, "lost_bytes", "board0"),
        ({"late": 0.02, "late_board": 1}, "late_answers", "board1"),
        ({"frozen": True, "since": 3.0}, "frozen_imu", ""),
        ({"dead": 8, "since": 3.0}, "dead_servo", "right_knee_pitch"),
        ({"hot": (2, 84.0), "since": 3.0}, "hot_servo", "left_hip_roll"),
        ({"voltage_dip": 3.2, "since": 3.0}, "brown_out", ""),
    ],
)  # fmt: skip
def test_each_fault_is_named(made: dict[str, Any], cause: str, where: str) -> None:
    log = walker(7, **made).walk(lambda now: (0.3 * (now > 2), 0.0, 0.0), 6.0)
    first = make_report(Path("a"), log, ROBOT).named[0]
    assert (first.cause.name, first.verdict.where) == (cause, where)
