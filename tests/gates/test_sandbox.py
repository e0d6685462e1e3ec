"""A stranger's policy: frauds are refused, and who judges it can do nothing else."""

import hashlib
import pickle
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from exported_bundle import edit_json, edit_model, reseal
from onnx import helper
from paths import BUNDLE

from playground_amp.errors import UserError
from playground_amp.gates import sandbox
from playground_amp.runs.checkpoint import SUM_PREFIX

CONFINED = """
import sys
from pathlib import Path
from playground_amp.gates.sandbox import confine
confine(3 << 30, 60, (Path(sys.argv[1]),))
open(Path(sys.argv[1]) / "inside", "w").close()
exec(sys.argv[2])
"""
HARM = {
    "a connection": "import socket; socket.create_connection(('127.0.0.1', 80))",
    "a name server": "import socket; socket.getaddrinfo('example.org', 80)",
    "a program": "import subprocess; subprocess.run(['true'])",
    "a shell": "import os; os.system('true')",
    "a file elsewhere": "open('/tmp/elsewhere', 'w')",
    "a file by its number": "import os; os.open('/tmp/elsewhere', os.O_CREAT | os.O_WRONLY)",
    "a file removed": "import os; os.remove(__import__('sys').argv[1] + '/../kept')",
    "all memory": "bytearray(1 << 40)",
}


def request(policy: Path) -> dict[str, Any]:
    asked = {"policy": str(policy), "robot": None, "gate": "walk", "distance": 1.0, "episodes": 1}
    return {**asked, "seed": 7, "code": None, "command": "verify"}


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE, tmp_path / "stranger"))


def test_code_in_a_pickle_is_refused(tmp_path: Path) -> None:
    class Fraud:
        def __reduce__(self) -> tuple[Any, ...]:
            return exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    pickled = pickle.dumps(Fraud())
    path = tmp_path / "final_iter_1.pkl"
    path.write_bytes(pickled + SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n")
    with pytest.raises(UserError, match="only arrays and plain data are read"):
        sandbox.judge(request(path))
    assert not (tmp_path / "ran").exists()


def test_a_runtime_that_would_phone_home_is_refused(stranger: Path) -> None:
    with (stranger / "runtime.py").open("a") as file:
        file.write("import urllib.request; urllib.request.urlopen('http://example.org')\n")
    reseal(stranger)
    with pytest.raises(UserError, match=r"runtime\.py is not the runtime of this version"):
        sandbox.judge(request(stranger))


def test_a_program_for_the_robot_that_is_not_ours_is_refused(stranger: Path) -> None:
    (stranger / "run.pyz").write_bytes(b"#!/bin/sh\n")
    with pytest.raises(UserError, match=r"run\.pyz is not the program of this version"):
        sandbox.judge(request(stranger))


def test_a_look_up_table_for_known_seeds_is_refused(stranger: Path) -> None:
    def look_up(graph: Any) -> None:
        graph.node.insert(0, helper.make_node("Equal", ["observation", "observation_offset"], ["known"]))

    edit_model(stranger, look_up)
    reseal(stranger)
    with pytest.raises(UserError, match=r"policy\.onnx has an operation Equal"):
        sandbox.judge(request(stranger))


def test_a_bundle_that_would_move_the_robot_otherwise_than_it_is_judged_is_refused(stranger: Path) -> None:
    def believes_everything(manifest: dict[str, Any]) -> None:
        manifest["command"]["allowed"] = [[-50.0, 50.0]] * 3

    def is_judged_at_half_the_stroke(manifest: dict[str, Any]) -> None:
        manifest["config"]["env"]["action_scale"] /= 2

    edit_json(stranger / "manifest.json", believes_everything)
    with pytest.raises(UserError, match=r"command in .* is not what this version exports"):
        sandbox.judge(request(stranger))
    edit_json(stranger / "manifest.json", is_judged_at_half_the_stroke)
    with pytest.raises(UserError, match=r"refused: action in its manifest\.json is not that of its own configuration"):
        sandbox.judge(request(stranger))


def test_another_robot_is_refused(stranger: Path) -> None:
    edit_json(stranger / "manifest.json", lambda manifest: manifest["robot"].update(sha256="0" * 64))
    with pytest.raises(UserError, match="was made for another robot"):
        sandbox.judge(request(stranger))


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_who_judges_can_do_nothing_else(tmp_path: Path, harm: str) -> None:
    (tmp_path / "kept").touch()
    own = tmp_path / "own"
    own.mkdir()
    command = [sys.executable, "-c", CONFINED, str(own), harm]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr or "MemoryError" in done.stderr
    assert (own / "inside").exists()
    assert (tmp_path / "kept").exists()
    assert not Path("/tmp/elsewhere").exists()


def test_who_judges_ends_with_whoever_waits_for_it() -> None:
    waits = "import sys, time; from playground_amp.gates.sandbox import end_with; end_with(int(sys.argv[1]), 0.05)"
    orphan = f"{shlex.quote(sys.executable)} -c {shlex.quote(waits + '; time.sleep(300)')} $$ & sleep 0.5; kill -9 $$"
    subprocess.run(["sh", "-c", orphan], stdout=subprocess.PIPE, timeout=60, check=False)  # until nobody holds the pipe
