"""One bundle for all tests of a process, and the rollouts it was made with."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from deployable import made_up_checkpoint
from exported_bundle import ROBOTS, STEPS, ExportedBundle

from playground_amp.deploy import bundle
from playground_amp.deploy.recording import Recorded, record


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedBundle:
    """One bundle for all tests, and the rollouts it was made with."""
    kept = []

    def record_once(*arguments: Any) -> Recorded:
        kept.append(record(*arguments))
        return kept[-1]

    folder = tmp_path_factory.mktemp("export") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "record", record_once)
        figures = bundle.export_bundle(made_up_checkpoint(), "0" * 64, folder, ROBOTS, STEPS)
    return ExportedBundle(folder, kept[0], figures)


@pytest.fixture
def copy(exported: ExportedBundle, tmp_path: Path) -> Path:
    """A bundle to alter."""
    return shutil.copytree(exported.folder, tmp_path / "bundle")
