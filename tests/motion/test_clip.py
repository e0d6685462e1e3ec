"""Clips: what is stored is read back, and a damaged or foreign file is refused by the name of what is wrong."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip, load_clip, load_clips
from playground_amp.motion.clip_output import write_clip
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
JOINT_NAMES = ROBOT.joint_names


def made_up_clip(frames: int = 5, robot: Robot = ROBOT) -> Clip:
    qpos = np.zeros((frames, robot.nq))
    qpos[:, 3] = 1
    return Clip(
        name="made up",
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=50.0,
        qpos=qpos,
        qvel=np.zeros((frames, robot.nv)),
        contact=np.ones((frames, 2), bool),
        gait_phase=np.zeros(frames),
        command=np.array([0.3, 0.0, 0.0]),
        displacement=np.array([0.03, 0.0, 0.0]),
        periodic=True,
        cycles=1,
        source="test",
    )


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    clip = made_up_clip()
    write_clip(clip, tmp_path / "folder" / "clip.npz")
    again = load_clip(tmp_path / "folder" / "clip.npz", ROBOT)
    for field in dataclasses.fields(Clip):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(clip, field.name), err_msg=field.name)


def test_a_clip_tells_its_cycle_and_its_double_support() -> None:
    clip = made_up_clip(frames=10)  # 0.2 s
    clip.contact[:3, 0] = clip.contact[5:9, 1] = False
    two = dataclasses.replace(clip, cycles=2)
    assert two.cycle_time == pytest.approx(0.1)
    assert two.double_support == pytest.approx(0.3)  # 3 of 10 frames
    assert np.isnan(dataclasses.replace(clip, cycles=0).cycle_time)


def test_the_state_after_the_last_one_is_the_first_moved_on() -> None:
    clip = made_up_clip()
    clip.qpos[0, :2], clip.qvel[0, :2] = (0.1, 0.2), (1.0, 0.0)
    moved = dataclasses.replace(clip, displacement=np.array([3.0, 4.0, np.pi / 2]))
    qpos, qvel = moved.following
    # A quarter turn takes (0.1, 0.2) to (-0.2, 0.1); then 3 and 4 m on.
    np.testing.assert_allclose(qpos[:2], (2.8, 4.1))
    np.testing.assert_allclose(qpos[3:7], (np.sqrt(0.5), 0, 0, np.sqrt(0.5)))
    np.testing.assert_allclose(qvel[:2], (0.0, 1.0), atol=1e-12)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("qpos", np.zeros((5, 17)), "field qpos has the shape [5, 17], expected [5, 18]"),
        ("qvel", np.full((5, 17), np.nan), "field qvel holds numbers that are not finite"),
        ("contact", np.ones((5, 2)), "field contact holds float64, expected true or false"),
        ("joint_names", np.array(JOINT_NAMES[::-1]), "joint_names are right_ankle_roll"),
        ("rate", np.array(0.0), "rate is 0.0, it must be above 0"),
        ("command", np.zeros(2), "field command has the shape [2], expected [3]"),
        ("qpos", np.zeros((5, 18)), "base quaternion that is off unit length by 1"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, field: str, value: np.ndarray, message: str) -> None:
    path = tmp_path / "clip.npz"
    write_clip(made_up_clip(), path)
    with np.load(path) as archive:
        stored: dict[str, Any] = dict(archive) | {field: value}
    np.savez(path, **stored)
    with pytest.raises(UserError) as error:
        load_clip(path, ROBOT)
    assert message in str(error.value)


def test_a_missing_and_an_unknown_field_are_named(tmp_path: Path) -> None:
    path = tmp_path / "clip.npz"
    write_clip(made_up_clip(), path)
    with np.load(path) as archive:
        stored = dict(archive)
    np.savez(path, **{name: value for name, value in stored.items() if name != "qvel"})
    with pytest.raises(UserError, match="the field qvel is missing"):
        load_clip(path, ROBOT)
    np.savez(path, **stored, speed=np.ones(1))
    with pytest.raises(UserError, match="unknown field speed"):
        load_clip(path, ROBOT)


def test_files_that_are_no_clips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.npz"
    with pytest.raises(UserError, match="there is no clip"):
        load_clip(path, ROBOT)
    path.write_text("not an archive")
    with pytest.raises(UserError, match="no clip, or damaged"):
        load_clip(path, ROBOT)
    path.unlink()
    write_clip(made_up_clip(), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="no clip, or damaged"):
        load_clip(path, ROBOT)
    np.savez(path, name=np.array([{}], dtype=object))
    with pytest.raises(UserError, match="the field name cannot be read"):
        load_clip(path, ROBOT)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no clips \(\*.npz\) in the folder"):
        load_clips(tmp_path / "empty", ROBOT)


def test_the_clips_of_a_folder_come_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_clip(dataclasses.replace(made_up_clip(), name=name), tmp_path / f"{name}.npz")
    assert [clip.name for clip in load_clips(tmp_path, ROBOT)] == ["a", "b"]


def test_hidden_files_of_another_system_are_no_clips(tmp_path: Path) -> None:
    write_clip(made_up_clip(), tmp_path / "walk.npz")
    (tmp_path / "._walk.npz").write_bytes(b"\0\5\26\7Mac OS X")
    assert [clip.name for clip in load_clips(tmp_path, ROBOT)] == ["made up"]


def test_a_clip_that_does_not_name_its_robot_is_told_by_its_joints(tmp_path: Path) -> None:
    path = tmp_path / "clip.npz"
    write_clip(made_up_clip(), path)
    with np.load(path) as archive:
        stored: dict[str, Any] = {name: archive[name] for name in archive.files if name != "robot"}
    np.savez(path, **stored)
    assert load_clip(path, ROBOT).robot == "wildrobot"
