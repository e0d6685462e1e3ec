"""MJX's JAX implementation: the same model as pure JAX, wherever XLA runs."""

from functools import partial

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.physics import servo
from playground_amp.physics.engines.model_fields import model_fields
from playground_amp.physics.engines.quiet_mjx import mjx
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


class MjxEngine(Engine):
    """`Engine` on MJX. Matrix products in full float32: TF32 spoils the constraint solver on NVIDIA cards."""

    def __init__(self, robot: Robot, config: PhysicsConfig, control_dt: float):
        self.robot = robot
        self.control_dt = control_dt
        model = simulation_model(robot, config, "newton")
        self._substeps = substeps(config, control_dt)
        self._written = model  # as the parameters scale it
        self._model = mjx.put_model(model, impl="jax")
        self._blank = mjx.make_data(model, impl="jax")
        self._floor = floor_geoms(model)
        self._switches = switch_addresses(robot)
        self._torque_limit = jnp.asarray(robot.torque_limit, jnp.float32)
        self._readings = make_readings(robot)

    def nominal_parameters(self) -> PhysicalParameters:
        return PhysicalParameters(floor_friction=self._model.geom_friction[self._floor[0], 0])

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        del needed  # one fixed program for every robot
        with jax.default_matmul_precision("float32"):
            data = self._blank.replace(qpos=qpos, qvel=qvel, ctrl=qpos[BASE_QPOS_SIZE:])
            return self._outcome(mjx.forward(self._with(parameters), data))

    def step(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        previous_target: jax.Array | None = None,
        arrival: jax.Array | None = None,
    ) -> tuple[PhysicsState, Readings]:
        with jax.default_matmul_precision("float32"):
            model = self._with(parameters)
            data = self._blank.replace(
                qpos=state.qpos,
                qvel=state.qvel,
                qacc_warmstart=state.warmstart,
                time=state.time,
                ctrl=joint_target,
                xfrc_applied=self._blank.xfrc_applied.at[BASE_BODY, :3].set(push_force_w),
            )
            previous = joint_target if previous_target is None else previous_target
            advance = partial(self._substep, model, parameters, joint_target, previous, arrival)
            data = jax.lax.fori_loop(0, self._substeps, advance, data)
            return self._outcome(data)

    def _substep(
        self,
        model: mjx.Model,
        parameters: PhysicalParameters,
        target: jax.Array,
        previous_target: jax.Array,
        arrival: jax.Array | None,
        substep: jax.Array,
        data: mjx.Data,
    ) -> mjx.Data:
        if servo.acts_within_a_period(parameters, arrival):
            timestep, joints = self._written.opt.timestep, self.robot.num_joints
            position, velocity = data.qpos[-joints:], data.qvel[-joints:]
            start = substep * timestep
            order = servo.order(jnp, parameters, target, previous_target, position, start, timestep, arrival)
            data = data.replace(ctrl=order)
            limits = servo.torque_range(jnp, parameters, self._torque_limit, velocity)
            if limits is not None:
                model = model.replace(actuator_forcerange=limits)
        return mjx.step(model, data)

    def _with(self, parameters: PhysicalParameters) -> mjx.Model:
        """The model of one robot. Constants that scale how soft contacts are stay those of the nominal robot."""
        friction = self._model.geom_friction.at[self._floor, 0].set(parameters.floor_friction)
        fields = model_fields(jnp, self._written, parameters)
        return self._model.replace(geom_friction=friction, **fields)

    def _outcome(self, data: mjx.Data) -> tuple[PhysicsState, Readings]:
        state = PhysicsState(data.qpos, data.qvel, data.qacc_warmstart, jnp.asarray(data.time, jnp.float32))
        switch_force = data.sensordata[self._switches]
        return state, self._readings(data.qpos, data.qvel, switch_force, data.actuator_force)
