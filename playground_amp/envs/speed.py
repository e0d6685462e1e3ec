"""How fast the robot goes, evened out: its velocity sways with every step, and rewards are for what it does on average.

Over a time constant an exponential average keeps part of the sway: an error of a few percent hides in it, and is paid
for as if it were none. Over one gait cycle, the two steps that make it, the sway cancels.
"""

import math

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import EnvConfig
from playground_amp.envs.commands import Command
from playground_amp.envs.gait import cycle_time
from playground_amp.physics.readings import Readings


def velocity(readings: Readings) -> jax.Array:
    """Forward, sideways m/s and yaw rate rad/s in the heading frame, [3], at this moment."""
    yaw_rate = -jnp.dot(readings.gravity_b, readings.gyro_b)
    return jnp.concatenate([readings.linear_velocity_h[:2], yaw_rate[None]])


def nothing_yet(env: EnvConfig) -> jax.Array | None:
    """The recent velocities [N, 3] before the first step, newest first; None where an average needs none of them."""
    if env.velocity_average_time is not None:
        return None
    return jnp.zeros((math.ceil(env.gait.cycle_time[1] / env.control_dt), 3))


def averaged(
    env: EnvConfig, average: jax.Array, recent: jax.Array | None, now: jax.Array, step: jax.Array, command: Command
) -> tuple[jax.Array, jax.Array | None]:
    """The average velocity [3] and the recent ones at the `step`-th [] step, which brought the velocity `now` [3].

    Over `env.velocity_average_time`, or, where that is null, over the gait cycle at `command`, from the start at most.
    """
    if env.velocity_average_time is not None:
        return average + env.control_dt / env.velocity_average_time * (now - average), None
    assert recent is not None
    recent = jnp.concatenate([now[None], recent[:-1]])
    steps = jnp.clip(step.astype(jnp.float32), 1.0, cycle_time(env.gait, command) / env.control_dt)
    shares = jnp.clip(steps - jnp.arange(len(recent)), 0.0, 1.0)  # of the oldest step, what belongs to the cycle
    return jnp.matmul(shares, recent, precision="highest") / jnp.sum(shares), recent
