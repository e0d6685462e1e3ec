"""Demonstrations, replayed as the policy's steps are described.

The stored states are put into the engine, and what it reads goes through the function that describes the policy's
steps. The result must be what the discriminator is given as demonstrations.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.amp import features
from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import Config
from playground_amp.motion.clip import Clip
from playground_amp.physics.registry import make_engine
from playground_amp.robot.record import Robot


class Sides(NamedTuple):
    """The same M steps as each side describes them."""

    names: tuple[str, ...]  # of the features
    policy: np.ndarray  # [M, 2 F]
    demonstrations: np.ndarray  # [M, 2 F]


def replay(config: Config, robot: Robot, clips: Sequence[Clip], buffer: ReferenceBuffer) -> Sides:
    """The steps of all clips through the engine and `features.transition`, beside those of the buffer."""
    engine = make_engine(config.physics, robot, config.env.control_dt)
    states = [_states(clip) for clip in clips]
    qpos, qvel = (np.concatenate([state[part] for state in states]) for part in (0, 1))
    starts = np.cumsum([0, *(len(state[0]) for state in states)])
    before = np.concatenate([np.arange(a, b - 1) for a, b in pairwise(starts)])

    @jax.jit
    def described(qpos: jax.Array, qvel: jax.Array) -> jax.Array:
        parameters = engine.nominal_parameters()
        _, readings = jax.vmap(lambda p, v: engine.reset(p, v, parameters))(qpos, qvel)
        first, second = (jax.tree.map(lambda x, rows=rows: x[rows], readings) for rows in (before, before + 1))
        return jax.vmap(features.transition)(first, second)

    policy = described(jnp.asarray(qpos, jnp.float32), jnp.asarray(qvel, jnp.float32))
    stored = [np.asarray(rows)[: len(state[0]) - 1] for rows, state in zip(buffer.transitions, states, strict=True)]
    return Sides(features.feature_names(robot), np.asarray(policy), np.concatenate(stored))


def _states(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """The states of a clip's steps, with the one after the last of a periodic clip."""
    if not clip.periodic:
        return clip.qpos, clip.qvel
    qpos, qvel = clip.following
    return np.vstack([clip.qpos, qpos]), np.vstack([clip.qvel, qvel])
