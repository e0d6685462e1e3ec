"""What the report reads from a run folder, and its verdict."""

import dataclasses
from pathlib import Path

import pytest
from made_up_runs import CONFIG, ITERATIONS, make_run
from made_up_walks import CYCLE, asked, walk

from playground_amp.cli import report
from playground_amp.errors import UserError
from playground_amp.gates.gate_report import report_of
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST
from playground_amp.gates.judgement import judge_cell
from playground_amp.gates.result_file import write_result
from playground_amp.report.facts import read_facts
from playground_amp.report.summary import summary, verdict
from playground_amp.rollouts.figures import measure
from playground_amp.runs.checkpoint import find_checkpoint


class TestFolder:
    def test_gates_metrics_and_policy_are_found(self, tmp_path: Path) -> None:
        facts = read_facts(make_run(tmp_path, clearances=(0.03,)))
        assert len(facts.records) == facts.iteration == ITERATIONS
        assert [gate.checkpoint.sha256 for gate in facts.gates] == [facts.sha256]
        assert verdict(facts.gates).word == "PASS"
        assert {figure.name: figure.value for figure in summary(facts, facts.gates)}.items() >= {
            "iterations": "40",
            "control steps": "4 k",
            "training time": "1 min 20 s",
            "gate walk": "1 of 1",
            "without a fall": "2 of 2",
        }.items()

    def test_a_gate_that_was_judged_again_counts_once(self, tmp_path: Path) -> None:
        (gate,) = read_facts(make_run(tmp_path, clearances=(0.03, 0.001))).gates
        assert verdict([gate]).word == "FAIL"
        assert "swing clearance" in verdict([gate]).sentence

    def test_every_cell_shows_the_limit_that_it_was_judged_by(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path, clearances=())
        gate = ROBUST.reduced(cells=["stand", "push_10N_walking"], episodes=1)
        strict, *others = gate.cells[0].criteria
        lenient = dataclasses.replace(others[0], limit=0.07)  # of the second cell alone
        second = dataclasses.replace(gate.cells[1], criteria=(gate.cells[1].criteria[0], lenient))
        episode = measure(walk(), asked())
        cells = tuple(judge_cell(cell, CYCLE, [episode]) for cell in (gate.cells[0], second))
        run = GateRun(dataclasses.replace(gate, cells=(gate.cells[0], second)), CONFIG, cells, ((walk(),), (walk(),)))
        write_result(report_of(run, checkpoint, seconds=1.0).as_json(), tmp_path / "gate_robust.json")

        (judged,) = read_facts(checkpoint).gates
        limits = [[cell.limit_of(check) for check in cell.checks] for cell in judged.cells]
        assert [[limit and limit.limit for limit in cell] for cell in limits] == [[1.0, 0.05, 0.1], [1.0, 0.07]]
        assert [cell[0] and cell[0].held_by for cell in limits] == [
            "in 99 % of the episodes",
            "in 90 % of the episodes",
        ]
        assert [limit and limit.held_by for limit in limits[0][1:]] == ["mean of the episodes without a fall"] * 2
        assert (strict.figure, limits[0][0] and limits[0][0].sign) == ("survived", "≥")

    def test_without_gates_nothing_is_known(self, tmp_path: Path) -> None:
        assert verdict(read_facts(make_run(tmp_path, clearances=())).gates).word == "NOT JUDGED"

    def test_the_newest_policy_of_a_folder(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path)
        (tmp_path / "final_iter_9.pkl").write_bytes(checkpoint.read_bytes())
        assert find_checkpoint(tmp_path) == checkpoint
        with pytest.raises(UserError, match="holds no policy"):
            find_checkpoint(tmp_path.parent)

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ('{"iteration": 1, "rew', "line 2 is no JSON"),
            ("[1]", "line 2 is no record"),
            ('{"iteration": 2, "reward": "high"}', "line 2 holds no number under reward"),
        ],
    )
    def test_damaged_metrics_are_named(self, tmp_path: Path, line: str, complaint: str) -> None:
        checkpoint = make_run(tmp_path)
        metrics = tmp_path / "metrics.jsonl"
        metrics.write_text(f'{{"iteration": 1}}\n{line}\n')
        with pytest.raises(UserError, match=complaint) as caught:
            report.main(["--checkpoint", str(checkpoint)])
        assert str(metrics) in str(caught.value)

    @pytest.mark.parametrize("content", ["{", "[]", '{"gate": "walk"}'])
    def test_damaged_gates_are_named(self, tmp_path: Path, content: str) -> None:
        checkpoint = make_run(tmp_path)
        (tmp_path / "gate_walk.json").write_text(content)
        with pytest.raises(UserError, match=r"gate_walk\.json"):
            read_facts(checkpoint)

    def test_an_unwritable_place_and_a_missing_video(self, tmp_path: Path) -> None:
        checkpoint = str(make_run(tmp_path))
        with pytest.raises(UserError, match="is a directory"):
            report.main(["--checkpoint", checkpoint, "--output", str(tmp_path)])
        with pytest.raises(UserError, match="there is no video"):
            report.main(["--checkpoint", checkpoint, "--video", str(tmp_path / "none.mp4")])
