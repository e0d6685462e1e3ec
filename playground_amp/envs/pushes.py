"""Shoves: now and then a horizontal force acts on the waist for a moment."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.randomization import DomainRandomizationConfig
from playground_amp.envs.commands import NEVER
from playground_amp.envs.draws import between

DRAWS = 3  # random numbers a push takes


class Push(NamedTuple):
    """The next push of one robot, or the one under way."""

    force_w: jax.Array  # [3] N
    starts_in: jax.Array  # [] int32 control steps; 0 and below: under way


def none() -> Push:
    """A push that never comes."""
    return Push(force_w=jnp.zeros(3), starts_in=jnp.int32(NEVER))


def sample(
    uniform: jax.Array, config: DomainRandomizationConfig, control_dt: float, strength_share: jax.Array | float = 1.0
) -> Push:
    """A push drawn by the configuration: any horizontal direction, uniform strength, times `strength_share` [].

    `uniform` [DRAWS] in [0, 1) makes the choice.
    """
    strength, direction, pause = uniform
    magnitude = strength_share * between(config.push_force, strength)
    angle = 2 * jnp.pi * direction
    seconds = between(config.push_interval, pause)
    return Push(
        force_w=magnitude * jnp.stack([jnp.cos(angle), jnp.sin(angle), 0.0]),
        starts_in=(seconds / control_dt).astype(jnp.int32),
    )


def force_now(push: Push) -> jax.Array:
    """The force [3] N that acts during this control step."""
    return jnp.where(push.starts_in <= 0, push.force_w, 0.0)


def update(
    push: Push,
    uniform: jax.Array,
    config: DomainRandomizationConfig,
    control_dt: float,
    strength_share: jax.Array | float = 1.0,
) -> Push:
    """The push a control step later: nearer, under way, or the next one."""
    over = push.starts_in <= 1 - round(config.push_duration / control_dt)
    waiting = push._replace(starts_in=push.starts_in - 1)
    following = sample(uniform, config, control_dt, strength_share)
    return jax.tree.map(lambda new, old: jnp.where(over, new, old), following, waiting)
