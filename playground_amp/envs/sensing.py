"""What the robot's sensors make of the truth: white noise, a tilted IMU, servos whose zero is off."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.configs.randomization import DomainRandomizationConfig, varies
from playground_amp.physics.readings import Readings

_NOISES = ("gravity_noise", "gyro_noise", "joint_position_noise", "joint_velocity_noise")


class SensorErrors(NamedTuple):
    """One robot's. None: there is no such error, and it costs nothing."""

    joint_zero_offset: jax.Array | None = None  # [J] rad; a servo reads this much more than the joint's angle
    imu_rotation: jax.Array | None = None  # [4] wxyz, of the IMU against where it should sit
    noise: jax.Array | None = None  # [] share of the configured noise
    bus_pace: jax.Array | None = None  # [] how many times as long as described an exchange with a servo takes


def noise_share(config: DomainRandomizationConfig, share: jax.Array | float) -> jax.Array | None:
    """`SensorErrors.noise` [] of a robot whose sensors have that share of the configured noise, if there is any."""
    return jnp.float32(share) if varies(config, *_NOISES) else None


def measured(readings: Readings, errors: SensorErrors, key: jax.Array, config: DomainRandomizationConfig) -> Readings:
    """The readings with gravity_b, gyro_b, joint_position and joint_velocity as the sensors give them."""
    if errors.imu_rotation is not None:
        readings = readings._replace(
            gravity_b=rotations.rotate_inverse(readings.gravity_b, errors.imu_rotation),
            gyro_b=rotations.rotate_inverse(readings.gyro_b, errors.imu_rotation),
        )
    if errors.joint_zero_offset is not None:
        readings = readings._replace(joint_position=readings.joint_position + errors.joint_zero_offset)
    if errors.noise is not None:
        ends = np.cumsum([len(x) for x in (readings.gravity_b, readings.gyro_b, readings.joint_position)])
        numbers = jax.random.normal(key, (int(ends[-1]) + len(readings.joint_velocity),)) * errors.noise
        gravity, gyro, position, velocity = jnp.split(numbers, ends)
        readings = readings._replace(
            gravity_b=readings.gravity_b + config.gravity_noise * gravity,
            gyro_b=readings.gyro_b + config.gyro_noise * gyro,
            joint_position=readings.joint_position + config.joint_position_noise * position,
            joint_velocity=readings.joint_velocity + config.joint_velocity_noise * velocity,
        )
    return readings


def true_target(joint_target: jax.Array, errors: SensorErrors) -> jax.Array:
    """Where the joints [J] rad are sent by servos that take `joint_target` by their own zero."""
    return joint_target if errors.joint_zero_offset is None else joint_target - errors.joint_zero_offset
