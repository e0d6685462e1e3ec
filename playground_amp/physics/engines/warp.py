"""MuJoCo Warp, as it comes with MJX: the physics as CUDA kernels, for thousands of robots on an NVIDIA GPU.

The program hands the whole batch to one call a control period: rows in, rows out, packed as by the other batched
engine. What lies between, contacts and constraints of all robots, stays in buffers of Warp's own, so the kernels of a
control period are captured as one CUDA graph, once. On a CPU the same kernels run one robot after the other: right,
and slow, for tests.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import warp as wp

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.physics import servo
from playground_amp.physics.engines.model_fields import model_fields
from playground_amp.physics.engines.result_row import ResultRow
from playground_amp.physics.engines.simulation_model import floor_geoms, simulation_model, substeps, switch_addresses
from playground_amp.physics.engines.warp_simulation import WarpSimulation
from playground_amp.physics.protocol import Engine, PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

_Fields = tuple[str, ...]  # names of the model's fields that differ from robot to robot


class WarpEngine(Engine):
    """`Engine` on MuJoCo Warp. Constants that scale how soft contacts are stay those of the nominal robot."""

    def __init__(self, robot: Robot, config: PhysicsConfig, control_dt: float):
        self.robot = robot
        self.control_dt = control_dt
        self.model = simulation_model(robot, config, "newton")
        self.model.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)  # Warp has no such thing to disable
        self._substeps = substeps(config, control_dt)
        self._torque_limit = jnp.asarray(robot.torque_limit, jnp.float32)
        self._readings = make_readings(robot)
        self._row = ResultRow(robot)
        self._calls: dict[tuple[int, int, _Fields], Callable[[jax.Array], jax.Array]] = {}

    def nominal_parameters(self) -> PhysicalParameters:
        return PhysicalParameters(floor_friction=jnp.float32(self.robot.floor_friction))

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        del needed  # one fixed program for every robot
        state = PhysicsState(qpos, qvel, jnp.zeros_like(qvel), jnp.zeros((), qpos.dtype))
        return self._read(*self._advance(0, state, qpos[BASE_QPOS_SIZE:], jnp.zeros(3), self._fields(parameters)))

    def step(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        previous_target: jax.Array | None = None,
        arrival: jax.Array | None = None,
    ) -> tuple[PhysicsState, Readings]:
        fields = self._fields(parameters)
        if not servo.acts_within_a_period(parameters, arrival):
            return self._read(*self._advance(self._substeps, state, joint_target, push_force_w, fields))
        previous = joint_target if previous_target is None else previous_target
        timestep = self.model.opt.timestep
        forces = ()
        for substep in range(self._substeps):
            position, velocity = state.qpos[BASE_QPOS_SIZE:], state.qvel[BASE_QVEL_SIZE:]
            start = substep * timestep
            order = servo.order(jnp, parameters, joint_target, previous, position, start, timestep, arrival)
            limits = servo.torque_range(jnp, parameters, self._torque_limit, velocity)
            if limits is not None:
                fields = fields | {"actuator_forcerange": limits}
            state, *forces = self._advance(1, state, order, push_force_w, fields)
        return self._read(state, *forces)

    def _fields(self, parameters: PhysicalParameters) -> dict[str, jax.Array]:
        fields = model_fields(jnp, self.model, parameters)
        friction = jnp.asarray(self.model.geom_friction, jnp.float32)
        return fields | {"geom_friction": friction.at[floor_geoms(self.model), 0].set(parameters.floor_friction)}

    def _advance(
        self, num_steps: int, state: PhysicsState, order: jax.Array, push_force_w: jax.Array, fields: dict[str, Any]
    ) -> tuple[PhysicsState, jax.Array, jax.Array]:
        """State, switches' forces and joint torques of one robot so many physics steps later; 0: where it is."""
        always = [state.qpos, state.qvel, state.warmstart, state.time[None], order, push_force_w]
        row = jnp.concatenate([*always, *(jnp.ravel(value) for value in fields.values())]).astype(jnp.float32)
        result = self._batched(num_steps, tuple(fields))(row[None])[0]
        return self._row.unpack(result)

    def _batched(self, num_steps: int, fields: _Fields) -> Callable[[jax.Array], jax.Array]:
        """The function of rows [N, n]; under `vmap` of all rows at once, however deep."""

        @jax.custom_batching.custom_vmap
        def advance(rows: jax.Array) -> jax.Array:
            return self._call(len(rows), num_steps, fields)(rows)

        @advance.def_vmap
        def advance_all(axis_size: int, in_batched: list[bool], rows: jax.Array) -> tuple[jax.Array, bool]:
            del in_batched
            results = advance(rows.reshape(-1, rows.shape[-1]))
            return results.reshape(axis_size, -1, results.shape[-1]), True

        return advance

    def _call(self, num_robots: int, num_steps: int, fields: _Fields) -> Callable[[jax.Array], jax.Array]:
        """The call into Warp for so many robots, made once: what it captures must outlive the tracing."""
        key = (num_robots, num_steps, fields)
        if key not in self._calls:
            self._calls[key] = _make_call(self.robot, self.model, *key)
        return self._calls[key]

    def _read(
        self, state: PhysicsState, switch_force: jax.Array, joint_torque: jax.Array
    ) -> tuple[PhysicsState, Readings]:
        with jax.default_matmul_precision("float32"):
            return state, self._readings(state.qpos, state.qvel, switch_force, joint_torque)


def _make_call(
    robot: Robot, model: mujoco.MjModel, num_robots: int, num_steps: int, fields: _Fields
) -> Callable[[jax.Array], jax.Array]:
    on_gpu = jax.default_backend() == "gpu"
    devices = [wp.device_from_jax(device) for device in jax.local_devices()] if on_gpu else [wp.get_device("cpu")]
    switches = switch_addresses(robot)
    simulations = {device.alias: WarpSimulation(model, switches, num_robots, fields, device) for device in devices}

    def advance(rows: wp.array2d(dtype=float), results: wp.array2d(dtype=float)):  # pyright: ignore
        simulations[rows.device.alias].advance(rows, num_steps, results)

    # The staged mode copies rows to and from buffers of its own: XLA may move its buffers between two iterations, and
    # recapturing the graph would cost as much as many steps.
    mode = wp.JaxCallableGraphMode.WARP_STAGED_EX if on_gpu else wp.JaxCallableGraphMode.NONE
    call = wp.jax_callable(advance, graph_mode=mode)
    return partial(_first, call, (num_robots, ResultRow(robot).width))


def _first(call: Any, shape: tuple[int, int], rows: jax.Array) -> jax.Array:
    return call(rows, output_dims=shape)[0]
