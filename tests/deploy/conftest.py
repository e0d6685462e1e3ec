"""One bundle for all tests of a process, and the rollouts it was made with."""

import shutil
from pathlib import Path

import pytest
from deployable import made_up_checkpoint
from exported_bundle import ExportedBundle, export_and_keep


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ExportedBundle:
    """One bundle for all tests, and the rollouts it was made with."""
    return export_and_keep(made_up_checkpoint(), tmp_path_factory.mktemp("export") / "bundle")


@pytest.fixture
def copy(exported: ExportedBundle, tmp_path: Path) -> Path:
    """A bundle to alter."""
    return shutil.copytree(exported.folder, tmp_path / "bundle")
