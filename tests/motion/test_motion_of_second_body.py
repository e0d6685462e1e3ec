"""Motion of a robot of another build: 13 joints, a hip yaw, other axes, frames and sizes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from made_up_people import SPEED, write_bvh
from second_body import second_body

from playground_amp.cli import motion
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.motion.checks.judge import check_clips
from playground_amp.motion.clip import Clip, load_clip
from playground_amp.motion.clip_output import write_clip
from playground_amp.motion.demonstrations import read_demonstrations
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.balance import torso_yaw
from playground_amp.motion.generate.table import make_clip
from playground_amp.motion.human.importing import MotionFile, import_motion
from playground_amp.motion.leg_roles import leg_roles
from playground_amp.paths import STANDARD
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

WILDROBOT = load_robot("wildrobot")


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second") / "body"))


@pytest.fixture(scope="module")
def config(robot: Robot) -> Config:
    return load_config(STANDARD, flags={"robot": str(robot.folder)})


@pytest.fixture(scope="module")
def walking(robot: Robot, config: Config) -> Clip:
    return make_clip(robot, config.env, (0.2, 0.0, 0.0))


def test_what_is_saved_is_read_back(robot: Robot, walking: Clip, tmp_path: Path) -> None:
    write_clip(walking, tmp_path / "walk.npz")
    again = load_clip(tmp_path / "walk.npz", robot)
    assert again.robot == robot.name
    np.testing.assert_array_equal(again.qpos, walking.qpos)
    assert again.joint_position.shape == (len(walking.qpos), 13)


def test_a_clip_of_another_robot_is_refused_with_the_difference(robot: Robot, walking: Clip, tmp_path: Path) -> None:
    write_clip(walking, tmp_path / "walk.npz")
    with pytest.raises(UserError) as error:
        load_clip(tmp_path / "walk.npz", WILDROBOT)
    message = str(error.value)
    assert f"is a clip of {robot.name} with 13 joints, not of wildrobot with 11: it lacks waist_yaw, " in message
    assert "it has besides l_hip_yaw, " in message


def test_a_robot_without_demonstrations_is_told_what_makes_them(robot: Robot, config: Config) -> None:
    with pytest.raises(UserError) as error:
        read_demonstrations(config)
    assert "comes without demonstrations" in str(error.value)
    assert f"motion.py record --robot {robot.name} --output {robot.folder}/demonstrations" in str(error.value)


def test_roles_are_found_by_the_axes(robot: Robot) -> None:
    for side, prefix in enumerate(("l", "r")):
        roles = leg_roles(robot, side)
        assert roles is not None
        names = robot.leg_joint_names(side)
        assert {role: names[place] for role, place in roles._asdict().items()} == {
            role: f"{prefix}_{role}" for role in roles._fields
        }
    assert robot.joint_names[torso_yaw(robot) or 0] == "neck"


def test_a_leg_with_a_hip_yaw_points_its_foot_ahead(robot: Robot) -> None:
    leg, rng = legs.leg_of(robot, 0), np.random.default_rng(0)
    assert leg.turns
    home = robot.home_joint_position[leg.chain.joints]
    angles = home + rng.uniform(-0.2, 0.2, (4, 6))
    pose = legs.forward(leg.chain, angles)
    # With z and y of the world along those of the foot: its pitch is 0, it is not rolled, and points ahead.
    target = legs.FootTarget(pose.sole, np.zeros(4), pose.rotation[:, :, 2], pose.rotation[:, :, 1])
    found, error = legs.inverse(leg, target, np.tile(home, (4, 1)))
    assert error.max() < 1e-8
    np.testing.assert_allclose(found, angles, atol=1e-6)


def test_a_walk_is_made_for_its_size(robot: Robot, walking: Clip) -> None:
    assert walking.joint_names == robot.joint_names
    assert walking.qpos[:, 2].mean() == pytest.approx(robot.standing_height, abs=0.02)
    feet = legs.forward(robot.legs[0], walking.joint_position[:, robot.legs[0].joints])
    assert np.ptp(feet.sole[:, 0]) > 0.05
    assert (walking.joint_position > robot.joint_lower).all()
    assert (walking.joint_position < robot.joint_upper).all()
    np.testing.assert_allclose(walking.command, (0.2, 0, 0))


def test_legs_that_cannot_level_a_foot_are_refused_in_a_sentence() -> None:
    chain = WILDROBOT.legs[0]
    stiff = dataclasses.replace(
        chain,
        joints=chain.joints[:4],
        offset=chain.offset[:4],
        rotation=chain.rotation[:4],
        axis=chain.axis[:4],
        tip=chain.offset[4] + chain.tip,
    )
    robot = dataclasses.replace(WILDROBOT, legs=(stiff, WILDROBOT.legs[1]))
    with pytest.raises(UserError) as error:
        make_clip(robot, load_config(STANDARD).env, (0.2, 0.0, 0.0))
    assert str(error.value) == (
        "wildrobot: a gait can be made for legs that place a sole, pitch it and keep it from rolling, which takes five "
        "independent joints besides one that turns it; the left leg (left_hip_pitch, left_hip_roll, left_knee_pitch, "
        "left_ankle_pitch) has 4"
    )


def test_its_walk_passes_every_gate_by_its_own_bounds(robot: Robot, walking: Clip) -> None:
    (checked,) = check_clips(robot, [walking])
    assert checked.failed == []
    limits = {bound.figure: bound.limit for bound in checked.bounds}
    # Lengths go with its legs, 0.7 of WildRobot's: 3 mm are 2.1 mm.
    assert limits["stance_height"] == pytest.approx(0.003 * scale_of(robot).length)
    lifted = dataclasses.replace(walking, qpos=walking.qpos + np.eye(robot.nq)[2] * 0.0025)
    assert "stance_height" in check_clips(robot, [lifted])[0].failed


def test_its_clips_are_checked_and_drawn_by_the_command(
    robot: Robot, walking: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "walk.npz"
    write_clip(walking, path)
    assert motion.main(["check", "--robot", str(robot.folder), str(path)]) == 0
    assert "1 of 1 clips pass every gate" in capsys.readouterr().out
    assert motion.main(["show", "--robot", str(robot.folder), str(path), "--no-video"]) == 0
    assert (tmp_path / "walk.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match="not of wildrobot with 11"):
        motion.main(["check", str(path)])


def test_a_person_walks_in_its_size(robot: Robot, config: Config, tmp_path: Path) -> None:
    imported = import_motion(robot, config.env, MotionFile(write_bvh(tmp_path / "walk.bvh")), [0.2])
    # Thigh and shank of 0.118 and 0.114 m against 0.83 m: speeds go with the square root.
    assert imported.froude_speed == pytest.approx(SPEED * np.sqrt(0.232 / 0.83), rel=0.03)
    checked = check_clips(robot, imported.clips)[0]
    assert set(checked.failed) <= {"torque_p99", "torque_peak", "step_mismatch", "mirror"}
    assert checked.figures.mirror < 0.03  # feet that fall within a twentieth of a cycle, at 50 frames a second


def test_a_person_is_not_brought_to_legs_of_another_build(tmp_path: Path) -> None:
    odd = dataclasses.replace(WILDROBOT, joint_axis_b=np.full((WILDROBOT.num_joints, 3), 3**-0.5))
    with pytest.raises(UserError, match=r"can be brought to legs with three joints across .* left_hip_pitch, "):
        import_motion(odd, load_config(STANDARD).env, MotionFile(write_bvh(tmp_path / "walk.bvh")), [0.2])
