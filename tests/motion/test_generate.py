"""Generated gaits do what they say: legs reach, feet stand, the clock agrees, left mirrors right."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.envs import gait as clock
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.balance import pendulum_sway
from playground_amp.motion.generate.footsteps import travel
from playground_amp.motion.generate.gait import walk
from playground_amp.motion.generate.table import commands_of, make_clip
from playground_amp.physics.motion_analysis import center_of_pressure, sole_motion
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

ROBOT = load_robot("wildrobot")
CONFIG = load_config(Path("playground_amp/configs/wildrobot_phase3_training.yaml")).env


@pytest.fixture(scope="module")
def forward() -> Clip:
    return make_clip(ROBOT, CONFIG, (0.3, 0.0, 0.0))


@pytest.fixture(scope="module")
def turning() -> Clip:
    return make_clip(ROBOT, CONFIG, (0.2, 0.2, 0.8))


@pytest.mark.parametrize("foot", [0, 1])
def test_leg_kinematics_agree_with_mujoco(foot: int) -> None:
    chain = ROBOT.legs[foot]
    rng = np.random.default_rng(0)
    qpos = np.tile(ROBOT.home_qpos, (4, 1))
    qpos[:, 7:] = rng.uniform(-0.5, 0.5, (4, 11))
    pose = legs.forward(chain, qpos[:, 7 + chain.joints])
    corners = sole_motion(ROBOT, qpos, np.zeros((4, 17))).position_w[:, foot]
    level = legs.forward(chain, np.zeros((1, 5)))
    # The four corners lie around the sole's center; a tilted edge of radius 4 mm is lowest up to 4 mm off its flat one.
    np.testing.assert_allclose(corners.mean(axis=1), pose.sole + qpos[:, :3], atol=0.005)
    np.testing.assert_allclose(level.sole[0, 1], -0.0908 if foot else 0.0908, atol=1e-6)


def test_inverse_kinematics_finds_the_angles_again() -> None:
    leg = legs.leg_of(ROBOT, 0)
    angles = np.array([[-0.5, 0.1, 0.8, -0.3, -0.1], [-0.2, -0.1, 0.4, -0.2, 0.1]])
    pose = legs.forward(leg.chain, angles)
    # With the base tilted so that the foot's y axis is level, its pitch is what the x axis says.
    up = np.cross(pose.rotation[:, :, 0], pose.rotation[:, :, 1])
    # Where it points is not asked of a leg that cannot turn it.
    assert not leg.turns
    found, error = legs.inverse(leg, legs.FootTarget(pose.sole, np.zeros(2), up, np.zeros((2, 3))), angles + 0.1)
    assert error.max() < 1e-8
    np.testing.assert_allclose(found, angles, atol=1e-6)


def test_beyond_reach_is_said(forward: Clip) -> None:
    with pytest.raises(UserError, match=r"forward\+3.00_left\+0.00_turn\+0.00: the robot's legs do not reach"):
        walk(ROBOT, CONFIG.gait, (3.0, 0.0, 0.0), 0.8, 0.02)


def test_the_pendulum_answers_each_harmonic() -> None:
    time = np.arange(64) / 64
    pressure = np.stack([0.02 + 0.05 * np.cos(2 * np.pi * time), np.sin(6 * np.pi * time)], axis=1)
    sway = pendulum_sway(pressure, period=0.8, height=0.42, gravity=9.81)
    # w² h / g with w = 2 pi / 0.8 is 2.641; three times the frequency, nine times that. A constant stays.
    np.testing.assert_allclose(sway[:, 0], 0.02 + 0.05 / 3.641 * np.cos(2 * np.pi * time), atol=1e-5)
    np.testing.assert_allclose(sway[:, 1], np.sin(6 * np.pi * time) / 24.77, atol=1e-4)


def test_travel_is_the_integral_of_the_velocity() -> None:
    velocity, time = np.array([0.4, 0.1, 0.8]), np.linspace(0, 2, 2001)
    yaw = velocity[2] * time
    speed = np.stack([0.4 * np.cos(yaw) - 0.1 * np.sin(yaw), 0.4 * np.sin(yaw) + 0.1 * np.cos(yaw)], axis=1)
    walked = np.sum((speed[1:] + speed[:-1]) / 2, axis=0) * 1e-3
    np.testing.assert_allclose(travel(velocity, time)[-1], (*walked, 1.6), atol=1e-6)


def test_feet_follow_the_gait_clock(forward: Clip) -> None:
    phases = np.arange(len(forward.qpos)) * forward.cycles / len(forward.qpos) % 1.0
    due = np.array([np.asarray(clock.swing_progress(jnp.float32(phase), CONFIG.gait)) for phase in phases])
    agree = (due == 0) == forward.contact
    assert agree.mean() > 0.98  # a frame on the very edge may be rounded either way
    quarter = np.argmin(np.abs(phases - 0.25))
    assert forward.contact[quarter].tolist() == [False, True]
    assert forward.contact[0].all()


def test_a_cycle_lasts_as_long_as_the_clock_says(forward: Clip) -> None:
    assert forward.duration / forward.cycles == pytest.approx(0.88 - 0.32 * 0.3, rel=1e-3)
    assert forward.displacement == pytest.approx([0.3 * forward.duration, 0, 0])


@pytest.mark.parametrize("name", ["forward", "turning"])
def test_velocities_are_those_of_the_positions(name: str, request: pytest.FixtureRequest) -> None:
    clip: Clip = request.getfixturevalue(name)
    soles = sole_motion(ROBOT, clip.qpos, clip.qvel)
    middle = soles.position_w.mean(axis=2)
    moved = (middle[2:] - middle[:-2]) * clip.rate / 2
    np.testing.assert_allclose(moved, soles.velocity_w.mean(axis=2)[1:-1], atol=0.25)
    after = clip.following[0]
    step = clip.qpos[-1] + (after - clip.qpos[-2]) / 2
    np.testing.assert_allclose(step[:3], after[:3], atol=2e-3)


@pytest.mark.parametrize("name", ["forward", "turning"])
def test_feet_that_carry_stand_flat_or_roll_on_the_floor(name: str, request: pytest.FixtureRequest) -> None:
    clip: Clip = request.getfixturevalue(name)
    height = sole_motion(ROBOT, clip.qpos, clip.qvel).position_w[..., 2].min(axis=2)
    assert np.abs(height[clip.contact]).max() < 1e-3
    assert height.min() > -1e-3
    assert height.max() > 0.015


def test_the_whole_robot_pushes_where_its_feet_are(forward: Clip) -> None:
    acceleration = np.gradient(forward.qvel, 1 / forward.rate, axis=0)
    pressure = center_of_pressure(ROBOT, forward.qpos, forward.qvel, acceleration)
    soles = sole_motion(ROBOT, forward.qpos, forward.qvel)
    single = forward.contact.sum(axis=1) == 1
    single[[0, -1]] = False
    foot = np.argmax(forward.contact[single], axis=1)
    low, high = (
        getattr(soles.position_w[single][np.arange(single.sum()), foot], end)(axis=1) for end in ("min", "max")
    )
    inside = (pressure[single] > low[:, :2] - 0.005) & (pressure[single] < high[:, :2] + 0.005)
    assert inside.mean() > 0.95


def test_standing_is_still_and_balanced() -> None:
    clip = make_clip(ROBOT, CONFIG, (0.0, 0.0, 0.0))
    assert clip.name == "stand"
    assert not clip.qvel.any()
    pressure = center_of_pressure(ROBOT, clip.qpos[:1], clip.qvel[:1], clip.qvel[:1])
    np.testing.assert_allclose(pressure, 0, atol=1e-3)


def test_the_table_covers_what_the_task_commands() -> None:
    commands = np.array(commands_of(CONFIG.commands, scale_of(ROBOT)))
    for column, (low, high) in enumerate((CONFIG.commands.forward, CONFIG.commands.sideways, CONFIG.commands.yaw_rate)):
        assert (commands[:, column].min(), commands[:, column].max()) == (low, high)
    assert (commands == 0).all(axis=1).sum() == 1
    assert len(commands) == 11 * 3 * 5
