"""MuJoCo's own C engine, batched over CPU threads, inside a jitted program.

The program hands the whole batch to one `mujoco.batch.Batch` call: under `vmap` the host function receives every robot
at once. Rows travel packed as float32, one array each way; on the host there is only NumPy, since a JAX call there can
dead-lock. A row is its own simulation, so results do not depend on the number of threads.
"""

import hashlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.physics import host_call
from playground_amp.physics.engine import PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.physics.simulation_model import simulation_model, substeps, switch_addresses
from playground_amp.robot.robot import Robot

# Three sweeps of projected Gauss-Seidel come closer to the converged solver than three Newton iterations, in two thirds
# of the time: the robot has few constraints, and they change little from step to step.
AUTO_SOLVER = "pgs"
_COMPUTED = ("sensordata", "actuator_force")  # results beside the integration state


class NativeEngine:
    """`Engine` on `mujoco.batch`."""

    def __init__(self, robot: Robot, config: PhysicsConfig, control_dt: float):
        self.robot = robot
        self.control_dt = control_dt
        self.model = simulation_model(robot, config, AUTO_SOLVER)
        self._host = _host_simulations(self.model, substeps(config, control_dt), config.num_threads)
        self._readings = make_readings(robot)
        self._layout = _Layout(self.model)

    def nominal_parameters(self) -> PhysicalParameters:
        return PhysicalParameters(floor_friction=jnp.float32(self.model.geom("floor").friction[0]))

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        start = PhysicsState(qpos, qvel, jnp.zeros_like(qvel), jnp.zeros((), qpos.dtype))
        row = self._layout.pack(start, qpos[7:], jnp.zeros(3), parameters, jnp.asarray(needed))
        return self._call("forward", row)

    def step(
        self, state: PhysicsState, joint_target: jax.Array, push_force_w: jax.Array, parameters: PhysicalParameters
    ) -> tuple[PhysicsState, Readings]:
        row = self._layout.pack(state, joint_target, push_force_w, parameters, jnp.asarray(True))
        return self._call("step", row)

    def _call(self, task: str, row: jax.Array) -> tuple[PhysicsState, Readings]:
        result = jax.ShapeDtypeStruct((self._layout.result_size,), jnp.float32)
        row = row.astype(jnp.float32)
        if jax.default_backend() == "cpu":
            out = host_call.call(self._host.target(task), result, row)
        else:  # the rows must come from the device and go back to it
            fill = partial(_allocated, self._host.functions[task], self._layout.result_size)
            out = jax.pure_callback(fill, result, row, vmap_method="broadcast_all")
        state, switch_force, joint_torque = self._layout.unpack(out)
        return state, self._readings(state.qpos, state.qvel, switch_force, joint_torque)


def _allocated(function: host_call.HostFunction, result_size: int, rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows)
    results = np.empty((*rows.shape[:-1], result_size), np.float32)
    function(rows, results)
    return results


class _Layout:
    """Where the numbers of a robot lie in its row, on the way in and out."""

    def __init__(self, model: mujoco.MjModel):
        self.state_size = model.nq + 2 * model.nv + 1
        self._splits = np.cumsum([model.nq, model.nv, model.nv, 1, 4])
        self.result_size = self.state_size + 4 + model.nu

    def pack(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        needed: jax.Array,
    ) -> jax.Array:
        scalars = jnp.stack([state.time, parameters.floor_friction, needed.astype(jnp.float32)])
        return jnp.concatenate([state.qpos, state.qvel, state.warmstart, scalars, joint_target, push_force_w])

    def unpack(self, out: jax.Array) -> tuple[PhysicsState, jax.Array, jax.Array]:
        qpos, qvel, warmstart, time, switch_force, joint_torque = jnp.split(out, self._splits)
        return PhysicsState(qpos, qvel, warmstart, time[0]), switch_force, joint_torque


_simulations: dict[str, "_HostSimulations"] = {}  # by what they do: XLA finds them by name, also from cached programs


