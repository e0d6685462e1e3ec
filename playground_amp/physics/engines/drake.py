"""Drake, a physics engine by other people, behind the protocol of the project's own: for evaluation, not for training.

One robot after the other, on one core. A control period is stepped by Drake's discrete plant; between its steps, the
torque of the servos and the friction loss of the joints are computed here, as the robot's data sheet gives them.
"""

# pydrake is an extra, and its stubs take the dtype of an array for its shape:
# pyright: reportMissingImports=false, reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false

import threading

import jax
import jax.numpy as jnp
import numpy as np
from pydrake.multibody.math import SpatialForce
from pydrake.multibody.plant import ContactResults, ExternallyAppliedSpatialForce
from pydrake.systems.analysis import Simulator

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.errors import UserError
from playground_amp.physics.engines.drake_plant import build_plant
from playground_amp.physics.engines.simulation_model import substeps
from playground_amp.physics.protocol import Engine, PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of
from playground_amp.rotations import matrix_of

# Friction loss grows linearly up to it, since Drake cannot hold a joint by friction; rad/s, of WildRobot.
_BREAKAWAY_SPEED = 0.02


class DrakeEngine(Engine):
    """`Engine` on Drake, for the nominal robot on the flat floor.

    Raises:
      UserError: when it is stepped, a robot is not the nominal one.
    """

    def __init__(self, robot: Robot, config: PhysicsConfig, control_dt: float):
        self.robot = robot
        self.control_dt = control_dt
        self._host = HostPlant(robot, config.timestep, substeps(config, control_dt))
        self._readings = make_readings(robot)
        sizes = (robot.nq, robot.nv, len(robot.switch_names), robot.num_joints)
        self._result = tuple(jax.ShapeDtypeStruct((size,), jnp.float32) for size in sizes)

    def nominal_parameters(self) -> PhysicalParameters:
        return PhysicalParameters(floor_friction=jnp.float32(self.robot.floor_friction))

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        del needed
        _require_nominal(parameters)
        joints = qpos[BASE_QPOS_SIZE:]
        inputs = qpos, qvel, joints, jnp.zeros(3), joints, jnp.zeros_like(joints)
        return self._call(self._host.forward, jnp.float32(0.0), *inputs)

    def step(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        previous_target: jax.Array | None = None,
        arrival: jax.Array | None = None,
    ) -> tuple[PhysicsState, Readings]:
        _require_nominal(parameters)
        previous = joint_target if previous_target is None else previous_target
        if arrival is None:
            previous, arrival = joint_target, jnp.zeros_like(joint_target)
        inputs = state.qpos, state.qvel, joint_target, push_force_w, previous, arrival
        return self._call(self._host.step, state.time + self.control_dt, *inputs)

    def _call(self, host_function, time: jax.Array, *inputs: jax.Array) -> tuple[PhysicsState, Readings]:
        out = jax.pure_callback(host_function, self._result, *inputs, vmap_method="broadcast_all")
        qpos, qvel = out[:2]
        return PhysicsState(qpos, qvel, jnp.zeros_like(qvel), time), self._readings(*out)


def _require_nominal(parameters: PhysicalParameters) -> None:
    varied = [name for name, value in parameters._asdict().items() if value is not None and name != "floor_friction"]
    if varied:
        raise UserError(f"physics.engine drake knows only the nominal robot, found {', '.join(varied)} of its own")


