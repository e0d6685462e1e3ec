"""Brax's own PPO on the task, unchanged. Its SAC is trained by an example, and `--trainer brax` in tests/runs."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brax.training.agents.ppo import train as brax_ppo

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.brax_wrapper import BraxWildRobotWrapper, wrap_for_training
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.learning.brax_baseline import train_with_brax
from playground_amp.paths import STANDARD


@cache
def config(*settings: str) -> Config:
    return load_config(STANDARD, ["num_envs=8", "num_iterations=3", "env.episode_length=20", *settings])


@pytest.mark.slow
def test_stock_ppo_trains_on_the_wrapper():
    env = BraxWildRobotWrapper(WildRobotEnv(config()))
    _, params, metrics = brax_ppo.train(
        env,
        num_timesteps=160,
        episode_length=20,
        num_envs=8,
        unroll_length=5,
        batch_size=4,
        num_minibatches=2,
        num_updates_per_batch=1,
        num_evals=2,
        num_eval_envs=8,
        normalize_observations=True,
    )
    assert np.asarray(params[0].mean).shape == (44,)
    assert 0 < metrics["eval/avg_episode_length"] <= 20
    assert np.isfinite(metrics["eval/episode_reward"])


def test_trainer_brax_refuses_amp():
    with pytest.raises(UserError, match=r"amp\.enabled needs trainer.name wildrobot"):
        train_with_brax(config("amp.enabled=true"), print)


def test_wrapped_for_training_every_episode_starts_anew():
    env = wrap_for_training(BraxWildRobotWrapper(WildRobotEnv(config())), episode_length=3)
    state = jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), 4))
    starts = [state.pipeline_state.physics.qpos]
    step = jax.jit(env.step)
    for _ in range(6):
        state = step(state, jnp.zeros((4, 11)))
        if state.done.all():
            assert state.info["truncation"].all()
            starts.append(state.pipeline_state.physics.qpos)
    assert len(starts) == 3
    assert np.abs(starts[1] - starts[0]).max(axis=1).min() > 0.01
    assert np.abs(starts[2] - starts[1]).max(axis=1).min() > 0.01
