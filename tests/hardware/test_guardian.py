"""Whatever becomes of the process that walks the robot, another one lets the servos go."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground_amp.hardware.hardware_file import read_hardware
from playground_amp.hardware.hardware_writing import hardware_text
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot

pytest.importorskip("serial")

LIMP = bytes([0x55, 0x55, 0xFE, 0x04, 0x1F, 0x00, 0xFF - (0xFE + 0x04 + 0x1F) % 256])  # to all servos of a line
WALKER = """
import sys, time
from pathlib import Path
from playground_amp.hardware.guardian import Guardian
with Guardian(Path(sys.argv[1]), silence=2.0) as guardian:
    guardian.wait_until_ready()
    for _ in range(5):
        assert guardian.beat() is None
    if sys.argv[2] == "farewell":
        guardian.dismiss()
    elif sys.argv[2] != "exception":
        print(guardian._process.pid, flush=True)
        while guardian.beat() is None:
            time.sleep(0.01)
        print("alone", flush=True)
"""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[int]:
    """The servos' end of a line; hardware.yaml names the other one for all boards."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    hardware = hardware_of_robot(load_robot("wildrobot"), 0)
    board = next(iter(hardware.boards.values()))._replace(port=os.ttyname(slave))
    servos = {
        name: servo._replace(board="line", id=place) for place, (name, servo) in enumerate(hardware.servos.items())
    }
    written = hardware._replace(
        boards={"line": board}, servos=servos, imu=hardware.imu._replace(port=os.ttyname(slave))
    )
    (tmp_path / "hardware.yaml").write_text(hardware_text(written))
    assert read_hardware(tmp_path / "hardware.yaml").boards == written.boards
    yield master
    os.close(master)
    os.close(slave)


def walker(folder: Path, end: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WALKER, str(folder / "hardware.yaml"), end]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said_by(process: "subprocess.Popen[str]") -> str:
    """Its next line."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 20.0)[0]
    return process.stdout.readline()


def arrived(line: int, seconds: float) -> bytes:
    """All that came in on the line in so long, or until the servos were let go three times."""
    until, content = time.monotonic() + seconds, b""
    while (left := until - time.monotonic()) > 0 and content.count(LIMP) < 3:
        if select.select([line], [], [], left)[0]:
            content += os.read(line, 1000)
    return content


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_servos_are_let_go_if_their_process_is_killed_or_hangs(tmp_path: Path, line: int, number: int) -> None:
    process = walker(tmp_path, "kill me")
    assert said_by(process)
    assert arrived(line, 0.1) == b""
    began = time.monotonic()
    process.send_signal(number)
    assert LIMP in arrived(line, 20.0)
    assert time.monotonic() - began < 20.0  # 0.1 s and 0.6 s on a machine that does nothing else
    assert process.wait(20.0) == -signal.SIGKILL


@pytest.mark.parametrize(("end", "is_sent"), [("exception", True), ("farewell", False)])
def test_servos_are_let_go_unless_they_were(tmp_path: Path, line: int, end: str, is_sent: bool) -> None:
    process = walker(tmp_path, end)
    assert process.wait(20.0) == 0
    assert (LIMP in arrived(line, 0.2)) == is_sent


def test_a_walker_whose_guardian_is_killed_hears_of_it(tmp_path: Path, line: int) -> None:
    process = walker(tmp_path, "kill it")
    os.kill(int(said_by(process)), signal.SIGKILL)
    assert said_by(process) == "alone\n"
    assert process.wait(20.0) == 0
