"""The one rollout: rows by the step, ends that stay, starts anew as in training."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.rollouts import rollout
from playground_amp.rollouts.rollout import AsInTraining, UntilFall, roll_out

SHORT_EPISODE = 20  # control steps
CONFIG = load_config(STANDARD, [f"env.episode_length={SHORT_EPISODE}"])
STEPS = 60


class Row(NamedTuple):
    step: jax.Array
    height: jax.Array
    terminated: jax.Array


def row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> Row:
    return Row(reached.step, reached.physics.qpos[2], reached.terminated)


def collapse(share: jax.Array, state: EnvState) -> jax.Array:
    """Bends all joints that far."""
    return jnp.full_like(state.joint_target, share)


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return WildRobotEnv(CONFIG)


@pytest.fixture(scope="module")
def starts(env: WildRobotEnv) -> EnvState:
    start = jax.jit(jax.vmap(env.reset_at_rest, (0, None)))
    return start(jax.random.split(jax.random.PRNGKey(0), 3), hold(0.0))


def test_a_fall_is_an_end_and_the_length_of_a_training_episode_is_none(env: WildRobotEnv, starts: EnvState):
    standing = roll_out(UntilFall(env), Partial(collapse, jnp.float32(0.0)), starts, STEPS, row)
    fallen = roll_out(UntilFall(env), Partial(collapse, jnp.float32(3.0)), starts, STEPS, row)

    assert standing.step.shape == (STEPS, 3)
    assert (standing.step == 1 + np.arange(STEPS)[:, None]).all()
    for robot in range(3):
        end = int(np.argmax(fallen.terminated[:, robot]))
        assert 0 < end < STEPS - 1
        assert (fallen.step[end:, robot] == end + 1).all()
        assert len(set(fallen.height[end:, robot])) == 1


def test_chunks_do_not_show(env: WildRobotEnv, starts: EnvState, monkeypatch: pytest.MonkeyPatch):
    controller = Partial(collapse, jnp.float32(0.1))
    whole = roll_out(UntilFall(env), controller, starts, STEPS, row)
    monkeypatch.setattr(rollout, "CHUNK_STEPS", 25)  # 60 steps are three chunks of 20
    for one, other in zip(whole, roll_out(UntilFall(env), controller, starts, STEPS, row), strict=True):
        np.testing.assert_array_equal(one, other)


def test_as_in_training_whose_episode_is_over_starts_anew(env: WildRobotEnv, starts: EnvState):
    rows = roll_out(AsInTraining(VectorEnv(env)), Partial(collapse, jnp.float32(0.0)), starts, STEPS, row)

    assert (rows.step == 1 + np.arange(STEPS)[:, None] % SHORT_EPISODE).all()
