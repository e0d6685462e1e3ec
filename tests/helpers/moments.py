"""Moments of the task, and what a reward term may look at, for tests that set what they are about."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.rewards import RewardInputs
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD


@cache
def standard_env() -> WildRobotEnv:
    return WildRobotEnv(load_config(STANDARD, ["env.bus=false"]))  # readings are the truth


@cache
def standing_moment() -> EnvState:
    """WildRobot upright at home on both feet, without torque, between two steps, told to walk at 0.4 m/s."""
    env = standard_env()
    state = jax.jit(env.reset_at_rest)(jax.random.PRNGKey(0), hold(0.4))
    home = jnp.asarray(env.engine.robot.home_qpos, jnp.float32)
    _, readings = jax.jit(env.engine.reset)(home, jnp.zeros(env.engine.robot.nv), state.parameters)
    readings = readings._replace(
        foot_switch=jnp.ones(4, bool),
        joint_torque=jnp.zeros(env.action_size),
        joint_velocity=jnp.zeros(env.action_size),
    )
    return state._replace(readings=readings, gait_phase=jnp.float32(0.0))


def reward_inputs(
    readings: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **others: Any,
) -> RewardInputs:
    """Of `standing_moment`, with other readings, other parts of the states before and after, other task or robot."""
    env, moment = standard_env(), standing_moment()
    reached = moment._replace(readings=moment.readings._replace(**(readings or {})), **(after or {}))
    given = {"env": env.config.env, "robot": env.engine.robot} | others
    return RewardInputs(before=moment._replace(**(before or {})), after=reached, **given)
