"""Shoves: now and then a horizontal force acts on the waist for a moment."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.randomization import DomainRandomizationConfig
from playground_amp.configs.walking import GaitConfig
from playground_amp.envs.commands import NEVER
from playground_amp.envs.draws import between

DRAWS = 3  # random numbers a push takes
_HARD = 10.0  # N of WildRobot's: no push excuses more


class Push(NamedTuple):
    """The next push of one robot, or the one under way."""

    force_w: jax.Array  # [3] N
    starts_in: jax.Array  # [] int32 control steps; 0 and below: under way


class Felt(NamedTuple):
    """The push that a robot felt last."""

    force: jax.Array  # [] N
    since: jax.Array  # [] int32 control steps since it began


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


def nothing_felt(config: GaitConfig) -> Felt | None:
    """Of a robot that was never pushed; None where pushes excuse nothing."""
    return Felt(jnp.float32(0.0), jnp.int32(NEVER)) if config.grace_after_push else None


def felt(last: Felt | None, push: Push) -> Felt | None:
    """After a control step under `push`, of a robot that had felt `last` before."""
    if last is None:
        return None
    begins = push.starts_in == 0
    force = jnp.where(begins, jnp.linalg.norm(push.force_w), last.force)
    return Felt(force, jnp.where(begins, 0, last.since + 1))


def excused(last: Felt | None, config: GaitConfig, control_dt: float, force_scale: float) -> jax.Array | float:
    """[] share in [0, 1] of what the clock asks that may be left: by the push's force, for `grace_after_push`.

    `force_scale`: the robot's ratio of forces to WildRobot's.
    """
    if last is None:
        return 0.0
    fresh = last.since * control_dt < config.grace_after_push
    return jnp.where(fresh, jnp.minimum(1.0, last.force / (_HARD * force_scale)), 0.0)
