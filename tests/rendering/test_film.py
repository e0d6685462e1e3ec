"""States of a robot as a film."""

from pathlib import Path

import numpy as np
import pytest

from playground_amp.rendering import film
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot", "flat")


def test_a_film_is_in_real_time_whatever_the_states_rate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn, written = [], []
    monkeypatch.setattr(film, "render_frames", lambda robot, states, **_: drawn.append(states) or [])
    monkeypatch.setattr(film, "write_video", lambda path, frames, fps: written.append(fps))
    for rate in (50, 100, 30, 10):
        film.write_film(np.zeros((rate, ROBOT.nq)), 1 / rate, ROBOT, tmp_path / "film.mp4")
    assert [len(states) for states in drawn] == [25, 25, 30, 10]
    assert written == [25, 25, 30, 10]


def test_films_side_by_side_end_with_the_shortest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written: list[np.ndarray] = []
    monkeypatch.setattr(film, "write_video", lambda path, frames, fps: written.extend(frames))
    panels = [[np.full((4, 6, 3), shade, np.uint8)] * count for shade, count in ((1, 5), (2, 3))]
    film.write_side_by_side(panels, 4, 25, tmp_path / "film.mp4")
    assert [picture.shape for picture in written] == [(4, 12, 3)] * 3
    assert (written[0][:, :6] == 1).all()
    assert (written[0][:, 6:] == 2).all()
