"""What the IMU measures, wherever it sits: hinges between it and the base may turn it."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.robot.record import Chain

_NO_TURN = (1.0, 0.0, 0.0, 0.0)


def imu_readings(
    imu: Chain, base_quaternion: jax.Array, gyro_b: jax.Array, joint_position: jax.Array, joint_velocity: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The IMU's orientation in the world [4] wxyz and its gyro [3] rad/s, in its own frame.

    Each hinge on the way turns the frame by its angle q about its axis a: R ← R R_a(q), ω ← R_a(-q) ω + q̇ a.
    """
    orientation, gyro = base_quaternion, gyro_b
    for joint, rotation, axis in zip(imu.joints.tolist(), imu.rotation, imu.axis, strict=True):
        orientation, gyro = _turned(orientation, gyro, rotation)
        about = jnp.asarray(axis, jnp.float32)
        turn = rotations.about_axis(about, joint_position[joint])
        orientation = rotations.multiply(orientation, turn)
        gyro = rotations.rotate_inverse(gyro, turn) + joint_velocity[joint] * about
    return _turned(orientation, gyro, imu.tip_rotation)


class ImuReport(NamedTuple):
    """What an IMU tells, in its own frame."""

    gravity: jax.Array  # [3] unit vector
    gyro: jax.Array  # [3] rad/s


def report_of(
    imu: Chain, gravity_b: jax.Array, gyro_b: jax.Array, joint_position: jax.Array, joint_velocity: jax.Array
) -> ImuReport:
    """What the IMU tells when base and joints are so."""
    turn, gyro = imu_readings(imu, jnp.array(_NO_TURN), gyro_b, joint_position, joint_velocity)
    return ImuReport(rotations.rotate_inverse(gravity_b, turn), gyro)


def in_base_frame(
    imu: Chain, report: ImuReport, joint_position: jax.Array, joint_velocity: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Gravity [3] and angular velocity [3] of the base that a report means, if the joints are as given."""
    turn, of_joints = imu_readings(imu, jnp.array(_NO_TURN), jnp.zeros(3), joint_position, joint_velocity)
    return rotations.rotate(report.gravity, turn), rotations.rotate(report.gyro - of_joints, turn)


def hinges_of(imu: Chain, joint_names: Sequence[str]) -> list[dict[str, object]]:
    """The hinges from the base to the IMU as the manifest lists them."""
    rows = zip(imu.joints.tolist(), imu.rotation.tolist(), imu.axis.tolist(), strict=True)
    return [{"joint": joint_names[joint], "rotation": rotation, "axis": axis} for joint, rotation, axis in rows]


def _turned(orientation: jax.Array, gyro: jax.Array, rotation: np.ndarray) -> tuple[jax.Array, jax.Array]:
    """Orientation and gyro in a frame that is turned by a fixed rotation [4]."""
    if tuple(rotation.tolist()) == _NO_TURN:
        return orientation, gyro
    turn = jnp.asarray(rotation, jnp.float32)
    return rotations.multiply(orientation, turn), rotations.rotate_inverse(gyro, turn)
