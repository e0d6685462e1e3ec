"""Demonstrations as the discriminator takes them: transitions by command, drawn at the command a robot was given."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.robot.scale import Scale

_KERNEL = np.array([0.08, 0.08, 0.15], np.float32)  # m/s, m/s, rad/s, of WildRobot
_NEWTON_STEPS = 3
_LEAST_VARIANCE = 0.1  # of a kernel's
_MOST_TILT = 1.5  # moves a kernel by 1.5 of its widths


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

        Clips are drawn with a probability that falls with the distance of their command, as a Gaussian kernel; where
        they lie unevenly, tilted so that their mean is the command: style would pay for another speed.
        """
        clip_key, moment_key = jax.random.split(key)
        away = (self.command - command[:, None]) / self.kernel  # [B, K, 3]
        clip = jax.random.categorical(clip_key, _tilted(away, -0.5 * jnp.sum(away**2, axis=-1)))
        moment = jax.random.randint(moment_key, clip.shape, 0, self.transitions.shape[1])
        return self.transitions[clip, moment]

    def all(self) -> jax.Array:
        """Every transition with the command that it shows, [K × L, n + 3]."""
        command = jnp.broadcast_to(self.command[:, None], (*self.transitions.shape[:2], self.command.shape[-1]))
        return with_command(self.transitions, command).reshape(-1, self.seen_size)

    @property
    def seen_size(self) -> int:
        """How many numbers the discriminator is shown of a step, n + 3."""
        return self.transitions.shape[-1] + self.command.shape[-1]


def with_command(transitions: jax.Array, command: jax.Array) -> jax.Array:
    """What the discriminator is asked about, [..., n + 3].

    Without the command a walk that is slower than it was told passes for one that was told to be.
    """
    return jnp.concatenate([transitions, command], axis=-1)


def _tilted(away: jax.Array, logits: jax.Array) -> jax.Array:
    """Logits [B, K] of clips that lie `away` [B, K, 3] of a command, tilted exponentially until the mean is at it.

    Newton's steps, axis by axis, for exp(logits + tilt · away) to have a mean of 0; bounded, as no tilt moves the mean
    of clips that all lie on one side.
    """
    tilt = jnp.zeros((len(away), 1, away.shape[-1]))
    for _ in range(_NEWTON_STEPS):
        share = jax.nn.softmax(logits + jnp.sum(tilt * away, axis=-1))[..., None]
        mean = jnp.sum(share * away, axis=1, keepdims=True)
        variance = jnp.sum(share * away**2, axis=1, keepdims=True) - mean**2
        tilt = jnp.clip(tilt - mean / (variance + _LEAST_VARIANCE), -_MOST_TILT, _MOST_TILT)
    return logits + jnp.sum(tilt * away, axis=-1)
