"""A judge from outside: how well a network that learned on half of the clips tells the policy's walks at the others.

The discriminator of training is no measure of likeness: noise on its input blinds it, and it lags behind a policy that
learns from it. This one starts anew, sees each side as it is, and is asked about clips that it has not seen. 0.5: it
guesses, 1: it always knows. With noise on its input it still tells what is plainly different, and no longer what is
only a little off.
"""

from collections.abc import Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from playground_amp.amp.windows import Windows, drawn, pieces
from playground_amp.untyped import Params

WINDOW = 0.2  # s
NOISE = 0.25  # standard deviations of each feature
_LAYERS, _STEPS, _BATCH, _RATE = (128, 64), 1500, 256, 1e-3
_LEARNED, _ASKED = 8192, 4096  # rows of each side
LEAST_CLIPS = 8  # fewer are cut into pieces
_RESAMPLED, _INTERVAL = 1000, (2.5, 97.5)  # bootstrap, percent


class Accuracy(NamedTuple):
    """Share of answers that are right, both sides weighed alike, with its interval over the clips asked about."""

    share: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.share:.2f} ({self.low:.2f} to {self.high:.2f})"


class Verdict(NamedTuple):
    """How well the judge tells the sides apart: by single control steps, and by windows of 0.2 s."""

    steps: Accuracy
    windows: Accuracy
    blurred_steps: Accuracy  # with noise on the judge's input
    blurred_windows: Accuracy


class FreshJudge:
    """Trains judges of one size of input; compiles once.

    Args:
      frame_size: numbers of a frame.
      rate: frames a second.
    """

    def __init__(self, frame_size: int, rate: float):
        self._lengths = (2, round(WINDOW * rate) + 1)  # frames of a step and of a window, their ends included
        self._width = max(self._lengths) * frame_size
        self._examine = jax.jit(_examine)

    def verdict(
        self, demonstrations: Sequence[np.ndarray], policy: Sequence[np.ndarray], seed: int = 0
    ) -> Verdict | None:
        """Of clips and of walks at their commands, frames [T, F] each; None if too little of either is long enough."""
        shown, walked = (pieces(side, max(self._lengths), LEAST_CLIPS) for side in (demonstrations, policy))
        if min(len(shown), len(walked)) < 2:
            return None
        trials = [self._trial(shown, walked, length, noise, seed) for noise in (0.0, NOISE) for length in self._lengths]
        return Verdict(*trials)

    def _trial(
        self, demonstrations: Sequence[np.ndarray], policy: Sequence[np.ndarray], length: int, noise: float, seed: int
    ) -> Accuracy:
        generator = np.random.default_rng(seed)
        halves = [_halves(side, seed) for side in (demonstrations, policy)]
        learned = [drawn(half[0], length, _LEARNED, generator) for half in halves]
        asked = [drawn(half[1], length, _ASKED, generator) for half in halves]
        pooled = np.concatenate([each.rows for each in learned])
        mean, std = pooled.mean(axis=0), np.maximum(pooled.std(axis=0), 1e-6)

        def ready(windows: Windows) -> jax.Array:
            rows = ((windows.rows - mean) / std).astype(np.float32)
            return jnp.asarray(np.pad(rows, ((0, 0), (0, self._width - rows.shape[1]))))

        columns = jnp.arange(self._width) < len(mean)  # the others are zero, without noise: a single step has fewer
        answers = self._examine(*map(ready, (*learned, *asked)), columns, jnp.float32(noise), jax.random.key(seed))
        right = [np.asarray(answer) * sign > 0 for answer, sign in zip(answers, (1, -1), strict=True)]
        return _over_clips(*(_by_clip(each, windows.clip) for each, windows in zip(right, asked, strict=True)))


def _examine(
    real: jax.Array,
    fake: jax.Array,
    asked_real: jax.Array,
    asked_fake: jax.Array,
    columns: jax.Array,
    noise: jax.Array,
    key: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Learns from normalized rows [N, W] of both sides and answers about others [M, W]: above 0, demonstrations."""
    network, optimizer = _Network(), optax.adam(_RATE)
    init_key, noise_key, asked_key, steps_key = jax.random.split(key, 4)
    # The first layer starts as large as if the columns that are not used were not there.
    scale = columns * jnp.sqrt(len(columns) / jnp.sum(columns))
    bank = noise * jax.random.normal(noise_key, real.shape)  # dearer to draw than to learn from: paired anew each time

    def answers(params: Params, rows: jax.Array) -> jax.Array:
        return network.apply(params, rows * scale)[..., 0]  # pyright: ignore

    def loss(params: Params, one: jax.Array, other: jax.Array) -> jax.Array:
        return jnp.mean(jax.nn.softplus(-answers(params, one))) + jnp.mean(jax.nn.softplus(answers(params, other)))

    def step(carry: tuple, step_key: jax.Array) -> tuple[tuple, None]:
        params, state = carry
        rows = jax.random.randint(step_key, (4, _BATCH), 0, len(real))
        one, other = real[rows[0]] + bank[rows[1]], fake[rows[2]] + bank[rows[3]]
        updates, state = optimizer.update(jax.grad(loss)(params, one, other), state)
        return (optax.apply_updates(params, updates), state), None

    params = network.init(init_key, real[:1])
    (params, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), jax.random.split(steps_key, _STEPS))
    shaken = noise * jax.random.normal(asked_key, (2, *asked_real.shape))
    return answers(params, asked_real + shaken[0]), answers(params, asked_fake + shaken[1])


class _Network(nn.Module):
    """A plain perceptron with one answer."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for size in _LAYERS:
            x = nn.relu(nn.Dense(size)(x))
        return nn.Dense(1)(x)


def _halves(clips: Sequence[np.ndarray], seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Half of the clips, and the others: of two neighbors one each. As many walks are halved as the clips are."""
    generator = np.random.default_rng(seed)
    first = [2 * pair + int(generator.integers(2)) for pair in range(len(clips) // 2)]
    return [clips[index] for index in first], [clip for index, clip in enumerate(clips) if index not in first]


def _by_clip(right: np.ndarray, clip: np.ndarray) -> np.ndarray:
    """The share [K] of right answers about each clip."""
    return np.bincount(clip, right) / np.maximum(np.bincount(clip), 1)


def _over_clips(real: np.ndarray, fake: np.ndarray) -> Accuracy:
    """The accuracy, and the interval of it that another draw of clips would give (bootstrap)."""
    generator = np.random.default_rng(0)
    means = [side[generator.integers(len(side), size=(_RESAMPLED, len(side)))].mean(axis=1) for side in (real, fake)]
    low, high = np.percentile(0.5 * (means[0] + means[1]), _INTERVAL)
    return Accuracy(float(0.5 * (real.mean() + fake.mean())), float(low), float(high))
