"""Pictures of the robot."""

import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.rendering import frames as rendering
from playground_amp.rendering.frames import render_frames, require_rendering
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
