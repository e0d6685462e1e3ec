"""Servo model, one physics step at a time: command latency, backlash, torque-speed limit.

MuJoCo's position actuator gives clip(kp (order − q) − kv q̇, limits). Here are that order and those limits for a physics
step, from the robot's state at its beginning. One arithmetic for every engine: `xp` is NumPy or jax.numpy, and arrays
may have leading axes of robots.
"""

from types import ModuleType

from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.rotations import Array


def acts_within_a_period(parameters: PhysicalParameters, arrival: Array | None = None) -> bool:
    """Whether targets or limits change between two control steps."""
    return any(x is not None for x in (arrival, parameters.latency, parameters.backlash, parameters.speed_droop))


def reacts_within_a_period(parameters: PhysicalParameters) -> bool:
    """Whether orders or limits depend on how the joints move meanwhile."""
    return parameters.backlash is not None or parameters.speed_droop is not None


def order(
    xp: ModuleType,
    parameters: PhysicalParameters,
    target: Array,
    previous_target: Array,
    joint_position: Array,
    start: Array | float,
    timestep: float,
    arrival: Array | None = None,
) -> Array:
    """The position [..., J] rad that the actuators are given for the physics step from `start` s of the period on.

    The target arrives `arrival` [..., J] s after the period's beginning; None: after the parameters' latency. One that
    arrives during the step counts by the share of the step that is left: below its limit, the torque's mean is exact.
    With play the order lies within it of the joint: no torque until the play is used up (a dead zone).
    """
    wanted = target
    late = arrival
    if late is None and parameters.latency is not None:
        late = parameters.latency[..., None]
    if late is not None:
        arrived = xp.clip((start + timestep - late) / timestep, 0.0, 1.0)
        wanted = previous_target + arrived * (target - previous_target)
    if parameters.backlash is not None:
        play = parameters.backlash
        wanted = wanted + xp.clip(joint_position - wanted, -play, play)
    return wanted


def torque_range(
    xp: ModuleType, parameters: PhysicalParameters, torque_limit: Array, joint_velocity: Array
) -> Array | None:
    """The torque [..., J, 2] N·m that the servos can give at a joint speed [..., J] rad/s; None: always the same.

    The straight line of a direct-current motor: from the limit at rest to none at the no-load speed, in the direction
    of motion; against it, the whole limit.
    """
    if parameters.speed_droop is None:
        return None
    limit = torque_limit if parameters.motor_strength is None else torque_limit * parameters.motor_strength
    share = parameters.speed_droop[..., None] * joint_velocity
    upper = limit * xp.clip(1.0 - share, 0.0, 1.0)
    lower = -limit * xp.clip(1.0 + share, 0.0, 1.0)
    return xp.stack([lower, upper], axis=-1)
