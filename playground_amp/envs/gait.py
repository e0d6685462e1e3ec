"""The gait clock: when each foot is due to swing, and how high.

Phase runs from 0 to 1 over a cycle of two steps. The left foot swings in the first half, the right foot in the second;
both stand around phase 0 and 0.5 (double support).
"""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.walking import GaitConfig
from playground_amp.envs.commands import Command, is_standing

_FOOT_OFFSET = np.array([0.0, 0.5], np.float32)  # phase at which the left and the right foot's half of the cycle begins


def cycle_time(config: GaitConfig, command: Command) -> jax.Array:
    """Duration [] of a gait cycle in s: shorter for faster walking, within the configured range."""
    speed = jnp.hypot(command.forward, command.sideways)
    return jnp.clip(config.cycle_time_at_rest - config.cycle_time_slope * speed, *config.cycle_time)


def advance(phase: jax.Array, command: Command, config: GaitConfig, control_dt: float) -> jax.Array:
    """The phase [] a control step later; a robot told to stand finishes its step and waits in double support."""
    step = control_dt / cycle_time(config, command)
    waiting = jnp.minimum(phase + step, next_stop(phase))
    return jnp.where(is_standing(command), waiting, phase + step) % 1.0


def next_stop(phase: jax.Array) -> jax.Array:
    """The phase [] at the end of the step, 0.5 or 1: both feet are down."""
    return jnp.ceil(phase * 2) / 2


def clock(phase: jax.Array) -> jax.Array:
    """Sine and cosine of the phase, [2]."""
    return jnp.stack([jnp.sin(2 * jnp.pi * phase), jnp.cos(2 * jnp.pi * phase)])


def swing_progress(phase: jax.Array, config: GaitConfig) -> jax.Array:
    """How far each foot (left, right) is through its swing [2]: 0 at lift-off, 1 at touch-down, 0 in stance."""
    in_half = (phase - _FOOT_OFFSET) % 1.0
    margin = config.double_support / 4  # stance at both ends of the foot's half cycle: each double support is shared
    progress = (in_half - margin) / (0.5 - 2 * margin)
    return jnp.where((progress > 0) & (progress < 1), progress, 0.0)


def swing_height(phase: jax.Array, config: GaitConfig) -> jax.Array:
    """Height the soles are due at, [2] m: a half sine over the swing."""
    return config.swing_height * jnp.sin(jnp.pi * swing_progress(phase, config))
