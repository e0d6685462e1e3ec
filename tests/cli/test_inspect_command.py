"""`robot.py inspect`: page, exit statuses, JSON and picture; quick, and without JAX."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bodies import closed_loop, duck, tall_biped
from paths import ROOT

from playground_amp.cli import robot
from playground_amp.errors import UserError


def test_the_exit_status_is_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert robot.main(["inspect", str(duck(tmp_path / "duck").path)]) == 0
    assert "fine" in capsys.readouterr().out
    assert robot.main(["inspect", str(tall_biped(tmp_path / "tall").path)]) == 1
    assert "usable" in capsys.readouterr().out


def test_what_cannot_be_used_is_refused_in_one_sentence_in_json_too(tmp_path: Path) -> None:
    path, file = closed_loop(tmp_path).path, tmp_path / "inspection.json"
    with pytest.raises(UserError) as refusal:
        robot.main(["inspect", str(path), "--json", str(file)])
    assert len(str(refusal.value).splitlines()) == 1
    plain = json.loads(file.read_text())
    assert (plain["status"], plain["refused"]) == (2, str(refusal.value))


def test_json_and_picture_are_written_and_replace_only_their_like(tmp_path: Path) -> None:
    path = duck(tmp_path).path
    file, picture = tmp_path / "duck.json", tmp_path / "duck.png"
    for _ in range(2):
        assert robot.main(["inspect", str(path), "--json", str(file), "--picture", str(picture)]) == 0
    assert json.loads(file.read_text())["anatomy"]["base"] == "trunk"
    assert picture.read_bytes().startswith(b"\x89PNG")
    for flag, other in (("--json", "other.json"), ("--picture", "other.png")):
        (tmp_path / other).write_text('{"mine": 1}')
        with pytest.raises(UserError, match="is there already"):
            robot.main(["inspect", str(path), flag, str(tmp_path / other)])
        assert (tmp_path / other).read_text() == '{"mine": 1}'
    before = path.read_bytes()
    with pytest.raises(UserError, match="same file"):
        robot.main(["inspect", str(path), "--json", str(path)])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments", [["inspect"], ["inspect", "nowhere.xml"], ["inpsect", "x"], ["inspect", "x", "--jsno"]]
)
def test_mistakes_are_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(UserError) as mistake:
        robot.main(arguments)
    assert len(str(mistake.value).splitlines()) == 1


def test_it_answers_without_jax_or_matplotlib(tmp_path: Path) -> None:
    code = (
        "import sys; from playground_amp.cli.robot import main; status = main(sys.argv[1:]);"
        "sys.exit(9 if {'jax', 'matplotlib', 'brax'} & set(sys.modules) else status)"
    )
    command = [sys.executable, "-c", code, "inspect", str(duck(tmp_path).path)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_init_leaves_a_picture_beside_the_folder(tmp_path: Path) -> None:
    made = duck(tmp_path / "maker")
    assert robot.main(["init", str(made.path), "--output", str(tmp_path / "duck")]) == 0
    assert (tmp_path / "duck.png").read_bytes().startswith(b"\x89PNG")
    assert robot.main(["inspect", str(tmp_path / "duck")]) == 0
    (tmp_path / "goose.png").write_bytes(b"a holiday")
    with pytest.raises(UserError, match="is there already"):
        robot.main(["init", str(made.path), "--output", str(tmp_path / "goose")])
    assert not (tmp_path / "goose").exists()
