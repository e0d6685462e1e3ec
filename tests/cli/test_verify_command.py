"""`verify`: the exit status is the verdict; a card of another policy or robot, and what does not end, are refused."""

import json
import subprocess
import sys
import time
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from paths import BUNDLE, ROOT

from playground_amp.cli import verify
from playground_amp.errors import UserError
from playground_amp.gates.card import CellClaim, FigureClaim, PolicyCard, card_bytes

FOUND = PolicyCard(
    format=1,
    policy_sha256="a" * 64,
    robot="wildrobot",
    robot_sha256="b" * 64,
    code=None,
    command="verify",
    gate="walk",
    passed=True,
    reduced=[],
    seed=5,
    commands=[(0.0, 0.5), (0.0, 0.0), (0.0, 0.0)],
    cells=[
        CellClaim(
            name="walk", episodes=20, survivors=20, checks={}, figures={"power": FigureClaim(mean=9.0, error=0.1)}
        )
    ],
)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked for; the answer is always `FOUND`."""
    requests: list[dict[str, Any]] = []

    def answer(request: dict[str, Any], *_: object) -> dict[str, Any]:
        requests.append(request)
        return {"card": json.loads(card_bytes(FOUND))}

    monkeypatch.setattr(verify, "_answer", answer)
    return requests


def status(card: PolicyCard, tmp_path: Path) -> int:
    path = tmp_path / "claimed.json"
    path.write_bytes(card_bytes(card))
    return verify.main([str(BUNDLE), "--card", str(path)])


def test_the_exit_status_is_the_verdict(judged: list[dict[str, Any]], tmp_path: Path) -> None:
    assert status(FOUND, tmp_path) == 0
    cell = FOUND.cells[0].model_copy(update={"figures": {"power": FigureClaim(mean=3.0, error=0.1)}})
    assert status(FOUND.model_copy(update={"cells": [cell]}), tmp_path) == 1  # an altered card
    seeds = [request["seed"] for request in judged]
    assert seeds[0] != seeds[1]  # drawn anew


def test_a_policy_is_judged_by_the_sensors_of_its_card_unless_a_new_one_is_written(
    judged: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert status(FOUND, tmp_path) == 0
    assert status(FOUND.model_copy(update={"sensors": "bus"}), tmp_path) == 1  # the answer is of ideal ones
    for flags in ([], ["--ideal-sensors"]):
        verify.main([str(BUNDLE), "--write-card", str(tmp_path), *flags])
    assert [request["sensors"] for request in judged] == ["ideal", "bus", None, "ideal"]
    assert judged[-1]["command"].endswith(" --ideal-sensors")


@pytest.mark.parametrize("what", ["policy", "robot"])
def test_a_card_of_another_one_is_refused(judged: list[dict[str, Any]], tmp_path: Path, what: str) -> None:
    other = FOUND.model_copy(update={f"{what}_sha256": "c" * 64})
    with pytest.raises(UserError, match=f"refused: .* is the card of another {what}: cccccccccccc"):
        status(other, tmp_path)


def test_a_card_is_written_with_its_page(judged: list[dict[str, Any]], tmp_path: Path) -> None:
    assert verify.main([str(BUNDLE), "--seed", "5", "--write-card", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "card.json").read_text())["seed"] == 5
    assert (tmp_path / "card.md").read_text().startswith("# Policy card")
    (tmp_path / "card.md").write_text("somebody's")
    with pytest.raises(UserError, match=r"card\.md is there already"):
        verify.main([str(BUNDLE), "--write-card", str(tmp_path)])


def test_what_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run

    def too_long(*arguments: Any, **others: Any) -> Any:
        if "timeout" not in others:  # git
            return run(*arguments, **others)
        raise subprocess.TimeoutExpired("judge", others["timeout"])

    monkeypatch.setattr(verify.subprocess, "run", too_long)
    with pytest.raises(UserError, match=r"refused: not judged after 0\.5 minutes"):
        verify.main([str(BUNDLE), "--minutes", "0.5"])


def test_the_other_process_s_progress_is_shown_and_nothing_else_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_LOOK_SECONDS", 0.01)
    path, heard = tmp_path / "progress", Queue[tuple[float, str]]()
    with verify._followed(path, lambda *told: heard.put(told)):
        path.write_text("\x1b[31m" * 100_000)
        time.sleep(0.05)
        assert heard.empty()
        path.write_text("0.2500 7")
        assert heard.get(timeout=10) == (0.25, "7 episodes to go")


@pytest.mark.slow
def test_a_policy_is_judged_apart(tmp_path: Path) -> None:
    script = str(ROOT / "playground_amp" / "verify.py")
    command = [sys.executable, script, str(BUNDLE), "--episodes", "2", "--distance", "2"]
    written = subprocess.run([*command, "--write-card", str(tmp_path)], capture_output=True, text=True, check=False)
    assert written.returncode in (0, 1), written.stderr
    anew = subprocess.run(
        [*command, "--card", str(tmp_path / "card.json")], capture_output=True, text=True, check=False
    )
    assert "reproduced: as" in anew.stdout
    assert anew.returncode == 0
