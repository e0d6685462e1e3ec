"""The best policy of a run by a gate stays, and a worse one does not replace it."""

import dataclasses
import json
import math
import shutil
from pathlib import Path

import pytest
from fake_trainer import fake_config
from made_up_walks import CYCLE, asked, walk
from test_loop import train

from playground_amp.gates.best import keep_best
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST, SIMULATORS, WALK
from playground_amp.gates.judgement import judge_cell
from playground_amp.rollouts.figures import measure

CELL = dataclasses.replace(WALK.cells[1].over(10.0), episodes=1)


def judged(speed: float, lift: float = 0.03) -> GateRun:
    """The full gate's judgement of a walk, asked for 0.5 m/s, that was made up."""
    recording = walk(seconds=25.0, speed=speed, lift=(lift, lift))
    cell = judge_cell(CELL, CYCLE, [measure(recording, asked())])
    return GateRun(WALK, fake_config("run"), (cell,), ((recording,),))


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run with a policy of iteration 2, whose state is pruned, and of iterations 6 and 8."""
    train(tmp_path)
    for iteration in (2, 6):
        shutil.copy(tmp_path / "final_iter_8.pkl", tmp_path / f"final_iter_{iteration}.pkl")
    return tmp_path


def kept(run_folder: Path) -> list[str]:
    return sorted(path.name for path in (run_folder / "best").iterdir())


def test_the_best_is_kept_with_its_state_and_the_result(run_folder: Path) -> None:
    drags, walks, walks_better = judged(0.48, lift=0.001), judged(0.48), judged(0.5)
    assert (drags.passed, walks.passed, walks_better.passed) == (False, True, True)
    assert keep_best(drags, run_folder / "final_iter_2.pkl") == run_folder / "best"
    assert kept(run_folder) == ["final_iter_2.pkl", "gate.json"]
    assert keep_best(walks_better, run_folder / "final_iter_6.pkl") == run_folder / "best"
    assert keep_best(walks, run_folder / "final_iter_8.pkl") is None
    assert keep_best(drags, run_folder / "final_iter_2.pkl") is None
    assert kept(run_folder) == ["final_iter_6.pkl", "gate.json", "iter_00000006.npz"]
    result = json.loads((run_folder / "best/gate.json").read_text())
    assert (result["iteration"], result["gate"], result["passed"], result["failures"]) == (6, "walk", True, 0)


def judged_robust(speed: float) -> GateRun:
    """A cell of the gate robust, asked for 0.5 m/s."""
    cell, recording = ROBUST.cell("forward_0.5"), walk(seconds=20.0, speed=speed)
    program = dataclasses.replace(asked(), program=cell.program, distance=math.inf)
    judged_cell = judge_cell(cell, CYCLE, [measure(recording, program)])
    return GateRun(ROBUST, fake_config("run"), (judged_cell,), ((recording,),))


def test_the_more_demanding_gate_has_the_last_word(run_folder: Path) -> None:
    slow, walks = judged_robust(0.4), judged_robust(0.5)
    assert (slow.passed, walks.passed) == (False, True)
    assert keep_best(judged(0.5), run_folder / "final_iter_8.pkl")
    assert keep_best(slow, run_folder / "final_iter_2.pkl")
    assert keep_best(judged(0.5), run_folder / "final_iter_8.pkl") is None
    assert keep_best(walks, run_folder / "final_iter_6.pkl")
    result = json.loads((run_folder / "best/gate.json").read_text())
    assert (result["iteration"], result["gate"], result["passed"]) == (6, "robust", True)
    assert result["velocity_error"] == pytest.approx(0.0, abs=1e-6)


def test_a_gate_that_does_not_rank_keeps_nothing(run_folder: Path) -> None:
    assert keep_best(dataclasses.replace(judged(0.5), gate=SIMULATORS), run_folder / "final_iter_8.pkl") is None


def test_a_reduced_gate_and_a_file_of_no_run_keep_nothing(
    run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reduced = dataclasses.replace(judged(0.5), gate=WALK.reduced(distance=5.0, episodes=None))
    assert keep_best(reduced, run_folder / "final_iter_8.pkl") is None
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "final_iter_8.pkl"
    shutil.copy(run_folder / "final_iter_8.pkl", elsewhere)
    assert keep_best(judged(0.5), elsewhere) is None
    renamed = run_folder / "mine.pkl"
    shutil.copy(elsewhere, renamed)
    assert keep_best(judged(0.5), renamed) is None
    assert not (run_folder / "best").exists()
