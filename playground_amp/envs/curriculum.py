"""How much of the full task there is at a difficulty between 0 and 1."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.randomization import CurriculumConfig


class Shares(NamedTuple):
    """Share [] of the full size of each part; the number 1.0, which costs nothing, where there is no curriculum."""

    commands: jax.Array | float = 1.0
    randomization: jax.Array | float = 1.0
    noise: jax.Array | float = 1.0
    pushes: jax.Array | float = 1.0
    penalties: jax.Array | float = 1.0
    terrain: jax.Array | float = 1.0


def shares(config: CurriculumConfig, difficulty: jax.Array) -> Shares:
    """From the configured share at difficulty 0 to the whole at 1, in a straight line."""
    if not config.enabled:
        return Shares()
    start = Shares(*(getattr(config, name) for name in Shares._fields))
    return Shares(*(share + (1 - share) * difficulty for share in start))


def next_difficulty(
    config: CurriculumConfig, difficulty: jax.Array, mean_length: jax.Array, episode_length: int
) -> jax.Array:
    """The difficulty [] an iteration later, by the mean length [] of the episodes that ended lately, control steps."""
    if not config.enabled:
        return difficulty
    low, high = config.episode_length
    harder = (mean_length > high * episode_length) * 1.0
    easier = (mean_length < low * episode_length) * 1.0
    return jnp.clip(difficulty + config.rate * (harder - easier), 0.0, 1.0)
