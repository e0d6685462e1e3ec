"""What a person sees of a run: the live bar on a real terminal, the guide's lines elsewhere."""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSCTTY, TIOCSWINSZ

import pytest
from paths import HELPERS, ROOT

HERE = HELPERS
SCRIPT = """
import sys, time
from pathlib import Path
from fake_trainer import FakeTrainer, fake_config
from playground_amp.runs.loop import run

class Slow(FakeTrainer):
    def iterate(self, state):
        time.sleep(0.3)
        return super().iterate(state)

sys.exit(run(fake_config(sys.argv[1]), Slow, use_wandb=False).exit_status)
"""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_a_terminal(folder: Path, columns: int) -> tuple[str, int]:
    """What a run writes to a terminal that wide, and its exit status."""
    parent, child = pty.openpty()
    ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        cwd=ROOT,
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment | {"TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])},
    )
    os.close(child)
    written, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([parent], [], [], 0.5)[0]:
            try:
                written += os.read(parent, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                break
    os.close(parent)
    return written.decode(), process.wait(10)


@pytest.mark.parametrize("columns", [80, 160])
def test_a_terminal_shows_a_live_bar_and_then_where_everything_lies(tmp_path: Path, columns: int) -> None:
    text, status = on_a_terminal(tmp_path, columns)
    plain = ESCAPES.sub("", text)
    assert status == 0
    assert "compiling …" in plain
    assert re.search(r"━+ +[1-7]/8 [\d,]+ steps, [\d,]+/s, left 0:00:0\d", plain)
    assert re.search(r"^reward -?\d+\.\d\d  length \d+  speed error \d\.\d{3} m/s", plain, re.MULTILINE)
    assert "8/8 2,560 steps" in plain
    assert "Step " not in plain
    assert "Next: python playground_amp/evaluate.py" in plain
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")  # the cursor is shown again


@pytest.mark.parametrize("redirection", [">/dev/full 2>&1", "| head -1", ">&- 2>&-"])
def test_a_run_is_saved_whatever_happens_to_its_streams(tmp_path: Path, redirection: str) -> None:
    script = f'set -o pipefail; {sys.executable} -c "$0" run {redirection}'
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    quick = SCRIPT.replace("0.3", "0")
    done = subprocess.run(
        ["bash", "-c", script, quick], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == b""
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left == {"config.yaml", "metrics.jsonl", "tensorboard", "states", "final_iter_8.pkl"}


def test_a_run_whose_terminal_is_closed_is_saved(tmp_path: Path) -> None:
    parent, child = pty.openpty()

    def own_session() -> None:
        os.setsid()
        ioctl(child, TIOCSCTTY, 0)  # its terminal: the system sends SIGHUP when it goes

    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=HERE,
        stdin=child,
        stdout=child,
        stderr=child,
        preexec_fn=own_session,
    )
    os.close(child)
    written, deadline = b"", time.monotonic() + 120
    while b"steps" not in written and time.monotonic() < deadline:
        written += os.read(parent, 65536)
    os.close(parent)
    assert process.wait(60) == 75
    assert len(list((tmp_path / "states").iterdir())) >= 1


def test_a_file_gets_the_lines_of_the_guide(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=True)
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout
    assert re.fullmatch(
        r"Step 320: reward=-?\d+\.\d\d, length=\d+\.\d, policy_loss=-?\d\.\d{4}, value_loss=\d\.\d\d", lines[0]
    )
    assert [line.split(":")[0] for line in lines if line.startswith("Step ")] == [
        "Step 320",
        "Step 1,280",
        "Step 2,240",
    ]
