"""No command writes over its input or over what another program or command made; all say so before they start."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up_people import write_bvh, write_smpl
from paths import ROOT

from playground_amp.cli import evaluate, export, motion, play, randomization, report
from playground_amp.errors import UserError
from playground_amp.motion.clip import load_clips
from playground_amp.motion.clip_output import require_clip_folder, write_clips
from playground_amp.motion.generate.gait import SOURCE, stand
from playground_amp.rendering.video import VIDEO, write_video
from playground_amp.robot.robot import load_robot

BOX = ROOT / "policies" / "walk"
CHECKPOINT = next(BOX.glob("final_iter_*.pkl"))
STAND = stand(load_robot("wildrobot", "flat"), 0.02, seconds=0.2)
FOREIGN = b'{"name": "the work of years"}'
Command = Callable[[list[str]], int]


def refused(command: Command, *arguments: object) -> str:
    """The one sentence with which a command refuses."""
    with pytest.raises(UserError) as caught:
        command([str(argument) for argument in arguments])
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def nothing_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_anyway(*_: object) -> None:
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


@pytest.mark.parametrize(
    ("command", "arguments", "name"),
    [
        (evaluate.main, ["--checkpoint", CHECKPOINT, "--json"], "package.json"),
        (evaluate.main, ["--checkpoint", CHECKPOINT, "--video"], "holiday.mp4"),
        (evaluate.main, ["--checkpoint", CHECKPOINT, "--report"], "index.html"),
        (report.main, ["--checkpoint", CHECKPOINT, "--output"], "index.html"),
        (play.main, ["--checkpoint", BOX, "--video"], "holiday.mp4"),
        (randomization.main, ["--json"], "package.json"),
    ],
    ids=["json", "video", "report", "report.py", "play.py", "randomization.py"],
)
def test_a_file_of_another_kind_stays(tmp_path: Path, command: Command, arguments: list[object], name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FOREIGN)
    assert f"{path} is there already" in refused(command, *arguments, path)
    assert path.read_bytes() == FOREIGN


@pytest.mark.parametrize("flag", ["--json", "--report"])
def test_the_judged_policy_is_no_output(tmp_path: Path, flag: str) -> None:
    shutil.copy(CHECKPOINT, tmp_path)
    (tmp_path / "alias").symlink_to(tmp_path / CHECKPOINT.name)
    arguments = ["--checkpoint", tmp_path / CHECKPOINT.name, flag, tmp_path / "alias"]
    assert "is the same file as" in refused(evaluate.main, *arguments)


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    outputs = ["--json", tmp_path / "out", "--report", tmp_path / "out"]
    assert "is the same file as" in refused(evaluate.main, "--checkpoint", CHECKPOINT, *outputs)


def test_a_shown_film_is_no_output(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("<title>WildRobot</title>")
    arguments = ["--checkpoint", CHECKPOINT, "--output", page, "--video", page]
    assert "is the same file as" in refused(report.main, *arguments)


def test_a_film_replaces_a_film_of_ours_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    frames = [np.zeros((48, 64, 3), np.uint8)] * 3
    for _ in range(2):
        write_video(path, frames, fps=25)
    assert VIDEO.recognizes(path)
    path.write_bytes(path.read_bytes().replace(b"WildRobot", b"WeddingOK"))
    assert not VIDEO.recognizes(path)


# Bundles


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_app_with_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(FOREIGN)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main")
    before = tree(tmp_path)
    arguments = ["--checkpoint", CHECKPOINT, "--output", tmp_path]
    assert "holds other files and is no bundle" in refused(export.main, *arguments)
    assert tree(tmp_path) == before


def test_the_box_is_made_anew_and_what_is_not_of_it_stays(tmp_path: Path) -> None:
    robot, run = tmp_path / "playground_amp" / "robots" / "wildrobot", tmp_path / "run"
    box = robot / "policy"
    shutil.copytree(BOX, box)
    (robot / "robot.yaml").write_text("title: a robot")
    run.mkdir()
    (run / "final_iter_7.pkl").write_text("a policy")
    for name in ("notes.txt", "final_iter_3.pkl"):
        (box / name).write_text("mine")
    fake = tmp_path / "python"  # what the commands write, by the last argument of each
    fake.write_text(f'''#!/bin/bash
[[ $1 == - ]] && exec "{sys.executable}" "$@"
out="${{@: -1}}"
if [[ $1 == *export.py ]]; then
  mkdir "$out"
  touch "$out/run.pyz"
  echo '{{"files": {{"run.pyz": "9"}}}}' >"$out/manifest.json"
  exit
fi
[[ $1 == *verify.py ]] && out=$out/card.json
echo new >"$out"
''')
    fake.chmod(0o755)
    script = ["bash", ROOT / "scripts" / "make_policy.sh", run]
    subprocess.run(script, cwd=tmp_path, env=os.environ | {"PY": str(fake)}, check=True, capture_output=True)
    found = tree(box)
    assert {found.pop(name) for name in ("notes.txt", "final_iter_3.pkl")} == {b"mine"}
    assert json.loads(found.pop("manifest.json")) == {"files": {}}  # without the program for the robot
    made = dict.fromkeys(("gate_walk.json", "card.json"), b"new\n")
    assert found == made | {"final_iter_7.pkl": b"a policy"}
    assert sorted(path.name for path in robot.iterdir()) == ["policy", "robot.yaml"]
    other = subprocess.run(script, cwd=tmp_path, env=os.environ | {"ROBOT": "nobody"}, capture_output=True, text=True)
    assert (other.returncode, other.stderr) == (2, "error: no robot nobody ships: name one of wildrobot/\n")


# Clips


def test_an_import_stays_off_its_source_and_off_other_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = write_smpl(tmp_path / "walk.npz")
    before = source.read_bytes()
    assert "holds clips that are not from here (walk.npz)" in refused(
        motion.main, "import", "walk.npz", "--output", "."
    )
    assert source.read_bytes() == before
    imported = ["import", write_bvh(tmp_path / "walk.bvh"), "--speed", 0.2, "--output", "clips"]
    for _ in range(2):  # the second takes the place of the first
        assert motion.main([str(each) for each in imported]) == 0
    kept = tree(tmp_path / "clips")
    (tmp_path / "other").mkdir()
    other = write_bvh(tmp_path / "other" / "walk.bvh", unit=1.0)
    for foreign in ("walk.npz", other):
        assert "holds clips that are not from here" in refused(motion.main, "import", foreign, "--output", "clips")
    assert tree(tmp_path / "clips") == kept
    (clip,) = load_clips(tmp_path / "clips", load_robot("wildrobot"))
    assert "walk.bvh, SHA-256" in clip.source


def test_clips_take_the_place_of_clips_from_the_same_source_only(tmp_path: Path) -> None:
    written = write_clips([STAND, STAND], tmp_path / "clips")
    assert [path.name for path in written] == ["stand.npz", "stand_2.npz"]  # nothing is lost to a name
    write_clips([STAND], tmp_path / "clips")
    assert len(load_clips(tmp_path / "clips", load_robot("wildrobot"))) == 2
    require_clip_folder(tmp_path / "clips", SOURCE)
    write_smpl(tmp_path / "clips" / "stand_2.npz")
    before = tree(tmp_path)
    with pytest.raises(UserError, match=r"stand_2\.npz is no part"):
        write_clips([STAND, STAND], tmp_path / "clips")
    assert tree(tmp_path) == before
    with pytest.raises(UserError, match=r"holds clips that are not from here \(stand_2\.npz\)"):
        require_clip_folder(tmp_path / "clips", SOURCE)


@pytest.mark.parametrize(("name", "flags"), [("stand.png", ["--no-video"]), ("stand.mp4", [])])
def test_a_picture_beside_a_clip_stays(tmp_path: Path, name: str, flags: list[str]) -> None:
    write_clips([STAND], tmp_path)
    (tmp_path / name).write_bytes(b"a holiday")
    before = tree(tmp_path)
    assert f"{name} is there already" in refused(motion.main, "show", tmp_path / "stand.npz", *flags)
    assert tree(tmp_path) == before


def test_a_shadow_file_of_a_mac_is_no_clip(tmp_path: Path) -> None:
    write_clips([STAND], tmp_path)
    (tmp_path / "._stand.npz").write_bytes(b"\0\x05\x16\x07")
    assert [clip.name for clip in load_clips(tmp_path, load_robot("wildrobot"))] == ["stand"]
