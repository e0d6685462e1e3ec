"""Demonstrations as the discriminator takes them: transitions by command, drawn at the command a robot was given."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.robot.scale import Scale

_KERNEL = np.array([0.08, 0.08, 0.15], np.float32)  # m/s, m/s, rad/s, of WildRobot


def command_kernel(scale: Scale) -> np.ndarray:
    """How close commands [3] (forward m/s, sideways m/s, yaw rate rad/s) of a robot are that count as alike."""
    return _KERNEL * np.array([scale.speed, scale.speed, scale.rate], np.float32)


class ReferenceBuffer(NamedTuple):
    """Transitions of K clips of equal length. Clips are drawn, then a moment of the clip."""

    transitions: jax.Array  # [K, L, n] not normalized
    command: jax.Array  # [K, 3] forward m/s, sideways m/s, yaw rate rad/s
    kernel: np.ndarray | jax.Array  # [3] of those units: see `command_kernel`

    def draw(self, key: jax.Array, command: jax.Array) -> jax.Array:
        """A transition for each command [B, 3], → [B, n]: of a clip of about that command.

        Clips are drawn with a probability that falls with the distance of their command, as a Gaussian kernel.
        """
        clip_key, moment_key = jax.random.split(key)
        scale = 1 / self.kernel
        distance = jnp.sum((command[:, None] * scale - self.command * scale) ** 2, axis=-1)
        clip = jax.random.categorical(clip_key, -0.5 * distance)
        moment = jax.random.randint(moment_key, clip.shape, 0, self.transitions.shape[1])
        return self.transitions[clip, moment]

    def all(self) -> jax.Array:
        """Every transition, [K × L, n]."""
        return self.transitions.reshape(-1, self.transitions.shape[-1])
