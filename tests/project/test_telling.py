"""Nothing that happens to a standard stream ends a process or changes its exit status. Real processes throughout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from playground_amp import telling

PROGRAM = """
import sys, warnings
from playground_amp.cli.parser import run_command
from playground_amp.errors import UserError

def command():
    from rich.console import Console
    from rich.table import Table
    print("≤ 1 mm → fine, 3 × 2 N·m … 日本", flush=True)
    for _ in range(5000):
        print("a line that is longer than a pipe will hold when it comes again and again")
    warnings.warn("a library complains")
    table = Table("limit")
    table.add_row("≤ 4 N·m")
    Console().print(table)
    print("to stderr", file=sys.stderr)
    open(sys.argv[1], "w").write("whole")  # the work of the command
    if sys.argv[2] == "2":
        raise UserError("a mistake")
    return int(sys.argv[2])

run_command(command)
"""


def run(folder: Path, status: int, redirection: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The program in a shell, with what stands behind its command there."""
    (folder / "program.py").write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    script = f"set -o pipefail; {sys.executable} program.py work {status} {redirection}"
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, check=False)
    assert (folder / "work").read_text() == "whole"
    return done


@pytest.mark.parametrize(
    "redirection", [">/dev/full", ">/dev/full 2>/dev/full", "| head -1", ">&-", "2>&-", "<&- >&- 2>&-", "2>&1 | true"]
)
@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_lost_stream_changes_nothing(tmp_path: Path, redirection: str, status: int) -> None:
    done = run(tmp_path, status, redirection)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_full_disk_is_told_of_once_on_the_other_stream(tmp_path: Path) -> None:
    done = run(tmp_path, 0, ">/dev/full")
    assert done.stderr.count(b"standard output cannot be written (No space left on device): going on without it") == 1


def test_characters_that_a_terminal_lacks_are_replaced(tmp_path: Path) -> None:
    done = run(tmp_path, 0, "", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    lines = done.stdout.decode("ascii").splitlines()
    assert lines[0] == "<= 1 mm -> fine, 3 x 2 N*m ... ??"
    assert "| <= 4 N*m |" in lines


def test_what_commands_a_terminal_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    telling.tell("a\x1b[2J\x07\u202eb\tä\n≤")
    assert capsys.readouterr().out == "a?[2J??b\tä\n≤\n"


def test_the_bytes_of_a_file_name_come_out_as_they_are(tmp_path: Path) -> None:
    code = "from playground_amp.telling import forgive_streams, tell; forgive_streams(); tell('caf\\udce9')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"caf\xe9\n"


def test_a_descriptor_that_was_closed_is_not_given_to_the_next_file(tmp_path: Path) -> None:
    code = (
        "import os, sys; from playground_amp.telling import forgive_streams; forgive_streams();"
        "file = open(sys.argv[1], 'w'); os.write(2, b'a library writes to descriptor 2'); file.write('mine')"
    )
    command = ["bash", "-c", f'exec {sys.executable} -c "$0" "$1" 0<&- 1>&- 2>&-', code, str(tmp_path / "file")]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "file").read_text() == "mine"


def test_who_tells_goes_on_without_a_stream(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open(os.devnull) as read_only:
        for stream in (None, read_only):
            monkeypatch.setattr(sys, "stderr", stream)
            telling.warn("lost")
    monkeypatch.undo()
    monkeypatch.setattr(telling, "_told", set())
    for _ in range(2):
        telling.warn_once("once")
    assert capsys.readouterr().err == "once\n"


def test_streams_that_somebody_has_put_in_place_stay(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    telling.forgive_streams()
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("script", sorted((ROOT / "playground_amp").glob("*.py")), ids=lambda path: path.stem)
def test_every_command_goes_through_the_one_door(script: Path) -> None:
    text = script.read_text()
    door = (
        r"__main__.:\n    run\(\)\n"
        if script.stem == "__main__"
        else r"__main__.:\n    run_command\(main(?:, computes=False)?\)\n"
    )
    assert "if __name__" not in text or re.search(door, text)
