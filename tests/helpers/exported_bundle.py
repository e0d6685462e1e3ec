"""A bundle that was exported once, to be looked at, and what alters a copy of it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest

from playground_amp.deploy import bundle
from playground_amp.deploy.recording import Recorded, record
from playground_amp.deploy.runtime import BundleError, Sensors, load_policy
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import SavedPolicy

BACKENDS = ("numpy", "onnxruntime")


ROBOTS, STEPS = 12, 130


class ExportedBundle(NamedTuple):
    folder: Path
    recorded: Recorded
    figures: bundle.Exported


def export_and_keep(saved: SavedPolicy, folder: Path) -> ExportedBundle:
    """Exports a policy, and hands back what it was recorded doing for that."""
    kept = []

    def record_once(*arguments: Any) -> Recorded:
        kept.append(record(*arguments))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "record", record_once)
        figures = bundle.export_bundle(saved, "0" * 64, folder, ROBOTS, STEPS)
    return ExportedBundle(folder, kept[0], figures)


def edit_json(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_model(folder: Path, change: Callable[[Any], None]) -> None:
    model = onnx.load(str(folder / "policy.onnx"))
    change(model.graph)
    (folder / "policy.onnx").write_bytes(model.SerializeToString())


def reseal(folder: Path) -> None:
    """Puts the sums right, as someone would who alters a bundle with care."""

    def sums(manifest: dict[str, Any]) -> None:
        for name in manifest["files"]:
            manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()

    edit_json(folder / "manifest.json", sums)


def refusal(folder: Path, backend: str = "auto") -> str:
    with pytest.raises(BundleError) as caught:
        load_policy(folder, backend)
    return str(caught.value)


def one_robot(recorded: Recorded, robot: int, step: int) -> tuple[Sensors, np.ndarray]:
    row = Recorded(*(column[step, robot] for column in recorded))
    names = load_robot("wildrobot").joint_names
    position, velocity = (dict(zip(names, x.tolist(), strict=True)) for x in (row.joint_position, row.joint_velocity))
    return Sensors(row.orientation, row.gyro, position, velocity), row.command
