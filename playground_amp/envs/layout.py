"""Rows of the tables of observations, and arrays laid out by them."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.envs.state import EnvState
from playground_amp.physics.readings import Readings
from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror


class Seen(NamedTuple):
    """What the task knows of one robot at a moment."""

    state: EnvState
    measured: Readings  # as the robot's sensors give them
    command: jax.Array  # [3] velocity asked for: forward, sideways m/s, yaw rate rad/s

    @property
    def truth(self) -> Readings:
        """As only a simulator knows them."""
        return self.state.readings


class Part(NamedTuple):
    """A row: some numbers that belong together, in the frame that the end of their name says."""

    name: str
    unit: str  # of its source
    mirror: Mirror  # how the robot's mirror image sees it
    source: Callable[[Seen], jax.Array]  # its values [size] in that unit
    meaning: str
    scale: float | tuple[float, ...] = 1.0  # of all, or of each; the networks see (source - offset) × scale
    offset: np.ndarray | None = None  # [size]; None: 0

    @property
    def size(self) -> int:
        return self.mirror.size

    def network_input(self, seen: Seen) -> jax.Array:
        """As the networks see it, [size]."""
        value = self.source(seen)
        if self.offset is not None:
            value = value - jnp.asarray(self.offset, jnp.float32)
        if self.scale == 1.0:
            return value
        return value * (jnp.array(self.scale, jnp.float32) if isinstance(self.scale, tuple) else self.scale)


class Layout:
    """Parts one after the other: an array [size]."""

    def __init__(self, parts: Sequence[Part]):
        self.parts = tuple(parts)

    @cached_property
    def mirror(self) -> Mirror:
        return mirror.stack(*(part.mirror for part in self.parts))

    @property
    def size(self) -> int:
        return self.mirror.size

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each part lies, by name."""
        ends = np.cumsum([part.size for part in self.parts]).tolist()
        return {part.name: slice(end - part.size, end) for part, end in zip(self.parts, ends, strict=True)}

    @cached_property
    def offset(self) -> np.ndarray:
        """What is subtracted from values in SI units, [size]."""
        return np.concatenate([np.zeros(part.size) if part.offset is None else part.offset for part in self.parts])

    @cached_property
    def scale(self) -> np.ndarray:
        """What the difference is multiplied by, [size]."""
        return np.concatenate([np.broadcast_to(part.scale, part.size) for part in self.parts])

    def values(self, seen: Seen) -> jax.Array:
        """In SI units, [size]."""
        return jnp.concatenate([part.source(seen) for part in self.parts])

    def network_input(self, seen: Seen) -> jax.Array:
        """As the networks see it, [size]."""
        return jnp.concatenate([part.network_input(seen) for part in self.parts])

    def in_si_units(self, observation: jax.Array) -> jax.Array:
        """What the networks see, [size × history], without its scales and offsets."""
        offset, scale = jnp.asarray(self.offset, jnp.float32), jnp.asarray(self.scale, jnp.float32)
        return (observation.reshape(-1, self.size) / scale + offset).ravel()
