"""A disk that is really full: a small tmpfs, which only root can mount."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_trainer import FakeOutput, FakeState, FakeTrainer
from test_loop import end_of, lines, train

from playground_amp.runs.contents import list_states
from playground_amp.runs.state import read_state


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """A file that takes all the room there is."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 4096)


def fills(disk: Path, full_at: int, empty_at: int) -> type[FakeTrainer]:
    """A trainer on whose disk something else takes all the room during some iterations."""

    class Crowded(FakeTrainer):
        def iterate(self, state: FakeState) -> FakeOutput:
            iteration = int(state.iteration) + 1
            ballast = disk / "ballast"
            if iteration == full_at:
                fill(ballast)
            if iteration == empty_at:
                ballast.unlink()
            return super().iterate(state)

    return Crowded


def test_a_run_goes_on_when_there_is_room_again(
    small_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "whole")
    run_folder = small_disk / "run"
    assert train(run_folder, trainer=fills(small_disk, 3, 7)).exit_status == 0
    said = capsys.readouterr().out
    assert "could not save iteration 4: No space left on device; the last save is iter_00000002.npz" in said
    assert [read_state(path).iteration for path in list_states(run_folder)] == [8, 2]
    assert lines(run_folder) == lines(tmp_path / "whole")
    assert end_of(run_folder) == end_of(tmp_path / "whole")


def test_a_run_that_ends_on_a_full_disk_is_taken_up_later(small_disk: Path, tmp_path: Path) -> None:
    train(tmp_path / "whole")
    run_folder = small_disk / "run"
    result = train(run_folder, trainer=fills(small_disk, 5, 9))
    assert (result.exit_status, result.checkpoint, result.state) == (4, None, None)
    assert [read_state(path).iteration for path in list_states(run_folder)] == [4, 2]
    (small_disk / "ballast").unlink()
    assert train(run_folder, resume=run_folder).exit_status == 0
    assert lines(run_folder) == lines(tmp_path / "whole")
    assert end_of(run_folder) == end_of(tmp_path / "whole")
