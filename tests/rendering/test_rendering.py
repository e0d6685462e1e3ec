"""Pictures and videos of the robot."""

import sys
from pathlib import Path

import imageio_ffmpeg
import mujoco
import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.rendering import film
from playground_amp.rendering import frames as rendering
from playground_amp.rendering.frames import render_frames, require_rendering
from playground_amp.rendering.video import write_video
from playground_amp.robot.altered import altered_robot
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot", "flat")


@pytest.fixture
def opengl() -> None:
    try:
        require_rendering()
    except UserError as error:
        pytest.skip(str(error))


def shifted(qpos: np.ndarray, forward: float) -> np.ndarray:
    moved = qpos.copy()
    moved[0] += forward
    return moved


@pytest.mark.usefixtures("opengl")
def test_the_robot_is_in_the_picture() -> None:
    with_robot, without = render_frames(
        ROBOT, np.stack([ROBOT.home_qpos, shifted(ROBOT.home_qpos, -50.0)]), width=160, height=120, camera="overview"
    )
    assert with_robot.shape == (120, 160, 3)
    assert with_robot.dtype == np.uint8
    changed = np.abs(with_robot.astype(int) - without).max(axis=2) > 30
    assert 50 < changed.sum() < 0.2 * changed.size


@pytest.mark.usefixtures("opengl")
def test_the_camera_follows_the_robot() -> None:
    # 20 m are 40 tiles of 0.5 m, a whole number of repeats: the same picture again.
    here, there = render_frames(
        ROBOT, np.stack([ROBOT.home_qpos, shifted(ROBOT.home_qpos, 20.0)]), width=160, height=120
    )
    robot_pixels = np.s_[20:100, 50:110]
    assert np.abs(here[robot_pixels].astype(int) - there[robot_pixels]).mean() < 3.0


@pytest.mark.usefixtures("opengl")
def test_a_camera_or_size_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UserError, match=r"unknown camera 'nose': known are .*track"):
        render_frames(ROBOT, ROBOT.home_qpos[None], camera="nose")
    with pytest.raises(UserError, match=r"5000 x 120"):
        render_frames(ROBOT, ROBOT.home_qpos[None], width=5000, height=120)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere OpenGL comes with the system")
def test_a_machine_without_opengl_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(rendering, "find_library", lambda name: None)
    with pytest.raises(UserError, match=r"libEGL.*apt-get install libegl1 libgl1-mesa-dri"):
        require_rendering()


def test_a_video_has_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "clip.mp4"
    frames = [np.full((48, 64, 3), shade, dtype=np.uint8) for shade in np.linspace(0, 250, 25)]
    write_video(path, frames, fps=25)
    reader = imageio_ffmpeg.read_frames(str(path))
    properties = next(reader)
    assert isinstance(properties, dict)
    assert properties["size"] == (64, 48)
    assert properties["fps"] == 25
    brightness = [np.frombuffer(bytes(frame), dtype=np.uint8).mean() for frame in reader]
    assert len(brightness) == 25
    assert np.all(np.diff(brightness) > 0)
    assert [file.name for file in path.parent.iterdir()] == ["clip.mp4"]


def test_a_video_without_frames_or_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no frames"):
        write_video(tmp_path / "clip.mp4", [], fps=25)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"clip\.mp4 cannot be written"):
        write_video(tmp_path / "file" / "clip.mp4", [np.zeros((48, 64, 3), dtype=np.uint8)], fps=25)


@pytest.mark.usefixtures("opengl")
def test_a_robot_without_a_camera_of_its_own_is_followed_too(tmp_path: Path) -> None:
    def without_camera(spec: mujoco.MjSpec) -> None:
        spec.delete(spec.camera("track"))

    robot = altered_robot(ROBOT, tmp_path / "robot", without_camera)
    nearby = np.stack([shifted(robot.home_qpos, ahead) for ahead in (0.0, 20.0)])
    here, there = render_frames(robot, nearby, width=160, height=120)
    gone, _ = render_frames(robot, nearby, width=160, height=120, camera="overview")
    assert np.abs(here.astype(int) - there)[20:100, 50:110].mean() < 3.0
    assert np.abs(here.astype(int) - gone).mean() > 3.0  # another view


@pytest.mark.usefixtures("opengl")
def test_a_robot_without_a_lamp_of_its_own_is_lit_like_one_with(tmp_path: Path) -> None:
    def without_light(spec: mujoco.MjSpec) -> None:
        spec.delete(spec.lights[0])

    robots = ROBOT, altered_robot(ROBOT, tmp_path / "robot", without_light)
    lit, dark = (next(iter(render_frames(robot, ROBOT.home_qpos[None]))).astype(int) for robot in robots)
    assert np.abs(lit - dark).mean() < 0.01  # of 255; without the lamp it is 65


def test_a_film_is_in_real_time_whatever_the_states_rate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn, written = [], []
    monkeypatch.setattr(film, "render_frames", lambda robot, states, **_: drawn.append(states) or [])
    monkeypatch.setattr(film, "write_video", lambda path, frames, fps: written.append(fps))
    for rate in (50, 100, 30, 10):
        film.write_film(np.zeros((rate, ROBOT.nq)), 1 / rate, ROBOT, tmp_path / "film.mp4")
    assert [len(states) for states in drawn] == [25, 25, 30, 10]
    assert written == [25, 25, 30, 10]
