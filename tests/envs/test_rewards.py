"""Reward terms against arithmetic by hand; what no term asks for is not worked out."""

from types import SimpleNamespace
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from moments import reward_inputs, standard_env, standing_moment

from playground_amp import rotations
from playground_amp.envs import payment, rewards
from playground_amp.envs.commands import hold
from playground_amp.envs.reference_motion import PostureTable
from playground_amp.envs.rewards import RewardInputs
from playground_amp.errors import UserError
from playground_amp.robot.arms import SWING, arms_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale

ROBOT = standard_env().engine.robot
CONFIG = standard_env().config
HOME = ROBOT.home_joint_position
JOINTS = ROBOT.num_joints
PHASE_LEFT_MID_SWING = jnp.float32(0.25)


def by_name(**angles: float) -> jax.Array:
    """A joint vector [J]: these values, 0 elsewhere."""
    return jnp.array([angles.get(name, 0.0) for name in ROBOT.joint_names])


def moving(forward: float, sideways: float = 0.0, yaw_rate: float = 0.0, **others) -> RewardInputs:
    """At an averaged velocity, told to walk at 0.4 m/s."""
    return reward_inputs(after={"average_velocity": jnp.array([forward, sideways, yaw_rate])}, **others)


def test_unknown_reward_terms_are_refused_with_the_nearest_one():
    with pytest.raises(UserError, match=r"reward_weights\.aliv, did you mean alive"):
        payment.check_names({"aliv": 1.0})


@pytest.mark.parametrize(
    ("speed", "progress"),
    [(0.0, 0.0), (0.2, 0.5), (0.4, 1.0), (0.6, 0.5), (0.8, 0.0), (-0.4, 0.0)],
)
def test_progress_is_the_share_of_the_command_and_overspeed_costs(speed, progress):
    np.testing.assert_allclose(rewards.velocity_progress(moving(speed)), progress, atol=1e-6)


def test_progress_in_turning_is_the_share_of_the_commanded_yaw_rate():
    turning = {"command": hold(0.4, yaw_rate=0.5)}
    # 0.3 of 0.5 rad/s: 1 - 0.2 / 0.5
    np.testing.assert_allclose(rewards.yaw_progress(moving(0.4, yaw_rate=0.3, before=turning)), 0.6, rtol=1e-5)
    np.testing.assert_allclose(rewards.yaw_progress(moving(0.4, yaw_rate=1.2, before=turning)), 0.0)  # over twice it
    # Told to go straight on, 0.06 rad/s are held against the least scale, 0.3: 1 - 0.06 / 0.3
    np.testing.assert_allclose(rewards.yaw_progress(moving(0.4, yaw_rate=0.06)), 0.8, rtol=1e-5)


def test_tracking_is_a_gaussian_of_the_error():
    s = moving(0.3, 0.1, 0.5)
    np.testing.assert_allclose(rewards.velocity_tracking(s), np.exp(-0.02 / 0.03), rtol=1e-5)  # errors 0.1 and 0.1
    np.testing.assert_allclose(rewards.yaw_tracking(s), np.exp(-0.25 / 0.25), rtol=1e-5)  # error 0.5


def test_slow_servos_are_held_to_their_speeds_as_closely():
    slow = moving(0.15, 0.05, before={"command": hold(0.2)})
    vars(slow)["scale"] = Scale(speed=0.9, pace=0.5)
    for term in (rewards.velocity_tracking, rewards.velocity_progress):
        np.testing.assert_allclose(term(slow), term(moving(0.3, 0.1)), rtol=1e-5)


def test_a_tilt_of_60_degrees_is_half():
    leaning = jnp.array([np.sin(np.pi / 3), 0.0, -np.cos(np.pi / 3)])
    np.testing.assert_allclose(rewards.tilt(reward_inputs()), 0.0, atol=1e-6)
    np.testing.assert_allclose(rewards.tilt(reward_inputs({"gravity_b": leaning})), 0.5, rtol=1e-5)  # 1 - cos 60 deg


def test_the_height_of_the_base_is_held_against_the_target():
    low = jnp.float32(CONFIG.env.target_height - 0.03)
    np.testing.assert_allclose(rewards.base_height(reward_inputs({"base_height": low})), 0.0009, rtol=1e-4)  # 0.03²


