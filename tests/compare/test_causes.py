"""The table of causes: each is named by its own evidence, and healthy figures name none."""

from typing import Any

import numpy as np
import pytest

from playground_amp.compare.body_causes import SAVED, unjudged
from playground_amp.compare.builds import Candidate, as_described
from playground_amp.compare.causes import CAUSES
from playground_amp.compare.evidence import Evidence, Verdict
from playground_amp.compare.misfit import Misfit
from playground_amp.compare.posture import Posture, PostureFault
from playground_amp.compare.search import Explanation, Search
from playground_amp.compare.signals import BoardSignals, ImuSignals, JointSignals, LoopSignals, Signals
from playground_amp.hardware.hardware_file import parse_hardware

NAMES = ("a", "b", "c", "d")
HARDWARE = parse_hardware(
    """
robot: any
boards:
  left: {protocol: hiwonder, port: /dev/null, baud: 115200}
  right: {protocol: hiwonder, port: /dev/null, baud: 115200}
servos:
  a: {board: left, id: 1, direction: 1, center: 500}
  b: {board: left, id: 2, direction: 1, center: 500}
  c: {board: right, id: 1, direction: 1, center: 500}
  d: {board: right, id: 2, direction: 1, center: 500}
counts_per_turn: 1500
count_range: [0, 1000]
speed: differenced
imu: {kind: bno085_uart, port: /dev/null}
limits: {voltage_low: 9.6, temperature_high: 70}
""",
    "the text",
)


def fill(value: float, **others: float) -> np.ndarray:
    return np.array([others.get(name, value) for name in NAMES])


HEALTHY = Signals(
    joints=JointSignals(
        age=fill(0.013),
        oldest=fill(0.024),
        peak=fill(0.03),
        last=fill(0.02),
        expected_age=fill(0.013),
        voltage=fill(11.8),
        temperature=fill(41.0),
        saturated=fill(0.0),
    ),
    boards=BoardSignals(
        reads=np.array([1e4, 1e4]),
        lost=np.array([0.001, 0.002]),
        worst_lost=np.array([0.02, 0.03]),
        worst_late=np.array([0.0, 0.01]),
        garbled=np.array([0.0, 3.0]),
    ),
    imu=ImuSignals(frozen=0.0, last=0.004, drift=0.1),
    loop=LoopSignals(steps=500, seconds=10.0, period=0.02, late=0.0005, skipped=0.0),
    voltage_drop=0.3,
)


def explained(fault: str, joints: tuple[str, ...], amount: tuple[float, ...], saved: float) -> Explanation:
    candidate = Candidate(fault, joints, lambda _: as_described(len(NAMES)), ((),))
    return Explanation(candidate, amount, Misfit(3.0, 1.0, 1.0, 1.0), Misfit(3.0 - saved, 1.0, 1.0, 1.0))


def searched(*explanations: Explanation, effects: dict[tuple[str, tuple[str, ...]], float] | None = None) -> Search:
    return Search(Misfit(3.0, 1.0, 1.0, 1.0), explanations, effects or {}, 60, 36)


NOTHING = searched(explained("weak_servo", ("a",), (0.9,), 0.02), explained("zero_off", ("b",), (0.01,), -0.1))


def evidence(signals: Signals = HEALTHY, search: Search | None = NOTHING, **others: Any) -> Evidence:
    given = {"posture": None, "events": (), **others}
    return Evidence(NAMES, ("left", "right"), HARDWARE, 0.02, signals, search, **given)


def named(given: Evidence) -> dict[str, Verdict]:
    verdicts = {cause.name: cause.judge(given) for cause in CAUSES}
    return {name: verdict for name, verdict in verdicts.items() if verdict.share >= 1}


def test_a_log_that_a_fault_would_not_have_changed_says_that_it_cannot_tell() -> None:
    effects = {
        ("weak_servo", ("a",)): 0.5 * SAVED,
        ("weak_servo", ("b",)): 2 * SAVED,
        ("slack", ("c",)): 0.0,
        ("swapped_ids", ("a", "b")): 0.0,
    }
    found = unjudged(evidence(search=searched(*NOTHING.explanations, effects=effects)))
    assert found == {"weak_servo": ("a",), "slack": ("c",)}
    few = searched(*NOTHING.explanations, effects=effects)._replace(moments=10, replays=10)
    assert unjudged(evidence(search=few))["weak_servo"] == ("a", "b")
    assert unjudged(evidence(search=None))["zero_off"] == NAMES


def test_a_healthy_robot_has_no_cause_and_is_far_from_all() -> None:
    assert named(evidence()) == {}
    assert max(cause.judge(evidence()).share for cause in CAUSES) < 0.9


def test_without_motion_nothing_is_said_of_the_body() -> None:
    assert named(evidence(search=None)) == {}