class HostPlant:
    """The NumPy side: one plant, into which the robots' states are put in turn."""

    def __init__(self, robot: Robot, timestep: float, num_substeps: int):
        self._timestep = timestep
        self._substeps = num_substeps
        self.built = built = build_plant(robot, timestep)
        self._simulator = Simulator(built.diagram)
        self.context = built.plant.GetMyMutableContextFromRoot(self._simulator.get_mutable_context())
        self._actuation = built.plant.get_actuation_input_port()
        self._pushes = built.plant.get_applied_spatial_force_input_port()
        self._contacts = built.plant.get_contact_results_output_port()
        names = robot.switch_names
        self._switches = {shape: names.index(name) for shape, name in built.geometry_names.items() if name in names}
        self._no_force = np.zeros(len(names))
        self._servo = _Servo(robot)
        self._base = built.plant.GetBodyByName(robot.base_name)
        self._base_com = model_of(robot).body(robot.base_name).ipos
        self._lock = threading.Lock()

    def step(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """Rows [..., n] of what `_one` takes → (qpos, qvel, switch_force, joint_torque)."""
        return self._each(self._substeps, *inputs)

    def forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """The same at the rows' own states."""
        return self._each(0, *inputs)

    def _each(self, num_substeps: int, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        arrays = [np.asarray(array, float) for array in inputs]
        leading = arrays[0].shape[:-1]
        rows = zip(*(array.reshape(-1, array.shape[-1]) for array in arrays), strict=True)
        with self._lock:
            results = [self._one(num_substeps, *row) for row in rows]
        columns = [np.stack(column).astype(np.float32) for column in zip(*results, strict=True)]
        return tuple(column.reshape(*leading, -1) for column in columns)

    def _one(
        self,
        num_substeps: int,
        qpos: np.ndarray,
        qvel: np.ndarray,
        target: np.ndarray,
        push: np.ndarray,
        previous: np.ndarray,
        arrival: np.ndarray,
    ) -> tuple[np.ndarray, ...]:
        """One robot's control period. Forces are those of the last physics step, as in every engine."""
        self._put(qpos, qvel, push)
        torque = self._actuate(target)
        switch_force = self._switch_force() if num_substeps == 0 else self._no_force
        for substep in range(num_substeps):
            arrived = np.clip(((substep + 1) * self._timestep - arrival) / self._timestep, 0.0, 1.0)
            torque = self._actuate(previous + arrived * (target - previous))
            if substep == num_substeps - 1:
                switch_force = self._switch_force()
            self._simulator.AdvanceTo((substep + 1) * self._timestep)
        return *self._state(), switch_force, torque

    def _put(self, qpos: np.ndarray, qvel: np.ndarray, push: np.ndarray) -> None:
        """Drake has the quaternion before the position, and velocities, both in the world, the other way round."""
        built, plant = self.built, self.built.plant
        positions, velocities = np.zeros(plant.num_positions()), np.zeros(plant.num_velocities())
        positions[:7] = *(qpos[3:7] / np.linalg.norm(qpos[3:7])), *qpos[:3]
        velocities[:6] = *(matrix_of(positions[:4]) @ qvel[3:6]), *qvel[:3]
        positions[built.joint_positions] = qpos[BASE_QPOS_SIZE:]
        velocities[built.joint_velocities] = qvel[BASE_QVEL_SIZE:]
        self._simulator.get_mutable_context().SetTime(0.0)
        plant.SetPositions(self.context, positions)
        plant.SetVelocities(self.context, velocities)
        force = ExternallyAppliedSpatialForce()
        force.body_index, force.p_BoBq_B = self._base.index(), self._base_com
        force.F_Bq_W = SpatialForce(np.zeros(3), push)
        self._pushes.FixValue(self.context, [force])
        self._simulator.Initialize()

    def _state(self) -> tuple[np.ndarray, np.ndarray]:
        built = self.built
        positions, velocities = built.plant.GetPositions(self.context), built.plant.GetVelocities(self.context)
        spin_b = matrix_of(positions[:4]).T @ velocities[:3]
        qpos = np.concatenate([positions[4:7], positions[:4], positions[built.joint_positions]])
        return qpos, np.concatenate([velocities[3:6], spin_b, velocities[built.joint_velocities]])

    def _actuate(self, target: np.ndarray) -> np.ndarray:
        """Sets the joints' efforts for the physics step to come and returns the servos' torques [J] N·m."""
        built = self.built
        position = built.plant.GetPositions(self.context)[built.joint_positions]
        velocity = built.plant.GetVelocities(self.context)[built.joint_velocities]
        torque = self._servo.torque(target, position, velocity)
        self._actuation.FixValue(self.context, torque + self._servo.friction(velocity))
        return torque

    def _switch_force(self) -> np.ndarray:
        """Normal force [4] N on each foot switch's plate."""
        force = self._no_force.copy()
        results: ContactResults = self._contacts.Eval(self.context)
        for index in range(results.num_point_pair_contacts()):
            contact = results.point_pair_contact_info(index)
            pair = contact.point_pair()
            for shape in (pair.id_A, pair.id_B):
                if shape in self._switches:
                    force[self._switches[shape]] += abs(contact.contact_force() @ pair.nhat_BA_W)
        return force


class _Servo:
    """The actuator law of every joint."""

    def __init__(self, robot: Robot):
        self._robot = robot
        self._breakaway = _BREAKAWAY_SPEED * scale_of(robot).rate

    def torque(self, target: np.ndarray, position: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        """kp (target − position) − kv velocity, within the limit; N·m."""
        robot = self._robot
        torque = robot.kp * (target - position) - robot.kv * velocity
        return np.clip(torque, -robot.torque_limit, robot.torque_limit)

    def friction(self, velocity: np.ndarray) -> np.ndarray:
        """Coulomb friction against the motion, N·m."""
        return -self._robot.friction_loss * np.clip(velocity / self._breakaway, -1.0, 1.0)
