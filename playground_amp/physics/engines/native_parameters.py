"""Physical parameters on the native engine's host side: written into a batch when a robot's differ from the last ones.

Only NumPy here: this runs inside the callback.
"""

import copy
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco.batch import Batch

from playground_amp.physics.engines.model_fields import DERIVED_CONSTANTS, SOFTNESS_INPUTS, model_fields
from playground_amp.physics.protocol import PhysicalParameters

Shapes = tuple[tuple[str, tuple[int, ...]], ...]  # of the parameters that differ: name, shape of one robot's


def shapes_of(parameters: PhysicalParameters) -> Shapes:
    """What a row of `pack` holds; the floor's friction, which every row has, is not part of it."""
    others = parameters._replace(floor_friction=None)._asdict()  # pyright: ignore[reportArgumentType]
    return tuple((name, np.shape(value)) for name, value in others.items() if value is not None)


def pack(parameters: PhysicalParameters) -> list[jax.Array]:
    """One robot's parameters as flat arrays, in the order of `shapes_of`."""
    return [jnp.ravel(getattr(parameters, name)) for name, _ in shapes_of(parameters)]


class ParameterTable:
    """The parameters of a batch's robots."""

    def __init__(self, batch: Batch, model: mujoco.MjModel, shapes: Shapes):
        self._batch = batch
        self._model = model
        self._scratch = copy.copy(model), mujoco.MjData(model)
        self._shapes = shapes
        self._ends = np.cumsum([int(np.prod(shape)) for _, shape in shapes])
        self.size = int(self._ends[-1])  # numbers of a row
        self._rows = np.full((batch.nsim, self.size), np.nan, np.float32)
        self._derived = any(name in SOFTNESS_INPUTS for name, _ in shapes)
        self.parameters = self._unpack(self._rows)

    def update(self, rows: np.ndarray, needed: np.ndarray) -> None:
        """Writes the rows [robots, n] that are needed [robots] and are not those written before."""
        changed = np.flatnonzero(needed & (rows != self._rows).any(axis=1))
        if not changed.size:
            return
        self._rows[changed] = rows[changed]
        fields = model_fields(np, self._model, self._unpack(self._rows[changed]))
        if self._derived:
            fields |= self._derived_constants(fields, len(changed))
        for name, values in fields.items():
            self._batch.expand(name)[changed] = values

    def _unpack(self, rows: np.ndarray) -> PhysicalParameters:
        """Views of the rows: they show what is written there later."""
        parts = np.split(rows, self._ends[:-1], axis=1)
        arrays = {
            name: part.reshape(len(rows), *shape) for (name, shape), part in zip(self._shapes, parts, strict=True)
        }
        return PhysicalParameters(floor_friction=None, **arrays)  # pyright: ignore[reportArgumentType]

    def _derived_constants(self, fields: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
        """What mj_setConst makes of the fields. `Batch.set_const` would make thirty more fields differ per robot."""
        model, data = self._scratch
        derived = {name: np.empty((count, *getattr(model, name).shape)) for name in DERIVED_CONSTANTS}
        inputs = {name: values for name, values in fields.items() if name in _CONSTANTS_FROM}
        for robot in range(count):
            for name, values in inputs.items():
                getattr(model, name)[:] = values[robot]
            mujoco.mj_setConst(model, data)
            for name, values in derived.items():
                values[robot] = getattr(model, name)
        return derived


_CONSTANTS_FROM = ("body_mass", "body_inertia", "body_ipos", "dof_armature")
