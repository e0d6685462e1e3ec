"""MuJoCo's own C engine, batched over CPU threads, inside a jitted program.

The program hands the whole batch to one `mujoco.batch.Batch` call: under `vmap` the host function receives every robot
at once. Rows travel packed as float32, one array each way; on the host there is only NumPy, since a JAX call there can
dead-lock. A row is its own simulation, so results do not depend on the number of threads.
"""

import hashlib
import threading
from collections.abc import Callable

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.physics import servo
from playground_amp.physics.engines import host_call
from playground_amp.physics.engines.native_parameters import ParameterTable, Shapes, pack, shapes_of
from playground_amp.physics.engines.result_row import ResultRow
from playground_amp.physics.engines.simulation_model import (
    BASE_BODY,
    floor_geoms,
    simulation_model,
    substeps,
    switch_addresses,
)
from playground_amp.physics.protocol import Engine, PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot

# Three sweeps of projected Gauss-Seidel come closer to the converged solver than three Newton iterations, in two thirds
# of the time: the robot has few constraints, and they change little from step to step.
AUTO_SOLVER = "pgs"
FEW = 64  # robots whose contact forces one thread has sooner than others have woken
_Advance = Callable[[Batch, ParameterTable | None, np.ndarray], np.ndarray]
_AS_WRITTEN = PhysicalParameters(floor_friction=None)  # pyright: ignore[reportArgumentType]
_COMPUTED = ("sensordata", "actuator_force")  # results beside the integration state


class NativeEngine(Engine):
    """`Engine` on `mujoco.batch`."""

    def __init__(self, robot: Robot, config: PhysicsConfig, control_dt: float):
        self.robot = robot
        self.control_dt = control_dt
        self.model = simulation_model(robot, config, AUTO_SOLVER)
        steps = substeps(config, control_dt)
        self._host = _host_simulations(self.model, switch_addresses(robot), steps, config.num_threads)
        self._readings = make_readings(robot)
        self._row = ResultRow(robot)

    def nominal_parameters(self) -> PhysicalParameters:
        return PhysicalParameters(floor_friction=jnp.float32(self.robot.floor_friction))

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        start = PhysicsState(qpos, qvel, jnp.zeros_like(qvel), jnp.zeros((), qpos.dtype))
        joints = qpos[BASE_QPOS_SIZE:]
        row = _pack(start, joints, jnp.zeros(3), parameters, jnp.asarray(needed), joints)
        return self._call("forward", row, shapes_of(parameters))

    def step(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        previous_target: jax.Array | None = None,
        arrival: jax.Array | None = None,
    ) -> tuple[PhysicsState, Readings]:
        previous = joint_target if previous_target is None else previous_target
        row = _pack(state, joint_target, push_force_w, parameters, jnp.asarray(True), previous, arrival)
        return self._call("step" if arrival is None else "step_by_arrival", row, shapes_of(parameters))

    def _call(self, task: str, row: jax.Array, shapes: Shapes) -> tuple[PhysicsState, Readings]:
        result = jax.ShapeDtypeStruct((self._row.width,), jnp.float32)
        out = host_call.call(self._host.target(task, shapes), result, row.astype(jnp.float32))
        state, switch_force, joint_torque = self._row.unpack(out)
        return state, self._readings(state.qpos, state.qvel, switch_force, joint_torque)


def _pack(
    state: PhysicsState,
    joint_target: jax.Array,
    push_force_w: jax.Array,
    parameters: PhysicalParameters,
    needed: jax.Array,
    previous_target: jax.Array,
    arrival: jax.Array | None = None,
) -> jax.Array:
    """The row of one robot on its way in."""
    scalars = jnp.stack([state.time, parameters.floor_friction, needed.astype(jnp.float32)])
    always = [state.qpos, state.qvel, state.warmstart, scalars, joint_target, push_force_w]
    late = [] if parameters.latency is None and arrival is None else [previous_target]
    if arrival is not None:
        late.append(arrival)
    return jnp.concatenate([*always, *pack(parameters), *late])


_simulations: dict[str, "_HostSimulations"] = {}  # by what they do: XLA finds them by name, also from cached programs


def _host_simulations(
    model: mujoco.MjModel, switches: np.ndarray, num_substeps: int, num_threads: int
) -> "_HostSimulations":
    """The simulations of such an engine: one object, however many engines of the kind there are."""
    content = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, content)
    others = f"{switches.tolist()} {num_substeps} {num_threads}"
    name = f"wildrobot_{hashlib.sha256(content.tobytes() + others.encode()).hexdigest()[:16]}"
    if name not in _simulations:
        _simulations[name] = _HostSimulations(name, model, switches, num_substeps, num_threads)
    return _simulations[name]


