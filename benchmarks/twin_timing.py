"""How long reads and writes take on the twin's lines, beside what was measured on the built robot, and its CPU time.

    python benchmarks/twin_timing.py

The twin runs in a process of its own; this one asks by hand, one line after the other and then all at once. Whatever
else runs on the machine shows in the tail.
"""

import argparse
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from playground_amp.hardware.hardware_file import HardwareFile, read_hardware
from playground_amp.hardware.hiwonder import MOVE_TIME_WRITE, POS_READ, frame
from playground_amp.paths import PACKAGE

ANSWER = 8  # bytes of a position
SLOW = 0.1  # s after which an answer is taken for lost


class Line:
    """One of the twin's lines."""

    def __init__(self, hardware: HardwareFile, board: str):
        self._port = os.open(hardware.boards[board].port, os.O_RDWR | os.O_NOCTTY)
        self.ids = [servo.id for servo in hardware.servos.values() if servo.board == board]
        self.took: list[float] = []

    def exchange(self, ids: list[int], *, write: bool) -> None:
        """Writes a target to each servo, if wanted, then reads each; notes how long all that took."""
        began = time.perf_counter()
        if write:
            os.write(self._port, b"".join(frame(id, MOVE_TIME_WRITE, b"\xf4\x01\0\0") for id in ids))
        for id in ids:
            os.write(self._port, frame(id, POS_READ))
            said = b""
            while len(said) < ANSWER and select.select([self._port], [], [], SLOW)[0]:
                said += os.read(self._port, 64)
        self.took.append(time.perf_counter() - began)

    def report(self, what: str) -> None:
        """Prints percentiles and begins anew."""
        median, most = 1000 * np.percentile(self.took, [50, 95])
        print(f"{what:<44}{median:8.2f} ms, p95 {most:.2f} ms")
        self.took.clear()


def measure(hardware: HardwareFile, pid: int, seconds: float) -> None:
    """All that is measured."""
    first, *others = [Line(hardware, board) for board in hardware.boards]
    for what, ids, write in (
        ("one read (robot: 3.64)", first.ids[:1], False),
        ("one read and write (4.54)", first.ids[:1], True),
        ("three servos of a line, read and written", first.ids[:3], True),
        (f"a round of {len(first.ids)} servos, read and written", first.ids, True),
    ):
        for _ in range(100):
            first.exchange(ids, write=write)
        first.report(what)
    until, before = time.perf_counter() + seconds, cpu_time(pid)

    def keep_asking(line: Line) -> None:
        while time.perf_counter() < until:
            line.exchange(line.ids, write=True)

    threads = [threading.Thread(target=keep_asking, args=(line,)) for line in (first, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first.report("the same with all lines at work")
    print(f"the twin's CPU time meanwhile: {100 * (cpu_time(pid) - before) / seconds:.0f} % of a core")


def cpu_time(pid: int) -> float:
    """s, of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[0x0B]) + int(fields[0x0C])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--robot", default="wildrobot")
    parser.add_argument("--seconds", type=float, default=10.0, help="with all lines at work")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hardware.yaml"
        command = [sys.executable, str(PACKAGE / "twin.py"), "--robot", arguments.robot, "--no-window", "--hold"]
        with subprocess.Popen([*command, "--write-hardware", str(path)], stdout=subprocess.PIPE, text=True) as twin:
            assert twin.stdout is not None
            while not (line := twin.stdout.readline()).startswith("alive"):
                assert line, "the twin has ended"
            try:
                measure(read_hardware(path), twin.pid, arguments.seconds)
            finally:
                twin.terminate()


if __name__ == "__main__":
    main()