@pytest.mark.parametrize(
    ("joints", "cause", "where"),
    [
        ({"voltage": fill(11.8, c=8.6)}, "brown_out", ""),
        ({"temperature": fill(41.0, b=85.0)}, "hot_servo", "b"),
        ({"last": fill(0.02, d=0.4)}, "dead_servo", "d"),
        ({"last": fill(0.02, a=np.nan)}, "dead_servo", "a"),
        ({"last": fill(0.02, c=0.4, d=0.45)}, "lost_line", "right"),
        ({"age": fill(0.013, a=0.05, b=0.05)}, "late_answers", "left"),
    ],
)
def test_servos_and_lines(joints: dict[str, np.ndarray], cause: str, where: str) -> None:
    found = named(evidence(HEALTHY._replace(joints=HEALTHY.joints._replace(**joints))))
    assert {name: verdict.where for name, verdict in found.items()} == {cause: where}


def test_answers_that_are_lost_answers_that_are_late_and_a_silent_servo_are_told_apart() -> None:
    """A servo is to blame where it alone is silent to the end, and nothing is garbled."""
    joints = HEALTHY.joints._replace(peak=fill(0.03, c=0.12, d=0.3), last=fill(0.02, d=0.2))
    lost = HEALTHY.boards._replace(worst_lost=np.array([0.02, 0.3]), garbled=np.array([0.0, 40.0]))
    found = named(evidence(HEALTHY._replace(boards=lost, joints=joints)))
    assert {name: verdict.where for name, verdict in found.items()} == {"lost_bytes": "right"}
    silent = HEALTHY.boards._replace(worst_lost=np.array([0.02, 0.3]), garbled=np.zeros(2))
    found = named(evidence(HEALTHY._replace(boards=silent, joints=joints)))
    assert {name: verdict.where for name, verdict in found.items()} == {"dead_servo": "d"}
    late = HEALTHY.boards._replace(worst_lost=np.array([0.9, 0.03]), worst_late=np.array([0.9, 0.0]))
    found = named(evidence(HEALTHY._replace(boards=late, joints=joints)))
    assert {name: verdict.where for name, verdict in found.items()} == {"late_answers": "left"}


@pytest.mark.parametrize("imu", [{"frozen": 0.4}, {"last": 0.3}])
def test_a_silent_imu(imu: dict[str, float]) -> None:
    assert set(named(evidence(HEALTHY._replace(imu=HEALTHY.imu._replace(**imu)), search=None))) == {"frozen_imu"}


def test_a_computer_that_is_late() -> None:
    assert set(named(evidence(HEALTHY._replace(loop=HEALTHY.loop._replace(late=0.015))))) == {"late_computer"}


@pytest.mark.parametrize(
    ("fault", "joints", "amount", "cause"),
    [
        ("swapped_ids", ("a", "c"), (), "swapped_ids"),
        ("wrong_sign", ("b",), (), "wrong_sign"),
        ("zero_off", ("b",), (0.17,), "zero_off"),
        ("tilted_imu", (), (0.1, -0.1), "tilted_imu"),
        ("weak_servo", ("d",), (0.5,), "weak_servo"),
        ("weak_servo", ("d",), (0.02,), "dead_servo"),
        ("slack", ("a",), (0.05,), "slack"),
    ],
)
def test_faults_of_the_body(fault: str, joints: tuple[str, ...], amount: tuple[float, ...], cause: str) -> None:
    best = explained(fault, joints, amount, 2.0)
    (found,) = named(evidence(search=searched(best, explained("slack", ("c",), (0.03,), 0.5)))).items()
    assert found[0] == cause
    assert found[1].where == " and ".join(joints)
    assert found[1].others == ()


def test_what_cannot_be_told_apart_is_said() -> None:
    best, rival = explained("zero_off", ("b",), (0.17,), 2.0), explained("zero_off", ("c",), (-0.2,), 1.9)
    (verdict,) = named(evidence(search=searched(best, rival))).values()
    assert verdict.others == ("zero_off c",)


def test_of_a_short_log_a_fault_must_explain_more() -> None:
    best = explained("wrong_sign", ("b",), (), 0.25)
    assert set(named(evidence(search=searched(best)))) == {"wrong_sign"}
    assert named(evidence(search=searched(best)._replace(moments=15, replays=0))) == {}


def test_a_trifle_is_not_named_however_well_it_fits() -> None:
    assert named(evidence(search=searched(explained("zero_off", ("b",), (0.01,), 2.0)))) == {}


def test_a_refusal_by_the_pose_is_explained_by_the_pose() -> None:
    check = {"time": 0.6, "name": "check", "check": "pose", "passed": False, "text": "b is +1.20 rad from home"}
    faults = (PostureFault("wrong_sign", ("b",), 5.0), PostureFault("zero_off", ("b",), 4.0))
    given = evidence(search=None, posture=Posture(np.zeros(4), np.zeros(4), faults), events=(check,))
    (found,) = named(given).items()
    assert (found[0], found[1].where, found[1].others) == ("wrong_sign", "b", ("zero_off b",))


def test_what_run_py_stopped_for_counts() -> None:
    stop = {"time": 3.0, "name": "stop", "reason": "voltage", "text": "a gets 8.5 V"}
    assert set(named(evidence(events=(stop,)))) == {"brown_out"}
    check = {"time": 0.6, "name": "check", "check": "IMU", "passed": False, "text": "tilted by 0.20 rad"}
    assert named(evidence(search=None, events=(check,)))["tilted_imu"].others == ("the robot was not held upright",)
