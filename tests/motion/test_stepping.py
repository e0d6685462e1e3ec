"""Stepping is made for any legs: soles where they should be, in time with the clock, at speeds that servos have."""

import dataclasses

import numpy as np
import pytest
from second_body import second_body

from playground_amp import rotations
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import EnvConfig
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.stepping import generated_clips, stepping_clips
from playground_amp.motion.posture import make_posture_table
from playground_amp.motion.reference import posture_of, starts_of
from playground_amp.paths import STANDARD
from playground_amp.physics.motion_analysis import sole_motion
from playground_amp.robot.mirror import PLANAR_VELOCITY
from playground_amp.robot.record import Chain, Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

FEW = {"forward": (0.0, 0.3), "sideways": (-0.2, 0.2), "yaw_rate": (-0.8, 0.8)}  # of WildRobot


def task(robot: Robot, **ranges: tuple[float, float]) -> EnvConfig:
    env = load_config(STANDARD, flags={"robot": str(robot.folder)}).env
    scale = scale_of(robot)
    sizes = {"forward": scale.speed, "sideways": scale.speed, "yaw_rate": scale.rate}
    scaled = {name: tuple(round(end * sizes[name], 6) for end in ends) for name, ends in (FEW | ranges).items()}
    return env.model_copy(update={"commands": env.commands.model_copy(update=scaled)})


def without_last_hinge(robot: Robot) -> Robot:
    """Legs that end a hinge earlier, which stays at home: feet that cannot roll."""

    def shortened(chain: Chain) -> Chain:
        tip = chain.offset[-1] + rotations.rotate(chain.tip, chain.rotation[-1])
        turn = rotations.multiply(chain.rotation[-1], chain.tip_rotation)
        return Chain(chain.joints[:-1], chain.offset[:-1], chain.rotation[:-1], chain.axis[:-1], tip, turn)

    return dataclasses.replace(robot, legs=(shortened(robot.legs[0]), shortened(robot.legs[1])))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second") / "body"))


@pytest.fixture(scope="module", params=["wildrobot", "second", "second without ankle roll"])
def stepping(request: pytest.FixtureRequest, second: Robot) -> tuple[Robot, list[Clip]]:
    robot = load_robot("wildrobot") if request.param == "wildrobot" else second
    made_of = without_last_hinge(robot) if "without" in request.param else robot
    return robot, stepping_clips(made_of, task(robot))


def clip_of(clips: list[Clip], *command: float) -> Clip:
    return min(clips, key=lambda clip: float(np.abs(clip.command - command).sum()))


def test_soles_stand_where_they_should_to_a_millimeter(stepping: tuple[Robot, list[Clip]]) -> None:
    robot, clips = stepping
    for clip in clips:
        center = sole_motion(robot, clip.qpos, clip.qvel).position_w.mean(axis=2)
        carries = clip.contact & np.roll(clip.contact, -1, axis=0)
        together = carries[:-1]
        moved = np.linalg.norm(np.diff(center[:, :, :2], axis=0), axis=2)
        assert moved[together].max() < 1e-3, clip.name
        assert np.abs(center[..., 2][clip.contact]).max() < 2.5e-3, clip.name  # the edges of a pitched sole are round
        assert center[..., 2][~clip.contact].max() > 0.6 * 0.035 * scale_of(robot).length, clip.name


def test_the_body_goes_as_commanded(stepping: tuple[Robot, list[Clip]]) -> None:
    _, clips = stepping
    for clip in clips:
        yaw = clip.displacement[2] / clip.duration
        assert yaw == pytest.approx(clip.command[2], abs=1e-6)
        assert np.all(clip.qpos[:, 3] > 0.5) or clip.command[2] != 0


def test_joints_stay_within_their_ranges_and_speeds(stepping: tuple[Robot, list[Clip]]) -> None:
    robot, clips = stepping
    for clip in clips:
        assert (clip.joint_position >= robot.joint_lower - 1e-3).all()
        assert (clip.joint_position <= robot.joint_upper + 1e-3).all()
        assert (np.abs(clip.joint_velocity) < robot.speed_limit).all()


