"""Robots in Warp's own buffers: rows are copied in, stepped, and copied out, all on the device."""

import mujoco
import numpy as np
import warp as wp
from mujoco.mjx.third_party import mujoco_warp

from playground_amp.physics.engines.simulation_model import BASE_BODY

wp.config.log_level = wp.LOG_WARNING  # else it tells of every kernel that it compiles
# Contacts of a geom with the plane of a flat floor, by type of geom; else Warp's own guess is taken.
_FLAT_CONTACTS = {int(mujoco.mjtGeom.mjGEOM_SPHERE): 1, int(mujoco.mjtGeom.mjGEOM_CAPSULE): 2}


@wp.kernel
def _copy(
    source: wp.array2d(dtype=float),  # pyright: ignore[reportInvalidTypeForm]
    source_first: int,
    target: wp.array2d(dtype=float),  # pyright: ignore[reportInvalidTypeForm]
    target_first: int,
):
    robot, column = wp.tid()  # pyright: ignore[reportAssignmentType, reportGeneralTypeIssues]
    target[robot, target_first + column] = source[robot, source_first + column]


class WarpSimulation:
    """A fixed number of robots on one device.

    Args:
      model: of the robot.
      switches: [4] indices of the foot switches' forces in sensordata.
      num_robots: N.
      fields: names of the model's fields that each robot has of its own; a row holds them after the rest.
      device: of Warp.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        switches: np.ndarray,
        num_robots: int,
        fields: tuple[str, ...],
        device: "wp.Device",
    ):
        self._num_robots = num_robots
        contacts, constraints = _capacity(model)
        with wp.ScopedDevice(device):
            self._model = mujoco_warp.put_model(model, batch_sizes=dict.fromkeys(fields, num_robots))
            self._model.opt.warn_overflow = 0  # few iterations are the configuration's choice; each warning is a print
            self._data = mujoco_warp.make_data(model, num_robots, nconmax=contacts, njmax=constraints)
            state = ["qpos", "qvel", "qacc_warmstart", "time", "ctrl"]
            self._in = [(self._flat(getattr(self._data, name)), 0, None) for name in state]
            self._in += [(self._flat(self._data.xfrc_applied), 6 * BASE_BODY, 3)]
            self._in += [(self._flat(getattr(self._model, name)), 0, None) for name in fields]
            self._out = [(self._flat(getattr(self._data, name)), 0, None) for name in state[:-1]]
            sensors = self._flat(self._data.sensordata)
            self._out += [(sensors, int(address), 1) for address in switches]
            self._out += [(self._flat(self._data.actuator_force), 0, None)]
            # Everything is compiled and loaded now: while a graph is captured it cannot be.
            wp.load_module(__name__, device)
            mujoco_warp.step(self._model, self._data)
            mujoco_warp.forward(self._model, self._data)
            wp.synchronize_device(device)

    def advance(self, rows: "wp.array", num_steps: int, results: "wp.array") -> None:
        """From rows [N, n] to results, a `ResultRow` each; without a step contact forces and torques where they are."""
        first = 0
        for target, offset, width in self._in:
            first += self._launch(rows, first, target, offset, width or target.shape[1])
        for _ in range(num_steps):
            mujoco_warp.step(self._model, self._data)
        if not num_steps:
            mujoco_warp.forward(self._model, self._data)
        first = 0
        for source, offset, width in self._out:
            first += self._launch(source, offset, results, first, width or source.shape[1])

    def _launch(self, source: "wp.array", source_first: int, target: "wp.array", target_first: int, width: int) -> int:
        wp.launch(_copy, (self._num_robots, width), [source, source_first, target, target_first], device=target.device)
        return width

    def _flat(self, array: "wp.array") -> "wp.array":
        """The same memory as numbers [N, n], whatever vectors it holds."""
        numbers = array.size * wp.types.type_size(array.dtype) // self._num_robots
        shape = (self._num_robots, int(numbers))
        return wp.array(ptr=array.ptr, dtype=float, shape=shape, device=array.device, copy=False)


def _capacity(model: mujoco.MjModel) -> tuple[int | None, int | None]:
    """The most contacts and constraints that a robot can have; None: not known beforehand."""
    touching = [geom for geom in range(model.ngeom) if model.geom_conaffinity[geom] and model.geom_bodyid[geom]]
    flat = model.geom_type[model.geom("floor").id] == mujoco.mjtGeom.mjGEOM_PLANE
    if not flat or not {int(model.geom_type[geom]) for geom in touching} <= set(_FLAT_CONTACTS):
        return None, None
    contacts = {geom: _FLAT_CONTACTS[int(model.geom_type[geom])] for geom in touching}
    edges = sum(count * 2 * (int(model.geom_condim[geom]) - 1) for geom, count in contacts.items())
    rubbing, limited = np.count_nonzero(model.dof_frictionloss), np.count_nonzero(model.jnt_limited)
    return sum(contacts.values()), edges + int(rubbing + limited)