class _HostSimulations:
    """The NumPy side: a `Batch` for each size, set of parameters and number of threads, and the copying in and out."""

    def __init__(self, name: str, model: mujoco.MjModel, switches: np.ndarray, num_substeps: int, num_threads: int):
        self._name = name
        self._model = model
        self._substeps = num_substeps
        self._num_threads = num_threads
        self._batches: dict[tuple[int, Shapes, int], tuple[Batch, ParameterTable | None]] = {}
        self._lock = threading.Lock()
        self._floor = floor_geoms(model)
        self._switches = switches
        self._torque_limit = model.actuator_forcerange[:, 1].astype(np.float32)
        self._ends = np.cumsum([model.nq, model.nv, model.nv, 1, 1, 1, model.nu, 3])

    def target(self, task: str, shapes: Shapes) -> str:
        """The name under which programs call `function(task, shapes)`."""
        varied = "".join(f"_{name}" for name, _ in shapes)
        name = f"{self._name}_{task}{varied}"
        host_call.register(name, self.function(task, shapes))
        return name

    def function(self, task: str, shapes: Shapes) -> host_call.HostFunction:
        """The function of a task for rows with parameters of these shapes: "step", "step_by_arrival" or "forward"."""
        advance = {"step": self._step, "step_by_arrival": self._step_by_arrival, "forward": self._forward}[task]
        return lambda rows, results: self._run(advance, shapes, rows, results)

    def _step(self, batch: Batch, table: ParameterTable | None, rows: np.ndarray) -> np.ndarray:
        """One control period; the robots [n] that failed."""
        if table is not None and servo.acts_within_a_period(table.parameters):
            return self._substep_by_substep(batch, table.parameters, rows[:, -self._model.nu :], rows, None)
        return _failed(lambda: batch.step(nstep=self._substeps))

    def _step_by_arrival(self, batch: Batch, table: ParameterTable | None, rows: np.ndarray) -> np.ndarray:
        """One control period in which each joint's target arrives at a time of its own."""
        nu = self._model.nu
        parameters = _AS_WRITTEN if table is None else table.parameters
        return self._substep_by_substep(batch, parameters, rows[:, -2 * nu : -nu], rows, rows[:, -nu:])

    def _forward(self, batch: Batch, table: ParameterTable | None, rows: np.ndarray) -> np.ndarray:
        """Contact forces and torques at the rows' own states, of those marked as needed; the robots that failed."""
        del table
        ids = np.flatnonzero(self._needed(rows))
        return _failed(lambda: batch.forward(ids)) if ids.size else ids

    def _run(self, advance: _Advance, shapes: Shapes, rows: np.ndarray, results: np.ndarray) -> None:
        rows, results = rows.reshape(-1, rows.shape[-1]), results.reshape(-1, results.shape[-1])
        with self._lock:
            alone = advance == self._forward and len(rows) <= FEW
            batch, table = self._batch(len(rows), shapes, 1 if alone else self._num_threads)
            self._load(batch, table, rows)
            failed = advance(batch, table, rows)
            self._unload(batch, results)
        results[failed] = np.nan  # the task ends these robots' episodes and counts them

    def _batch(self, size: int, shapes: Shapes, num_threads: int) -> tuple[Batch, ParameterTable | None]:
        key = size, shapes, num_threads
        if key not in self._batches:
            batch = Batch(self._model, size, num_threads)
            batch.expand("geom_friction")
            for name in _COMPUTED:
                batch.bind(name)  # a batch fills in only what has been asked for before
            self._batches[key] = batch, ParameterTable(batch, self._model, shapes) if shapes else None
        return self._batches[key]

    def _load(self, batch: Batch, table: ParameterTable | None, rows: np.ndarray) -> None:
        qpos, qvel, warmstart, time, friction, _, target, push, rest = np.split(rows, self._ends, axis=1)
        batch.qpos = qpos
        batch.qvel = qvel
        batch.qacc_warmstart = warmstart
        batch.time = time[:, 0]
        batch.ctrl = target
        batch.bind("xfrc_applied")[:, BASE_BODY, :3] = push
        batch.expand("geom_friction")[:, self._floor, 0] = friction
        if table is not None:
            table.update(rest[:, : table.size], self._needed(rows))

    def _needed(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, self._ends[4]] > 0.5

    def _substep_by_substep(
        self,
        batch: Batch,
        parameters: PhysicalParameters,
        previous: np.ndarray,
        rows: np.ndarray,
        arrival: np.ndarray | None,
    ) -> np.ndarray:
        """The control period of servos whose targets or limits change from one physics step to the next."""
        nu, timestep = self._model.nu, self._model.opt.timestep
        target, previous = np.ascontiguousarray(rows[:, self._ends[5] : self._ends[6]]), np.ascontiguousarray(previous)
        starts = [substep * timestep for substep in range(self._substeps)]
        if not servo.reacts_within_a_period(parameters):  # all orders are known: one call for all steps
            told = [servo.order(np, parameters, target, previous, target, x, timestep, arrival) for x in starts]
            return _failed(lambda: batch.rollout(len(starts), np.stack(told, axis=1), record=()))
        failed = np.zeros(len(rows), bool)
        for start in starts:
            position, velocity = (batch.bind(name)[:, -nu:].astype(np.float32) for name in ("qpos", "qvel"))
            batch.ctrl = servo.order(np, parameters, target, previous, position, start, timestep, arrival)
            limits = servo.torque_range(np, parameters, self._torque_limit, velocity)
            if limits is not None:
                batch.expand("actuator_forcerange")[:] = limits
            failed[_failed(batch.step)] = True
        return np.flatnonzero(failed)

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


def _failed(advance: Callable[[], object]) -> np.ndarray:
    """Advances a batch; the robots [n] in which MuJoCo raised an error, and which stayed where they were."""
    try:
        advance()
    except SimulationError as error:
        return error.ids
    return np.empty(0, int)
