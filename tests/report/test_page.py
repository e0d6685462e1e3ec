"""The page of a robot of another build."""

from pathlib import Path

import pytest
from made_up_runs import make_performance, make_run

from playground_amp.configs.schema import Config
from playground_amp.report import page
from playground_amp.report.facts import read_facts


def test_a_page_is_made_of_its_run(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "film_program", lambda performance: f"data:{performance.robot.name}")
    facts = read_facts(make_run(tmp_path / "run", clearances=(), config=config))
    text = page.render(facts, facts.gates, make_performance(config=config), film=None)
    assert "knee phase portrait" in text
    assert "left, reference" in text  # the gait that is planned for it
    assert f"data:{config.robot}" in text
