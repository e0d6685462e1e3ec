"""The moving picture of the first page: small enough for it, and made by its script."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from playground_amp.errors import UserError
from playground_amp.rendering.frames import require_rendering

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "walk.webp"


def test_the_picture_moves_and_is_small() -> None:
    with Image.open(PICTURE) as picture:
        assert getattr(picture, "n_frames", 1) > 50
    assert PICTURE.stat().st_size < 600_000


@pytest.mark.slow
def test_the_picture_is_made_of_what_the_robot_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        require_rendering()
    except UserError as error:
        pytest.skip(str(error))
    spec = importlib.util.spec_from_file_location("moving_picture", ROOT / "scripts" / "moving_picture.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "PICTURE", tmp_path / "walk.webp")
    acts = (script.Act(0.12, "stand", (0.0, 0.0, 0.0)), script.Act(0.12, "pushed", (0.0, 0.0, 0.0), push=1.0))
    monkeypatch.setattr(script, "ACTS", acts)
    script.main()
    with Image.open(tmp_path / "walk.webp") as picture:
        assert picture.size == (script.SIZE, script.SIZE)
        assert getattr(picture, "n_frames", 1) == 4
