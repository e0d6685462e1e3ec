"""A trainer that costs nothing: a small state with floats, integers and random keys, updated deterministically."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.learning.trained_policy import TrainedPolicy
from playground_amp.paths import STANDARD


class FakeState(NamedTuple):
    weights: dict[str, jax.Array]
    raw_key: jax.Array
    typed_key: jax.Array
    flags: tuple[jax.Array, ...]
    iteration: jax.Array


class FakeEvidence(NamedTuple):
    found: jax.Array
    qpos: jax.Array


class FakeOutput(NamedTuple):
    state: FakeState
    metrics: dict[str, jax.Array]
    evidence: FakeEvidence


class FakeTrainer:
    """`bad` iterations report a robot that went bad, `skipped` ones an update left out."""

    bad: frozenset[int] = frozenset()
    skipped: frozenset[int] = frozenset()

    def __init__(self, config: Config) -> None:
        self.config = config
        self.steps_per_iteration = config.trainer.num_envs * config.trainer.rollout_steps

    def init(self) -> FakeState:
        seed = self.config.trainer.seed
        return FakeState(
            weights={"a/b": jnp.zeros((3, 2)), "c": jnp.ones(5)},
            raw_key=jax.random.PRNGKey(seed),
            typed_key=jax.random.key(seed),
            flags=(jnp.zeros(4, bool), jnp.zeros((), jnp.uint8)),
            iteration=jnp.int32(0),
        )

    def iterate(self, state: FakeState) -> FakeOutput:
        state, metrics = _iterate(state)
        iteration = int(state.iteration)
        metrics["bad_envs"] = jnp.int32(iteration in self.bad)
        metrics["skipped_updates"] = jnp.int32(iteration in self.skipped)
        return FakeOutput(state, metrics, FakeEvidence(jnp.bool_(iteration in self.bad), jnp.full(18, 0.5)))

    def taught(self, state: FakeState, params: Mapping[str, Any], steps: int) -> FakeState:
        bias = jnp.asarray(params["policy"]["params"]["hidden_0"]["bias"])
        return state._replace(weights=state.weights | {"c": bias})

    def policy(self, state: FakeState) -> TrainedPolicy:
        return TrainedPolicy(policy_params(np.asarray(state.weights["c"])))


@partial(jax.jit, donate_argnums=0)
def _iterate(state: FakeState) -> tuple[FakeState, dict[str, jax.Array]]:
    raw_key, noise_key = jax.random.split(state.raw_key)
    typed_key, flag_key = jax.random.split(state.typed_key)
    weights = jax.tree.map(lambda x: jnp.cos(x + jax.random.normal(noise_key, x.shape)), state.weights)
    flags = (jax.random.bernoulli(flag_key, 0.5, (4,)), state.flags[1] + jnp.uint8(1))
    iteration = state.iteration + 1
    reward = jnp.where(iteration == 3, jnp.nan, weights["c"].sum())
    metrics = {"reward": reward, "episode_length": 150.5 + weights["c"][0], "speed_error": weights["c"][1] ** 2}
    metrics |= {
        "policy_loss": -weights["c"][2] / 100,
        "value_loss": weights["c"][3] ** 2,
        "reward/alive": reward / 2,
    }
    return FakeState(weights, raw_key, typed_key, flags, iteration), metrics


def policy_params(bias: np.ndarray) -> dict[str, Any]:
    """A policy of the right form: observation of 5, one layer."""
    layer = {"kernel": np.eye(5, dtype=np.float32), "bias": bias}
    return {
        "normalizer": {"mean": {"state": np.zeros(5, np.float32)}, "std": {"state": np.ones(5, np.float32)}},
        "policy": {"params": {"hidden_0": layer}},
        "value": {"params": {"hidden_0": layer}},
    }


def fake_config(checkpoint_dir: Any, *overrides: str) -> Config:
    """The default configuration, a few iterations long, into a folder of the test's."""
    path = STANDARD
    settings = ["trainer.num_iterations=8", "trainer.save_interval=2", f"trainer.checkpoint_dir={checkpoint_dir}"]
    return load_config(path, [*settings, *overrides])
