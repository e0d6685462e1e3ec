"""What programs read of a gate."""

import json
from pathlib import Path

import pytest
from made_up_walks import ROBOT, judged, moving, walk

from playground_amp.configs.loader import load_config
from playground_amp.gates.gate_report import report_of
from playground_amp.gates.gate_run import GateRun, reductions
from playground_amp.gates.gates import WALK
from playground_amp.gates.result_file import write_result
from playground_amp.paths import STANDARD

CONFIG = load_config(STANDARD)


def test_the_json_is_strict_and_whole(tmp_path: Path):
    checkpoint = tmp_path / "final_iter_1.pkl"
    checkpoint.write_bytes(b"abc")
    path = tmp_path / "gate.json"
    gate = WALK.reduced(1.0, 2, ["walk 0.3 m/s", "walk 0.5 m/s"])
    recordings = (walk(seconds=4.0), moving(gate.cells[0].program, share=0.0))
    cells = tuple(judged(cell, *recordings) for cell in gate.cells)
    run = GateRun(gate, CONFIG, cells, (recordings, recordings))
    write_result(report_of(run, checkpoint, seconds=1.5).as_json(), path)
    content = json.loads(path.read_text(), parse_constant=pytest.fail)

    assert content["passed"] is False
    assert content["full_gate"] is False
    assert content["reduced"] == ["2 of 3 cells", "1 m of 50 m", "2 episodes of 20 episodes"]
    assert content["sensors"] == ("bus" if CONFIG.env.bus else "ideal")
    assert content["checkpoint"]["sha256"].startswith("ba7816bf")  # of "abc"
    assert content["robot"] == {"name": "wildrobot", "sha256": ROBOT.sha256}
    assert content["cells"][0]["physics"]["timestep"] == 0.002
    assert [limit["figure"] for limit in content["checks"]] == [each.figure for each in gate.criteria]
    assert set(content["checks"][0]) == {
        "figure", "bound", "limit", "unit", "meaning", "source", "over", "required_share",
    }  # fmt: skip
    assert [cell["speed_m_s"] for cell in content["cells"]] == [0.3, 0.5]
    assert len(content["cells"][0]["episodes"]) == 2
    assert list(content["cells"][0]["joints"]) == list(ROBOT.joint_names)


def test_its_keys_are_those_of_the_policy_in_the_box(tmp_path: Path):
    """Reports are compared across versions."""
    box = Path(__file__).parents[2] / "policies" / "walk" / "gate_walk.json"
    before = json.loads(box.read_text())
    judged_file = tmp_path / "final_iter_1.pkl"
    judged_file.touch()
    cells = tuple(judged(cell, walk()) for cell in WALK.cells)
    now = report_of(GateRun(WALK, CONFIG, cells, ((walk(),), (walk(),))), judged_file, seconds=1.0).as_json()

    assert set(now) == set(before)
    (cell, *_), entries = before["cells"], now["cells"]
    assert isinstance(entries, list)
    assert set(cell) == set(entries[0])
    for part in ("physics", "survival", "means"):
        assert set(cell[part]) == set(entries[0][part])
    for part in ("checks", "limits", "program", "episodes"):
        assert set(cell[part][0]) == set(entries[0][part][0])


def test_a_policy_beside_the_result_goes_by_its_name_there(tmp_path: Path):
    """`make policy` judges in a folder that is renamed afterwards."""
    (tmp_path / "run").mkdir()
    judged_file = tmp_path / "run" / "policy.onnx"
    judged_file.touch()
    cells = tuple(judged(cell, walk()) for cell in WALK.cells)
    report = report_of(GateRun(WALK, CONFIG, cells, ((walk(),), (walk(),))), judged_file, seconds=1.0)
    assert report.named_from(tmp_path / "run").checkpoint.path == "policy.onnx"
    assert report.named_from(tmp_path).checkpoint.path == "run/policy.onnx"
    assert report.named_from(tmp_path / "elsewhere").checkpoint.path == str(judged_file)
    assert report.named_from(tmp_path / "run").checkpoint.sha256 == report.checkpoint.sha256


def test_the_full_gate_has_no_reductions():
    assert reductions(WALK, WALK) == []
    assert reductions(WALK.reduced(engine="mjx"), WALK) == ["engine mjx instead of native"]
