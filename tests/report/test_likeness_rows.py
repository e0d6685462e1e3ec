"""The report's table of how alike a policy's walks are to the demonstrations."""

from pathlib import Path
from typing import Any

import pytest
from made_up_runs import CONFIG, make_performance, make_run

from playground_amp.configs.changes import changed
from playground_amp.motion.likeness import Likeness
from playground_amp.record.beside import Beside
from playground_amp.report import likeness, page
from playground_amp.report.facts import read_facts
from playground_amp.report.likeness import LikenessRow, LikenessRows, measured_likeness

WITH_AMP = changed(CONFIG, {"amp.enabled": True})


def test_without_a_prior_nothing_is_measured(tmp_path: Path) -> None:
    assert measured_likeness(read_facts(make_run(tmp_path))) == likeness.NOT_MEASURED


def test_the_policy_stands_beside_the_demonstrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read_facts(make_run(tmp_path, config=WITH_AMP))
    walked: list[Any] = [object()]
    monkeypatch.setattr(likeness, "walk_beside", lambda *_: Beside([], walked, 3))
    monkeypatch.setattr(Beside, "likeness", lambda self, robot: Likeness(0.5, None, None))
    monkeypatch.setattr(likeness, "own_likeness", lambda *_: Likeness(0.05, None, None))
    found = measured_likeness(facts)
    assert found == LikenessRows((LikenessRow("distance, each joint alone", "0.500", "0.050"),), 100, 3)
    monkeypatch.setattr(page, "film_program", lambda *_: "")
    text = page.render(facts, [], make_performance(), None, found)
    for words in ("at their 100 commands, of which it fell at 3", "distance, each joint alone", "0.500", "0.050"):
        assert words in text


def test_demonstrations_that_are_gone_are_said(tmp_path: Path) -> None:
    config = changed(WITH_AMP, {"amp.demonstrations": str(tmp_path / "gone")})
    found = measured_likeness(read_facts(make_run(tmp_path / "run", config=config)))
    assert "The demonstrations are not there any more" in found.reason


def test_a_policy_that_always_falls_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "walk_beside", lambda *_: Beside([], [], 100))
    monkeypatch.setattr(likeness, "own_likeness", lambda *_: None)
    assert "fell at every command" in measured_likeness(read_facts(make_run(tmp_path, config=WITH_AMP))).reason
