"""The twin in real time: ports that can be opened, a clock that forgives, a control socket. No deadline is tight here:
what needs a quiet machine is marked slow.
"""

import os
import select
import socket
import time
from collections.abc import Iterator

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot
from playground_amp.twin.control import ask
from playground_amp.twin.live import Twin, TwinClock
from playground_amp.twin.nominal import hardware_of_robot

ROBOT = load_robot("wildrobot")
HARDWARE = hardware_of_robot(ROBOT, 7)
READ_1 = bytes.fromhex("55 55 01 03 1C DF")


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    with Twin(ROBOT, HARDWARE, hold=True) as twin:
        yield twin


def answer(port: str, question: bytes, size: int, patience: float = 5.0) -> bytes:
    """What comes back on a port, opened as a driver does."""
    descriptor, said = os.open(port, os.O_RDWR | os.O_NOCTTY), b""
    try:
        os.write(descriptor, question)
        while len(said) < size and select.select([descriptor], [], [], patience)[0]:
            said += os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    return said


def test_servos_answer_on_every_board(twin: Twin) -> None:
    for board in twin.hardware.boards.values():
        assert answer(board.port, READ_1, 8)[:5] == bytes.fromhex("55 55 01 05 1C")


def test_the_imu_tells_how_much_it_can_take(twin: Twin) -> None:
    assert bytes.fromhex("7E 00 00 01 7E") in answer(twin.hardware.imu.port, bytes.fromhex("7E 00 7E"), 5)


def test_the_switches_are_reported(twin: Twin) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.settimeout(5.0)
        listener.bind(("127.0.0.1", twin.hardware.switches.port))
        assert listener.recv(100) == bytes(4)  # it hangs


def test_the_truth_is_told(twin: Twin) -> None:
    truth = ask(twin.control_port, {"do": "state"}, 10.0)
    assert truth["stand"] == "held"
    assert list(truth["position"]) == list(ROBOT.joint_names)  # pyright: ignore[reportArgumentType]
    assert len(truth["qpos"]) == ROBOT.nq  # pyright: ignore[reportArgumentType]
    later = ask(twin.control_port, {"do": "state"}, 10.0)
    assert later["time"] >= truth["time"]  # pyright: ignore[reportOperatorIssue]


def test_faults_come_and_go_on_request(twin: Twin) -> None:
    port = twin.control_port
    assert ask(port, {"do": "fault", "name": "dead_servo:left_hip_pitch"}, 10.0)["fault"] == "dead_servo:left_hip_pitch"
    assert answer(twin.hardware.boards["left_leg"].port, READ_1, 8, 0.3) == b""
    assert ask(port, {"do": "state"}, 10.0)["faults"] == ["dead_servo:left_hip_pitch"]
    ask(port, {"do": "mend"}, 10.0)
    assert answer(twin.hardware.boards["left_leg"].port, READ_1, 8) != b""


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"do": "dance"}, "a question is an object with do: state, push, "),
        (["state"], "a question is an object with do"),
        ({"do": "push", "force": [1, 2]}, "push: force is three numbers"),
        ({"do": "push"}, "push: 'force'"),
        ({"do": "push", "force": [1e9, 0, 0]}, "push: force is three numbers in N, together at most 405"),
        ({"do": "push", "force": [float("nan"), 0, 0]}, "push: force is three numbers"),
        ({"do": "fault", "name": "loose_horn"}, "there is no fault 'loose_horn'"),
    ],
)
def test_what_is_no_question_is_answered_by_a_sentence(twin: Twin, question: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ask(twin.control_port, question, 10.0)


def test_a_taken_control_port_is_said(twin: Twin) -> None:
    with pytest.raises(UserError, match=f"cannot have UDP port {twin.control_port}"):
        Twin(ROBOT, HARDWARE, control_port=twin.control_port)


def test_what_nobody_reads_does_not_stop_it(twin: Twin) -> None:
    board = twin.hardware.boards["upper_body"].port
    descriptor = os.open(board, os.O_RDWR | os.O_NOCTTY)
    os.write(descriptor, 200 * READ_1)  # nobody reads these answers
    os.close(descriptor)
    assert ask(twin.control_port, {"do": "state"}, 10.0)["stand"] == "held"


def test_its_clock_stands_still_while_it_is_held_up() -> None:
    clock = TwinClock(2.0)
    before = clock.now()
    time.sleep(0.05)
    clock.forgive(0.1)  # s of the twin's: so much of the 0.1 has passed unused
    assert clock.now() - before < 0.06
    assert (clock.held_up, clock.latest) == (0.1, 0.05)
    clock.forgive(0.01)
    assert clock.held_up == 0.1


def require_quiet_machine() -> None:
    """What a busy machine makes of real time says nothing of the twin."""
    if os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1):
        pytest.skip("this machine is busy")


@pytest.mark.slow  # needs a quiet machine
def test_reads_take_as_long_as_on_the_robot(twin: Twin) -> None:
    require_quiet_machine()
    descriptor, took = os.open(twin.hardware.boards["left_leg"].port, os.O_RDWR | os.O_NOCTTY), []
    for _ in range(200):
        began, said = time.perf_counter(), b""
        os.write(descriptor, READ_1)
        while len(said) < 8:
            said += os.read(descriptor, 64)
        took.append(time.perf_counter() - began)
    os.close(descriptor)
    assert ROBOT.hardware is not None
    assert np.percentile(took, 5) == pytest.approx(ROBOT.hardware.read_time, rel=0.1)
    assert np.median(took) < 1.3 * ROBOT.hardware.read_time


@pytest.mark.slow  # needs a quiet machine
def test_it_can_live_faster_than_real_time() -> None:
    require_quiet_machine()
    with Twin(ROBOT, HARDWARE, speed=5.0) as twin:
        began = time.perf_counter()
        time.sleep(1.0)
        assert twin.pace.now == pytest.approx(5.0 * (time.perf_counter() - began), rel=0.2)