def _host_simulations(model: mujoco.MjModel, num_substeps: int, num_threads: int) -> "_HostSimulations":
    """The simulations of such an engine: one object, however many engines of the kind there are."""
    content = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, content)
    name = f"wildrobot_{hashlib.sha256(content.tobytes() + bytes((num_substeps, num_threads))).hexdigest()[:16]}"
    if name not in _simulations:
        _simulations[name] = _HostSimulations(name, model, num_substeps, num_threads)
    return _simulations[name]


class _HostSimulations:
    """The NumPy side: one `Batch` for each batch size met, and the copying in and out."""

    def __init__(self, name: str, model: mujoco.MjModel, num_substeps: int, num_threads: int):
        self._name = name
        self._model = model
        self._substeps = num_substeps
        self._num_threads = num_threads
        self._batches: dict[int, Batch] = {}
        self._lock = threading.Lock()
        self._floor = model.geom("floor").id
        self._waist = model.body("waist").id
        self._switches = switch_addresses(model)
        self.functions: dict[str, host_call.HostFunction] = {"step": self.step, "forward": self.forward}

    def target(self, task: str) -> str:
        """The name under which programs call the function of a task, "step" or "forward"."""
        name = f"{self._name}_{task}"
        host_call.register(name, self.functions[task])
        return name

    def step(self, rows: np.ndarray, results: np.ndarray) -> None:
        """Rows [..., n] → results [..., m] after one control period."""
        self._run(rows, results, lambda batch, _: batch.step(nstep=self._substeps))

    def forward(self, rows: np.ndarray, results: np.ndarray) -> None:
        """Rows [..., n] → results [..., m] at the rows' own states; only those marked as needed are computed."""

        def forward_needed(batch: Batch, needed: np.ndarray) -> None:
            ids = np.flatnonzero(needed)
            if ids.size:
                batch.forward(ids)

        self._run(rows, results, forward_needed)

    def _run(self, rows: np.ndarray, results: np.ndarray, advance: Callable[[Batch, np.ndarray], Any]) -> None:
        rows, results = rows.reshape(-1, rows.shape[-1]), results.reshape(-1, results.shape[-1])
        with self._lock:
            batch = self._batch(len(rows))
            needed = self._load(batch, rows)
            try:
                advance(batch, needed)
                failed = None
            except SimulationError as error:
                failed = error.ids
            self._unload(batch, results)
        if failed is not None:
            results[failed] = np.nan  # the task ends these robots' episodes and counts them

    def _batch(self, size: int) -> Batch:
        if size not in self._batches:
            batch = Batch(self._model, size, self._num_threads)
            batch.expand("geom_friction")
            for name in _COMPUTED:
                batch.bind(name)  # a batch fills in only what has been asked for before
            self._batches[size] = batch
        return self._batches[size]

    def _load(self, batch: Batch, rows: np.ndarray) -> np.ndarray:
        nq, nv, nu = self._model.nq, self._model.nv, self._model.nu
        ends = np.cumsum([nq, nv, nv, 1, 1, 1, nu, 3])[:-1]
        qpos, qvel, warmstart, time, friction, needed, target, push = np.split(rows, ends, axis=1)
        batch.qpos = qpos
        batch.qvel = qvel
        batch.qacc_warmstart = warmstart
        batch.time = time[:, 0]
        batch.ctrl = target
        batch.bind("xfrc_applied")[:, self._waist, :3] = push
        batch.expand("geom_friction")[:, self._floor, 0] = friction[:, 0]
        return needed[:, 0] > 0.5

    def _unload(self, batch: Batch, results: np.ndarray) -> None:
        parts = (
            batch.bind("qpos"),
            batch.bind("qvel"),
            batch.bind("qacc_warmstart"),
            batch.bind("time")[:, None],
            batch.bind("sensordata")[:, self._switches],
            batch.bind("actuator_force"),
        )
        with np.errstate(over="ignore"):  # too large for float32 is infinite, which ends that robot's episode
            np.concatenate(parts, axis=1, out=results, casting="same_kind")
