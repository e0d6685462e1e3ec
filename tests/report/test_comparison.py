"""Two runs side by side: what was set otherwise, the curves of both, and what gates found of either."""

from pathlib import Path

import pytest
from made_up_runs import CONFIG, make_run

from playground_amp.cli import report
from playground_amp.configs.changes import changed
from playground_amp.errors import UserError
from playground_amp.report.comparison import compare
from playground_amp.report.facts import read_facts


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    slower = changed(CONFIG, {"trainer.lr": 2e-4, "reward_weights.alive": 0.125}, "a test")
    return make_run(folder / "a"), make_run(folder / "b", (), slower)


def test_what_differs_and_what_came_of_it(runs: tuple[Path, Path]) -> None:
    page = compare(*map(read_facts, runs))
    assert page.names == ("a", "b")
    values = {change.key: (change.default, change.value) for change in page.changes}
    assert values["trainer.lr"] == (CONFIG.trainer.lr, 2e-4)
    assert set(values) == {"trainer.lr", "reward_weights.alive"}
    assert "reward" in [curve.title for curve in page.curves]
    assert all(len(curve.figure["data"]) == 2 for curve in page.curves)
    survived = next(row for row in page.gates if row.figure == "survived")
    assert survived.passed == (True, None)  # nobody judged b


def test_the_command_writes_one_page(runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert report.main([str(path.parent) for path in runs]) == 0
    text = (tmp_path / "comparison.html").read_text()
    assert "<code>trainer.lr</code>" in text
    assert report.main([str(path) for path in runs]) == 0  # over its own
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(UserError, match=r"mine\.html is there already"):
        report.main([*map(str, runs), "--output", "mine.html"])


def test_two_are_compared(runs: tuple[Path, Path]) -> None:
    for words in ([*map(str, runs), "--checkpoint", str(runs[0])], [*map(str, runs), "--video", "film.mp4"]):
        with pytest.raises(UserError, match=r"two runs are compared, without --video: .*report.* A B"):
            report.main(words)
    with pytest.raises(UserError, match=r"name a run, or two to compare: .*report.* RUN"):
        report.main([])
    for words in ([str(runs[0])], ["--checkpoint", str(runs[0])]):  # one is reported of
        with pytest.raises(UserError, match=r"there is no video film\.mp4"):
            report.main([*words, "--video", "film.mp4"])