def test_left_mirrors_right_half_a_cycle_later(stepping: tuple[Robot, list[Clip]]) -> None:
    robot, clips = stepping
    table = make_posture_table(clips).joint_position  # [X, Y, W, P + 1, J]
    mirrored = robot.joint_mirror_sign * table[:, ::-1, ::-1, :, :][..., robot.joint_mirror_index]
    later = np.roll(mirrored[..., :-1, :], 16, axis=3)
    np.testing.assert_allclose(table[..., :-1, :], later, atol=0.02)  # frames do not fall on the phases alike


def test_steps_in_place_are_those_of_no_command(stepping: tuple[Robot, list[Clip]]) -> None:
    robot, clips = stepping
    clip = clip_of(clips, 0.0, 0.0, 0.0)
    np.testing.assert_array_equal(clip.command, 0.0)
    assert np.ptp(clip.qpos[:, 0]) < 1e-6
    assert 0.02 < np.ptp(clip.qpos[:, 1]) / scale_of(robot).length < 0.2  # it sways
    assert not clip.contact.all()


def test_steps_get_shorter_where_servos_are_slow(second: Robot) -> None:
    slow = dataclasses.replace(second, speed_limit=0.6 * second.speed_limit)
    clip = clip_of(stepping_clips(slow, task(second, sideways=(0, 0), yaw_rate=(0, 0))), 1.0, 0.0, 0.0)
    assert 0.1 * clip.command[0] < clip.displacement[0] / clip.duration < 0.9 * clip.command[0]
    assert (np.abs(clip.joint_velocity) < slow.speed_limit).all()


def test_legs_that_reach_nowhere_are_told(second: Robot) -> None:
    stuck = dataclasses.replace(second, joint_lower=0 * second.joint_lower, joint_upper=0 * second.joint_upper + 0.05)
    with pytest.raises(UserError, match="stepping cannot be made: with the base a little"):
        stepping_clips(stuck, task(second, sideways=(0, 0), yaw_rate=(0, 0)))


def test_planar_mirror_is_what_the_grid_is_mirrored_by(second: Robot) -> None:
    clips = stepping_clips(second, task(second))
    commands = {tuple(clip.command) for clip in clips}
    assert {tuple(PLANAR_VELOCITY.sign * command + 0.0) for command in commands} == commands


def test_a_robot_without_demonstrations_starts_on_steps_and_is_paid_for_their_posture(second: Robot) -> None:
    config = load_config(STANDARD, ["reward_weights.reference_posture=4"], flags={"robot": str(second.folder)})
    starts, posture = starts_of(config), posture_of(config)
    assert starts is not None
    assert posture is not None
    assert starts.qpos.shape[1] == second.nq
    assert posture.joint_position.shape == (6, 3, 3, 33, second.num_joints)
    table = np.asarray(posture.joint_position)[..., :-1, :]
    still = 1 / (1 + ((table - table.mean(axis=3, keepdims=True)) ** 2).sum(axis=-1) / posture.spread)
    assert 0.4 < still.mean() < 0.65  # standing in the middle of the motion is paid about half
    assert len(np.unique(starts.command, axis=0)) == 6 * 3 * 3
    never = load_config(STANDARD, ["env.reference_start_share=0"], flags={"robot": str(second.folder)})
    assert (starts_of(never), posture_of(never)) == (None, None)


def test_legs_that_no_gaits_are_made_for_step_instead_which_is_said(second: Robot) -> None:
    flat = without_last_hinge(second)
    said: list[str] = []
    clips = generated_clips(flat, task(flat, sideways=(0, 0), yaw_rate=(0, 0)), said.append)
    assert {clip.source for clip in clips} == {"stepping generator"}
    assert len(said) == 1
    assert "takes five independent joints besides one that turns it" in said[0]
    assert said[0].endswith("has 4: flat-footed stepping instead")
