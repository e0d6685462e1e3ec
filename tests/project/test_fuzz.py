"""Damaged files are read or refused in one sentence: a few seeds of each kind, and those that once were neither."""

from pathlib import Path

import pytest
from fuzz import try_case
from fuzz_targets import TARGETS

SLOW = ("model", "websocket")  # a second a case
ONCE_FAILED = {
    "state": (7, 25, 62, 70),  # headers that NumPy's tokenizer gives up on, archives that zlib does, no observation
    "robot": (32, 65, 4095, 50112),  # MuJoCo's log in the user's folder, a joint's name that is no text
    "model": (
        *(30271, 30276, 30383),  # a friction of nan, bodies that fly apart, no force
        *(41000054, 41000198),  # endless mass
        *(5000707, 5000966),  # endless damping, a range without an end
    ),
    "bundle": (137, 144, 306, 405, 466, 572, 3193, 41000314),
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(
    target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seeds = (*range(1000, 1004 if target.__name__ in SLOW else 1012), *ONCE_FAILED.get(target.__name__, ()))
    failures = []
    for seed in seeds:
        folder = tmp_path / "case" / str(seed)
        folder.mkdir(parents=True)
        failures.append(try_case(target, seed, folder))
    assert [str(failure) for failure in failures if failure] == []


def test_code_in_a_file_would_be_seen(tmp_path: Path) -> None:
    def runs_code(_: object, folder: Path) -> None:
        (folder.parent / "code-was-run").touch()

    def writes_elsewhere(_: object, folder: Path) -> None:
        (folder.parent / "more").touch()

    def fails(_: object, folder: Path) -> None:
        raise KeyError(folder)

    (tmp_path / "case").mkdir()
    said = [str(try_case(target, 0, tmp_path / "case")) for target in (runs_code, writes_elsewhere, fails)]
    assert "code of the file was run" in said[0]
    assert "wrote more outside of the folder given" in said[1]
    assert "KeyError" in said[2]
