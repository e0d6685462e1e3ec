"""Throw-away discriminators: how well two sets of transitions can be told apart with the loss that training uses."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from playground_amp.amp import discriminator as disc
from playground_amp.configs.amp import AmpConfig
from playground_amp.untyped import Params

SET_SIZE = 2048  # transitions of each side; fewer are repeated
_LAYERS = (64, 64)
_STEPS, _BATCH = 400, 256
_RATE = 2e-3
_BOUND = 10.0  # standard deviations, as in training


class Judge(NamedTuple):
    """A discriminator that has learned, with the scale that both sides were given."""

    mean: np.ndarray  # [2 F]
    std: np.ndarray  # [2 F]
    params: Params


class ThrowAway:
    """Trains small discriminators; compiles once.

    Args:
      config: whose gradient penalty the loss has.
      size: of a transition.
    """

    def __init__(self, config: AmpConfig, size: int):
        init, self._discriminator = disc.make_discriminator(_LAYERS, size)
        self._learn = jax.jit(_learning(self._discriminator, init, config.gradient_penalty))
        self._answer = jax.jit(self._discriminator)

    def train(self, real: np.ndarray, fake: np.ndarray, seed: int = 0) -> Judge:
        """A judge of demonstrations [M, 2 F] and fakes [N, 2 F]. Numbers that are not finite count as 0."""
        generator = np.random.default_rng(seed)
        both = [_finite(side)[_rows(len(side), generator)] for side in (real, fake)]
        pooled = np.concatenate(both)
        mean, std = pooled.mean(axis=0), np.maximum(pooled.std(axis=0), 1e-6)
        real, fake = (_normalized(side, mean, std) for side in both)
        return Judge(mean, std, self._learn(jnp.asarray(real), jnp.asarray(fake), jax.random.key(seed)))

    def answers(self, judge: Judge, transitions: np.ndarray) -> np.ndarray:
        """What a judge says to transitions [N, 2 F], [N]."""
        rows = _normalized(_finite(transitions), judge.mean, judge.std)
        sets = np.pad(rows, ((0, -len(rows) % SET_SIZE), (0, 0))).reshape(-1, SET_SIZE, rows.shape[1])  # of one shape
        return np.concatenate([np.asarray(self._answer(judge.params, each)) for each in sets])[: len(rows)]

    def accuracy(self, judge: Judge, real: np.ndarray, fake: np.ndarray) -> float:
        """Share of the transitions that it puts on the right side, both sides weighed alike."""
        return float(disc.accuracy(jnp.asarray(self.answers(judge, real)), jnp.asarray(self.answers(judge, fake))))

    def style(self, judge: Judge, transitions: np.ndarray) -> float:
        """Mean style reward of transitions [N, 2 F]."""
        return float(jnp.mean(disc.style_reward(jnp.asarray(self.answers(judge, transitions)))))


def _learning(discriminator: disc.Discriminator, init: Callable, penalty: float) -> Callable:
    optimizer = optax.adam(_RATE)

    def loss(params: Params, real: jax.Array, fake: jax.Array) -> jax.Array:
        parts = disc.losses(discriminator, params, real, fake)
        return parts.classification + penalty * parts.penalty

    def step(real: jax.Array, fake: jax.Array, carry: tuple, key: jax.Array) -> tuple[tuple, None]:
        params, state = carry
        rows = jax.random.randint(key, (2, _BATCH), 0, SET_SIZE)
        updates, state = optimizer.update(jax.grad(loss)(params, real[rows[0]], fake[rows[1]]), state)
        return (optax.apply_updates(params, updates), state), None

    def learn(real: jax.Array, fake: jax.Array, key: jax.Array) -> Params:
        init_key, steps_key = jax.random.split(key)
        params = init(init_key)
        start = (params, optimizer.init(params))
        return jax.lax.scan(partial(step, real, fake), start, jax.random.split(steps_key, _STEPS))[0][0]

    return learn


def _rows(count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.permutation(np.arange(max(count, SET_SIZE)) % count)[:SET_SIZE]


def _finite(transitions: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(transitions), transitions, 0.0)


def _normalized(transitions: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    return np.clip((transitions - mean) / std, -_BOUND, _BOUND).astype(np.float32)
