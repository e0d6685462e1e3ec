"""`motion.py`: commands, exit statuses, and clips that can be looked at."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from playground_amp.cli import motion
from playground_amp.errors import UserError
from playground_amp.motion.clip_output import write_clip
from playground_amp.motion.demonstrations import shipped_folder
from playground_amp.motion.film import repeated
from playground_amp.motion.generate.gait import stand
from playground_amp.robot.robot import load_robot

STAND = stand(load_robot("wildrobot"), 0.02, seconds=0.2)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert motion.main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in motion.COMMANDS)


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'chek' is no command"):
        motion.main(["chek"])
    with pytest.raises(UserError, match="there is no clip"):
        motion.main(["check", str(tmp_path / "nothing.npz")])


def test_the_exit_status_of_check_is_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clip.npz"
    write_clip(STAND, path)
    assert motion.main(["check", str(path)]) == 0
    write_clip(dataclasses.replace(STAND, qpos=STAND.qpos + np.eye(18)[2] * 0.05), path)
    assert motion.main(["check", str(path)]) == 1
    assert "stand: stance_height" in capsys.readouterr().out


def test_a_clip_is_drawn(tmp_path: Path) -> None:
    write_clip(STAND, tmp_path / "clip.npz")
    assert motion.main(["show", str(tmp_path / "clip.npz"), "--no-video"]) == 0
    assert (tmp_path / "clip.png").read_bytes().startswith(b"\x89PNG")


def test_a_repeated_clip_goes_on_where_it_ended() -> None:
    turning = dataclasses.replace(STAND, displacement=np.array([0.1, 0.0, np.pi / 2]))
    rows = repeated(turning, 0.5)
    frames = len(STAND.qpos)
    assert len(rows) == 3 * frames
    np.testing.assert_allclose(rows[frames], turning.following[0], atol=1e-12)
    # A quarter turn: the second step of 0.1 m goes to the left.
    start = STAND.qpos[0, :2]
    np.testing.assert_allclose(rows[2 * frames, :2], np.array([0.1, 0.1]) - start, atol=1e-12)


def test_the_demonstrations_that_ship_pass_their_gates(capsys: pytest.CaptureFixture[str]) -> None:
    assert motion.main(["check", str(shipped_folder(load_robot("wildrobot")))]) == 0
    printed = capsys.readouterr().out
    assert "100 clips recorded from physics" in printed
    assert "100 of 100 clips pass every gate" in printed


def test_a_policy_to_record_brings_its_own_configuration(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--policy: a policy brings its own configuration"):
        motion.main(["record", "--policy", str(tmp_path), "--set", "seed=3", "--output", str(tmp_path / "clips")])
    with pytest.raises(UserError, match="holds no policy"):
        motion.main(["record", "--policy", str(tmp_path), "--output", str(tmp_path / "clips")])


def test_clips_that_are_named_are_followed_by_a_policy_of_their_own(tmp_path: Path) -> None:
    write_clip(STAND, tmp_path / "clip.npz")
    output = ["--output", str(tmp_path / "demonstrations")]
    with pytest.raises(UserError, match="--policy: clips that are named are followed by a policy of their own"):
        motion.main(["record", str(tmp_path), "--policy", str(tmp_path), *output])
    with pytest.raises(UserError, match="--commands: clips that are named"):
        motion.main(["record", str(tmp_path), "--commands", "3", *output])
    with pytest.raises(UserError, match="there is no clip"):
        motion.main(["record", str(tmp_path / "nothing"), *output])
    with pytest.raises(UserError, match=r"the clip stand has 50 frames a second, the task 100 control steps"):
        motion.main(["record", str(tmp_path / "clip.npz"), "--set", "env.control_dt=0.01", *output])
    assert not (tmp_path / "demonstrations").exists()