def test_feet_are_held_against_the_clock():
    s = reward_inputs(after={"gait_phase": PHASE_LEFT_MID_SWING})
    np.testing.assert_allclose(rewards.gait_contact(s), 0.5)  # the left foot stands although it is due to swing
    # Both soles are on the floor; the left one is due at the configured height.
    height, due = float(s.readings.foot_height[0]), CONFIG.env.gait.swing_height
    np.testing.assert_allclose(rewards.swing_clearance(s), np.exp(-((height - due) ** 2) / 0.0004), rtol=1e-4)
    on_time = reward_inputs({"foot_switch": jnp.array([0, 0, 0, 1], bool)}, after={"gait_phase": PHASE_LEFT_MID_SWING})
    np.testing.assert_allclose(rewards.gait_contact(on_time), 1.0)


def test_a_toe_that_hangs_down_in_mid_swing_costs_its_sine_squared():
    # With straight legs the soles are level; the base pitched forward by 0.3 rad takes both toes down by sin 0.3. The
    # right foot is in stance.
    pitched = rotations.about_axis(jnp.array([0.0, 1.0, 0.0]), jnp.float32(0.3))
    s = reward_inputs(
        {"base_quaternion_w": pitched, "joint_position": jnp.zeros(JOINTS)}, after={"gait_phase": PHASE_LEFT_MID_SWING}
    )
    np.testing.assert_allclose(s.sole_tilt[:, 0], -np.sin(0.3), rtol=1e-4)
    np.testing.assert_allclose(rewards.swing_tilt(s), np.sin(0.3) ** 2, rtol=1e-4)


def test_only_feet_that_carry_load_slip():
    velocity = jnp.array([[0.3, 0.4, 2.0], [1.0, 1.0, 1.0]])
    s = reward_inputs({"foot_velocity_w": velocity, "foot_switch": jnp.array([1, 0, 0, 0], bool)})
    np.testing.assert_allclose(rewards.foot_slip(s), 0.25, rtol=1e-6)  # 0.3² + 0.4²; not upwards, not the other foot


def test_feet_crowd_by_what_is_missing_from_the_spacing():
    def at(left: float, right: float) -> RewardInputs:
        return reward_inputs({"foot_position_b": jnp.array([[0.0, left, -0.4], [0.1, right, -0.4]])})

    asked = CONFIG.env.foot_spacing
    np.testing.assert_allclose(rewards.foot_crowding(at(0.04, -0.03)), asked - 0.07, rtol=1e-5)
    np.testing.assert_allclose(rewards.foot_crowding(at(-0.02, 0.02)), asked + 0.04, rtol=1e-5)  # crossed legs
    assert float(rewards.foot_crowding(at(0.2, -0.2))) == 0.0


def test_effort_is_summed_over_the_joints():
    used = {
        "joint_torque": by_name(left_knee_pitch=3.0, waist_yaw=-1.0),
        "joint_velocity": by_name(left_knee_pitch=2.0),
    }
    np.testing.assert_allclose(rewards.torque(reward_inputs(used)), 10.0, rtol=1e-6)  # 3² + 1²
    np.testing.assert_allclose(rewards.joint_speed(reward_inputs(used)), 4.0, rtol=1e-6)
    braking = used | {"joint_velocity": by_name(left_knee_pitch=2.0, waist_yaw=0.5)}
    np.testing.assert_allclose(rewards.power(reward_inputs(braking)), 6.5, rtol=1e-6)  # 3 × 2 and |−1 × 0.5|
    changed = reward_inputs(
        before={"previous_action": jnp.ones(JOINTS)}, after={"previous_action": jnp.zeros(JOINTS).at[3].set(3.0)}
    )
    np.testing.assert_allclose(rewards.action_rate(changed), JOINTS - 1 + 4.0)  # ten times 1², once 2²


def test_an_action_counts_while_told_to_stand_alone():
    acts = {"previous_action": jnp.zeros(JOINTS).at[3].set(0.5)}
    assert float(rewards.standing_action(reward_inputs(after=acts))) == 0.0  # told to walk
    np.testing.assert_allclose(rewards.standing_action(reward_inputs(before={"command": hold(0.0)}, after=acts)), 0.25)


