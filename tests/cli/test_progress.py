"""How long a command goes on, from its pace so far."""

import pytest

from playground_amp.cli.progress import progress, time_left


@pytest.mark.parametrize(
    ("elapsed", "from_share", "share", "words"),
    [
        (10.0, 0.0, 0.25, "about 30 s left"),  # a quarter in 10 s, three to come
        (10.0, 0.5, 0.75, "about 10 s left"),  # a quarter in 10 s, one to come
        (60.0, 0.0, 0.1, "about 9 min left"),
        (3600.0, 0.0, 0.5, "about 60 min left"),
        (3600.0, 0.0, 0.25, "about 3.0 h left"),
        (5.0, 0.0, 0.01, ""),
        (5.0, 0.0, 1.0, ""),
        (0.0, 0.0, 0.0, ""),
    ],
)
def test_the_time_left_follows_from_the_pace(elapsed: float, from_share: float, share: float, words: str) -> None:
    assert time_left(elapsed, from_share, share) == words


def test_where_nobody_looks_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 0.0, 4.0])
    with progress("importing", lambda: next(times)) as show:
        show(0.0, "reading")
        show(0.5, "trying")
    assert capsys.readouterr().err.strip() == ""
