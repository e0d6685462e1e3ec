"""The end of a run tells the next command: one that can be typed as it stands, and that there is something for."""

import shlex
from pathlib import Path

import pytest

from playground_amp.paths import PROJECT
from playground_amp.runs.result import Ending, RunResult, summary


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)


def next_words(folder: Path, ending: Ending) -> list[str]:
    result = RunResult(folder, ending, 4, folder / "final_iter_4.pkl", None, {"env_steps": 80})
    *_, last = summary(result).splitlines()
    assert last.startswith("Next: python playground_amp/")
    return shlex.split(last.removeprefix("Next: python playground_amp/"))


def test_paths_with_spaces_stay_one_word(tmp_path: Path) -> None:
    folder = tmp_path / "my run; of $HOME"
    checkpoint = str(folder / "final_iter_4.pkl")
    assert next_words(folder, Ending.FINISHED) == ["evaluate.py", "--checkpoint", checkpoint, "--gate", "walk"]


@pytest.mark.parametrize("ending", [Ending.INTERRUPTED, Ending.NOT_WRITTEN])
def test_a_run_goes_on_where_it_has_saved_and_starts_anew_where_it_has_not(tmp_path: Path, ending: Ending) -> None:
    assert next_words(tmp_path, ending) == ["train.py", "--config", str(tmp_path / "config.yaml")]
    (tmp_path / "states").mkdir()
    (tmp_path / "states" / "iter_00000002.npz").touch()
    assert next_words(tmp_path, ending) == ["train.py", "--resume", str(tmp_path)]


def test_numbers_that_went_bad_are_replayed_where_a_robot_went_bad(tmp_path: Path) -> None:
    assert next_words(tmp_path, Ending.BAD_NUMBERS)[0] == "train.py"
    (tmp_path / "evidence").mkdir()
    for name in ("state_iter_00000004.npz", "iter_00000003.npz", "iter_00000004.npz"):
        (tmp_path / "evidence" / name).touch()
    assert next_words(tmp_path, Ending.BAD_NUMBERS) == ["replay.py", str(tmp_path / "evidence" / "iter_00000004.npz")]
