"""The seam between the task and whatever steps the robot.

An engine is two pure functions of one robot, `reset` and `step`; batch them with `jax.vmap`. The same seeded targets
give the same `Readings` from every engine, within the tolerance stated in tests/physics/test_engines.py.
"""

from typing import NamedTuple, Protocol

import jax

from playground_amp.physics.readings import Readings
from playground_amp.robot.record import Robot


class PhysicsState(NamedTuple):
    """MuJoCo's integration state of one robot; nothing else is carried from step to step."""

    qpos: jax.Array  # [7 + J] base position, quaternion wxyz, joints
    qvel: jax.Array  # [6 + J] base linear velocity (world), angular velocity (base), joints
    warmstart: jax.Array  # [6 + J] acceleration the constraint solver starts from
    time: jax.Array  # [] s


class PhysicalParameters(NamedTuple):
    """What differs from robot to robot. None stands for the model as it is written, and costs nothing."""

    floor_friction: jax.Array  # [] sliding friction of the floor
    mass_scale: jax.Array | None = None  # [B] mass and inertia of each body, share of its own
    com_shift_b: jax.Array | None = None  # [B, 3] m, of each body's center of mass, along its own axes
    motor_strength: jax.Array | None = None  # [J] gains and torque limit, share of their own
    joint_damping: jax.Array | None = None  # [J] share of its own
    joint_friction: jax.Array | None = None  # [J] share of its own
    joint_armature: jax.Array | None = None  # [J] share of its own
    speed_droop: jax.Array | None = None  # [] s/rad; the torque limit falls by this share of itself a rad/s
    backlash: jax.Array | None = None  # [J] rad of play to either side
    latency: jax.Array | None = None  # [] s until a new target reaches the servos


class Engine(Protocol):
    """Steps one robot by one control period."""

    robot: Robot
    control_dt: float

    def nominal_parameters(self) -> PhysicalParameters:
        """The parameters of the model as it is written."""
        ...

    def reset(
        self, qpos: jax.Array, qvel: jax.Array, parameters: PhysicalParameters, needed: jax.Array | bool = True
    ) -> tuple[PhysicsState, Readings]:
        """The state at (qpos [7 + J], qvel [6 + J]) with its contact forces.

        Where `needed` is False the result is unspecified: a batched engine may leave the work out.
        """
        ...

    def step(
        self,
        state: PhysicsState,
        joint_target: jax.Array,
        push_force_w: jax.Array,
        parameters: PhysicalParameters,
        previous_target: jax.Array | None = None,
        arrival: jax.Array | None = None,
    ) -> tuple[PhysicsState, Readings]:
        """One control period with servo targets [J] rad and a force [3] N on the base's center of mass.

        `previous_target` [J] holds until the new one has arrived; None: the new one holds from the beginning.
        `arrival` [J]: when each joint's target arrives, s after the period's beginning (never, if that is later than
        its end); None: after `parameters.latency`.
        """
        ...