def test_arms_that_act_are_due_against_the_legs():
    robot = load_robot("wildrobot_arms")
    arms = arms_of(robot)
    assert arms is not None
    left, right = arms
    step = 0.1  # m, the left foot before the right one

    def paid(swing: float, other: float = 0.0, robot: Robot = robot) -> float:
        """For the left upper arm ahead by an angle, rad, and the right one by another."""
        offset = jnp.zeros(robot.num_joints)
        if robot.num_joints > JOINTS:
            offset = offset.at[left.swing].set(left.forward * swing).at[right.swing].set(right.forward * other)
        feet = jnp.array([[0.5 * step, 0.05, -0.4], [-0.5 * step, -0.05, -0.4]]) + jnp.array([0.02, 0.0, 0.0])
        seen = SimpleNamespace(robot=robot, joint_offset=offset, readings=SimpleNamespace(foot_position_b=feet))
        return float(rewards.arm_swing(cast(RewardInputs, seen)))

    due = SWING * 0.5 * step / robot.leg_length  # rad, back with the foot that is ahead
    assert paid(-due, due) == pytest.approx(0.0, abs=1e-9)
    assert paid(0.0) == pytest.approx(2 * due**2, rel=1e-5)
    assert paid(due, -due) == pytest.approx(8 * due**2, rel=1e-5)
    assert paid(0.0, robot=ROBOT) == 0.0  # held arms


def test_postures_are_held_against_home_and_against_the_reference():
    away = {"joint_position": HOME + by_name(waist_yaw=0.3, left_hip_pitch=0.4)}
    np.testing.assert_allclose(rewards.lateral_posture(reward_inputs(away)), 0.09, rtol=1e-5)  # not the hip's pitch
    assert float(rewards.standing_posture(reward_inputs(away))) == 0.0  # told to walk
    standing = reward_inputs(away, before={"command": hold(0.0)})
    np.testing.assert_allclose(rewards.standing_posture(standing), 0.25, rtol=1e-5)  # 0.3² + 0.4²
    axis = jnp.array([-1.0, 1.0])
    table = jnp.broadcast_to(jnp.asarray(HOME, jnp.float32), (2, 2, 2, 3, JOINTS))
    for spread, paid in ((0.25, 0.5), (0.5, 2 / 3)):  # they are √0.25 rad apart
        reference = PostureTable(axis, axis, axis, table, jnp.float32(spread))
        np.testing.assert_allclose(rewards.reference_posture(reward_inputs(away, posture=reference)), paid, rtol=1e-5)


def test_a_fall_is_paid_once():
    fallen = reward_inputs(after={"terminated": jnp.asarray(True)})
    assert [float(term(s)) for s in (reward_inputs(), fallen) for term in (rewards.alive, rewards.fall)] == [1, 0, 0, 1]


def test_standing_still_earns_under_a_quarter_of_what_walking_earns():
    """By the terms that depend on motion, at 0.4 m/s: a standing robot against one that follows command and clock."""
    weights = {name: CONFIG.reward_weights[name] for name in ("velocity_tracking", "velocity_progress")}
    still = payment.weighted_terms(moving(0.0), weights, 0.02)
    walking = payment.weighted_terms(moving(0.4), weights, 0.02)
    assert sum(still.values()) < 0.25 * sum(walking.values())


def test_lateral_joints_are_the_waist_the_hip_rolls_and_the_ankle_rolls():
    names = [ROBOT.joint_names[index] for index in rewards._lateral_joints(ROBOT)]
    assert names == ["waist_yaw", "left_hip_roll", "left_ankle_roll", "right_hip_roll", "right_ankle_roll"]


def test_what_no_term_asks_for_is_not_worked_out(monkeypatch):
    def operations(*names: str) -> int:
        def paid(before, after):
            inputs = RewardInputs(CONFIG.env, ROBOT, before, after)
            return payment.weighted_terms(inputs, dict.fromkeys(names, 1.0), 0.02)

        return len(jax.make_jaxpr(paid)(standing_moment(), standing_moment()).eqns)

    one, other = operations("yaw_progress"), operations("yaw_tracking")
    assert operations("alive") < 10
    assert operations("yaw_progress", "yaw_tracking") < one + other - 10  # the command is worked out once

    def asked(*_):
        raise AssertionError("the soles' tilt was worked out")

    monkeypatch.setattr(rewards, "sole_tilt", asked)
    operations(*(name for name in CONFIG.reward_weights if name != "swing_tilt"))
    with pytest.raises(AssertionError, match="tilt was worked out"):
        operations("swing_tilt")
