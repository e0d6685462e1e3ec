"""The task on a second body: 13 oblique joints, turned frames, other soles."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import ROBUST
from playground_amp.robot.scale import scale_of


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> WildRobotEnv:
    """Everything randomized, on flat ground."""
    folder: Path = tmp_path_factory.mktemp("second")
    return WildRobotEnv(load_config(ROBUST, [f"robot={second_body(folder)}"]))


def test_it_starts_steps_sees_and_is_paid(env: WildRobotEnv):
    robot = env.engine.robot
    joints = robot.num_joints
    state = jax.jit(env.reset)(jax.random.PRNGKey(0))
    assert state.physics.qpos.shape == (robot.nq,)
    assert state.physics.qvel.shape == (robot.nv,)
    assert state.parameters.mass_scale is not None
    assert state.parameters.mass_scale.shape == (robot.num_bodies,)
    assert state.sensors.joint_zero_offset is not None
    assert state.sensors.joint_zero_offset.shape == (joints,)
    state = jax.jit(env.step)(state, jnp.zeros(joints))
    assert {name: len(x) for name, x in state.observation.items()} == env.observation_sizes
    assert env.observation_sizes["state"] == env.config.env.observation_history * (3 + 3 + 3 * joints + 3 + 2)
    assert all(np.isfinite(np.asarray(x)).all() for x in (*state.observation.values(), state.reward))
    assert set(state.reward_terms) == {name for name, weight in env.config.reward_weights.items() if weight}


def test_at_rest_it_stands_with_its_soles_just_clear_of_the_floor(env: WildRobotEnv):
    state = jax.jit(env.reset_at_rest)(jax.random.PRNGKey(0), hold(0.1, heading=0.0))
    robot = env.engine.robot
    assert abs(float(state.readings.base_height) - robot.standing_height) < 0.02 * robot.standing_height
    lowest = float(state.readings.foot_position_w[:, 2].min())
    np.testing.assert_allclose(lowest, 0.002 * scale_of(robot).length, atol=1e-5)
