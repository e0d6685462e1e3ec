"""`wildrobot` alone: the newest runs, how far they are, and what to type next."""

import json
import os
from pathlib import Path

import pytest

from playground_amp.cli.last_runs import find_runs, last_runs
from playground_amp.files import exclusive

CONFIG = "env: {}\nreward_weights: {}\ntrainer: {num_iterations: 10}\n"


def make_run(folder: Path, state: int = 0, policy: int = 0, logged: int = 0, changed: float = 1000.0) -> Path:
    """A run folder with empty files at the iterations given; 0: none."""
    (folder / "states").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    if state:
        (folder / "states" / f"iter_{state:08d}.npz").touch()
    if policy:
        (folder / f"final_iter_{policy}.pkl").touch()
    if logged:
        lines = [json.dumps({"iteration": iteration}) for iteration in range(1, logged + 1)]
        (folder / "metrics.jsonl").write_text("\n".join(lines) + '\n{"iterat')
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (changed, changed))
    return folder


def judge(run: Path, gate: str, policy: int, passed: bool, full: bool = True) -> None:
    checkpoint = {"path": str(run / f"final_iter_{policy}.pkl"), "sha256": ""}
    result = {"gate": gate, "passed": passed, "full_gate": full, "checkpoint": checkpoint, "cells": []}
    (run / f"gate_{gate}_{policy}.json").write_text(json.dumps(result))


def told(parent: Path, now: float = 1000.0) -> list[str]:
    return [line.strip() for line in last_runs(parent, now)]


def test_without_a_run_it_says_how_to_start(tmp_path: Path) -> None:
    for parent in (tmp_path, tmp_path / "nothing"):
        assert [line.partition(" --")[0].rpartition(" ")[2] for line in last_runs(parent)] == [
            "playground_amp/play.py",
            "playground_amp/train.py",
        ]
    assert list(tmp_path.iterdir()) == []


def test_the_newest_runs_come_first(tmp_path: Path) -> None:
    for number in range(5):
        make_run(tmp_path / f"run {number}", state=3, changed=1000.0 - 3600 * number)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "config.yaml").write_text("of: another program\n")
    lines = told(tmp_path)
    assert lines[1] == f"{tmp_path}/run 0: 3 of 10 iterations, just now"
    assert lines[2].endswith(f"train.py --resume '{tmp_path}/run 0'")
    assert lines[3] == f"{tmp_path}/run 1: 3 of 10 iterations, 1 hour ago"
    assert lines[-1] == "and 2 more"


def test_what_was_logged_since_the_last_save_counts(tmp_path: Path) -> None:
    make_run(tmp_path / "run", state=3, logged=7)
    assert told(tmp_path)[1].startswith(f"{tmp_path}/run: 7 of 10 iterations")


@pytest.mark.parametrize(
    ("gates", "state", "command"),
    [
        ([], "10 of 10 iterations", "evaluate.py --checkpoint {} --gate walk --report"),
        ([("walk", 10, True, True)], "gate walk passed", "export.py --checkpoint {} --output {}_bundle"),
        ([("walk", 10, False, True)], "gate walk failed", "report.py --checkpoint {}"),
        ([("walk", 10, True, False)], "iterations", "evaluate.py --checkpoint {} --gate walk --report"),  # reduced
        ([("walk", 5, True, True)], "iterations", "evaluate.py --checkpoint {} --gate walk --report"),  # an earlier one
    ],
)
def test_a_finished_run_is_judged_and_exported(
    tmp_path: Path, gates: list[tuple[str, int, bool, bool]], state: str, command: str
) -> None:
    run = make_run(tmp_path / "run", state=10, policy=10)
    for gate in gates:
        judge(run, *gate)
    _, said, following = told(tmp_path)
    assert said.rpartition(", ")[0].endswith(state)
    assert following.endswith(command.format(run, run))


def test_a_run_that_trains_is_watched(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", state=3)
    with exclusive(run):
        (found,) = find_runs(tmp_path)
        assert found.trains
        assert told(tmp_path)[2].endswith(f"play.py --checkpoint {run}")
    assert not next(find_runs(tmp_path)).trains


def test_a_run_without_anything_saved_starts_again(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert told(tmp_path)[2].endswith(f"train.py --config {run}/config.yaml")


def test_damaged_files_are_no_reason_to_fail(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", policy=4)
    (run / "config.yaml").write_text("{")
    (run / "metrics.jsonl").write_bytes(b"\xff\n\xff\n")
    (run / "gate_walk.json").write_text("[1]")
    (run / "gate_robust.json").write_text("{")
    assert told(tmp_path)[1].startswith(f"{run}: 4 iterations")
