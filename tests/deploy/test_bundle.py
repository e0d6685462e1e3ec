"""The bundle: it replaces its own kind alone, and says where it comes from."""

import hashlib
import json
from pathlib import Path

import pytest
from deployable import CONFIG_PATH, ROBOT_DATA, SMALL, made_up_checkpoint
from exported_bundle import ROBOTS, STEPS, ExportedBundle, edit_model

from playground_amp.cli import evaluate
from playground_amp.configs.loader import load_config
from playground_amp.deploy import bundle
from playground_amp.deploy.runtime import load_policy
from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot


def test_a_gate_judges_the_exported_file(exported: ExportedBundle, tmp_path: Path) -> None:
    json_path = tmp_path / "gate.json"
    arguments = ["--bundle", exported.folder, "--distance", 0.5, "--episodes", 1, "--json", json_path]

    assert evaluate.main([str(argument) for argument in arguments]) == 1

    judged = json.loads(json_path.read_text())["checkpoint"]
    model = exported.folder / "policy.onnx"
    assert judged == {"path": str(model), "sha256": hashlib.sha256(model.read_bytes()).hexdigest()}


def test_an_export_replaces_a_bundle_and_nothing_else(exported: ExportedBundle, copy: Path, tmp_path: Path) -> None:
    bundle.check_output(copy)
    bundle.check_output(tmp_path / "new")
    with pytest.raises(UserError, match="is no bundle"):
        bundle.check_output(exported.folder.parents[1])
    with pytest.raises(UserError, match="is a file"):
        bundle.check_output(copy / "policy.onnx")


def test_an_export_into_the_folder_of_its_own_checkpoint_keeps_what_is_no_part_of_a_bundle(
    exported: ExportedBundle, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "record", lambda *_: exported.recorded)
    others = {"final_iter_9.pkl": "the checkpoint", "report.html": "a report", ".git/HEAD": "ref"}
    for name, content in others.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(content)
    bundle.export_bundle(made_up_checkpoint(), "1" * 64, copy, ROBOTS, STEPS)
    assert {name: (copy / name).read_text() for name in others} == others
    assert json.loads((copy / "manifest.json").read_text())["checkpoint_sha256"] == "1" * 64
    load_policy(copy)
    assert {path.name for path in copy.glob("[!_]*")} == {*bundle.FILES, "final_iter_9.pkl", "report.html", ".git"}
    edit_model(copy, lambda graph: graph.node.pop())
    altered = (copy / "policy.onnx").read_bytes()
    with pytest.raises(UserError, match=r"policy\.onnx has been changed since it was written"):
        bundle.export_bundle(made_up_checkpoint(), "2" * 64, copy, ROBOTS, STEPS)
    assert (copy / "policy.onnx").read_bytes() == altered


def test_the_manifest_says_where_a_bundle_comes_from(exported: ExportedBundle) -> None:
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    assert manifest["checkpoint_sha256"] == "0" * 64
    assert manifest["robot"] == {name: ROBOT_DATA[name] for name in ("name", "title", "sha256")}
    assert [joint["name"] for joint in manifest["joints"]] == list(load_robot("wildrobot").joint_names)
    assert sum(part["size"] for part in manifest["observation"]) == 44
    assert load_config(CONFIG_PATH, [SMALL]).model_dump(mode="json") == manifest["config"]
