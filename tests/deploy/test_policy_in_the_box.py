"""The policy in the box is of this version: its files, its robot, its configuration, and it walks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground_amp.deploy import runtime
from playground_amp.envs.observations import actor_parts
from playground_amp.gates.gates import WALK
from playground_amp.gates.runner import run_gate
from playground_amp.policies.bundle import read_bundle
from playground_amp.policies.opening import open_policy

BOX = Path(__file__).parents[2] / "policies" / "walk"
MOST_BYTES = 1_000_000


def test_it_is_of_this_robot_this_runtime_and_this_observation() -> None:
    bundle = read_bundle(BOX)  # verifies its sums, its golden vectors and its robot
    manifest = bundle.policy.manifest
    assert manifest["robot"]["sha256"] == bundle.robot.sha256
    assert (BOX / "runtime.py").read_bytes() == Path(runtime.__file__).read_bytes()
    assert [part["name"] for part in manifest["observation"]] == [part.name for part in actor_parts(bundle.robot)]


def test_it_walks_by_a_short_gate() -> None:
    policy = open_policy(BOX)
    gate = WALK.reduced(distance=5.0, episodes=2)
    run = run_gate(gate, policy.config, policy.controller)
    assert {cell.cell.name: cell.failed_figures for cell in run.cells} == {cell.name: () for cell in gate.cells}


def test_it_passed_the_full_gate_when_it_was_put_there() -> None:
    report = json.loads((BOX / "gate_walk.json").read_text())
    assert report["passed"]
    assert {cell["name"] for cell in report["cells"]} == {cell.name for cell in WALK.cells}
    assert report["full_gate"]


def test_it_is_small() -> None:
    files = [path for path in BOX.rglob("*") if path.is_file() and path.name != "report.html"]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_loading_it_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    """onnxruntime would keep an id of the machine there, and report to its makers."""
    pytest.importorskip("onnxruntime")
    code = "import runtime; assert runtime.load_policy('.', 'onnxruntime').backend == 'onnxruntime'"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    environment |= {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=BOX, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
