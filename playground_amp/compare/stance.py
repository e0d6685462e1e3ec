"""What a robot that stands on a foot cannot get around: the foot lies flat, rests, and carries the weight.

From that, joints, IMU and servos' droop check each other. A `Build` says how the robot may be built; the right one
makes all of it agree.
"""

from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.compare.builds import Build
from playground_amp.compare.measured import Measured
from playground_amp.physics.measured_motion import NO_FOOT, sole_states, torque_on_one_foot
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

_AHEAD = 1e-4  # s, for derivatives of what joints and IMU say
_NEAR_FLOOR = 0.006  # m over the lower sole, of WildRobot, that is on the floor where no switch tells
_HELD_STILL = 0.2  # rad/s, of WildRobot, below which a robot with both feet in the air does not fall
_QUIET = 0.6  # rad/s, of a sole that lies still, where no switch tells
_RANGE_MARGIN = 0.04  # rad from the end of a joint's range, where the stop carries too


class Body(NamedTuple):
    """The state of base and joints at T moments; velocities of the base's origin are known afterwards."""

    attitude: np.ndarray  # [T, 4] wxyz of the base
    gyro_b: np.ndarray  # [T, 3] rad/s
    position: np.ndarray  # [T, J] rad
    velocity: np.ndarray  # [T, J] rad/s


class Stance(NamedTuple):
    """How well a moment's readings fit a robot on its feet. NaN where there is nothing to say."""

    tilt: np.ndarray  # [T, 2, 2] rad, roll and pitch of each sole that lies flat, in its own axes
    turning: np.ndarray  # [T, 2, 3] rad/s, of each sole that lies flat, in its own axes
    step: np.ndarray  # [T] m, left sole over the right one, where both lie flat
    needed: np.ndarray  # [T, J] N·m, torques that the motion takes, on one foot or hanging
    given: np.ndarray  # [T, J] N·m, torques that the servos' droop means
    droop: np.ndarray  # [T, J] rad, corrected


class Support(NamedTuple):
    """Which soles are on the floor."""

    touching: np.ndarray  # [T, 2] bool
    flat: np.ndarray  # [T, 2] bool, toe and heel
    hanging: np.ndarray  # [T] bool: somebody holds the robot, both feet in the air

    @property
    def alone(self) -> np.ndarray:
        """[T] bool: one sole lies flat and the other is in the air."""
        return (self.flat.sum(axis=1) == 1) & (self.touching.sum(axis=1) == 1)


def body_of(robot: Robot, motion: Measured, how: Build, ahead: float = 0.0) -> Body:
    """The body as corrected readings have it, or as it would be `ahead` s later."""
    attitude, gyro = motion.imu_attitude, motion.imu_gyro
    position, velocity = motion.position, motion.velocity
    if ahead:
        attitude = rotations.multiply(attitude, _small_turn(gyro * ahead))
        gyro, velocity = gyro + ahead * motion.imu_gyro_rate, velocity + ahead * motion.acceleration
        position = position + ahead * motion.velocity
    position = how.gain * position[:, how.source] + how.offset
    velocity = how.gain * velocity[:, how.source]
    back = np.broadcast_to(rotations.conjugate(how.imu_turn), attitude.shape)
    attitude, gyro = rotations.multiply(attitude, back), rotations.rotate_inverse(gyro, back)
    imu = robot.imu
    attitude = rotations.multiply(attitude, np.broadcast_to(rotations.conjugate(imu.tip_rotation), attitude.shape))
    gyro = rotations.rotate(gyro, np.broadcast_to(imu.tip_rotation, attitude.shape))
    for joint, rotation, axis in reversed(list(zip(imu.joints.tolist(), imu.rotation, imu.axis, strict=True))):
        turn = rotations.about_axis(np.asarray(axis), position[:, joint])
        gyro = rotations.rotate(gyro - velocity[:, joint, None] * axis, turn)
        gyro = rotations.rotate(gyro, np.broadcast_to(rotation, attitude.shape))
        attitude = rotations.multiply(attitude, rotations.conjugate(turn))
        attitude = rotations.multiply(attitude, np.broadcast_to(rotations.conjugate(rotation), attitude.shape))
    return Body(attitude, gyro, position, velocity)


def support_of(robot: Robot, motion: Measured, how: Build) -> Support:
    """Who stands on what: by the switches, or by the lower sole where there are none."""
    if motion.has_switches:
        toe_and_heel = motion.pressed.reshape(-1, 2, 2)
        touching, flat = np.asarray(toe_and_heel.any(axis=2)), np.asarray(toe_and_heel.all(axis=2))
    else:
        body, scale = body_of(robot, motion, how), scale_of(robot)
        soles = sole_states(robot, *body)
        height = soles.position[..., 2] - soles.position[..., 2].min(axis=1, keepdims=True)
        touching = height < _NEAR_FLOOR * scale.length
        flat = touching & (np.linalg.norm(soles.angular_velocity, axis=2) < _QUIET * scale.rate)
    still = np.linalg.norm(motion.imu_gyro, axis=1) < _HELD_STILL * scale_of(robot).rate
    hanging = motion.has_switches & still & ~touching.any(axis=1)
    hanging[1:-1] &= hanging[2:] & hanging[:-2]
    steady = flat.copy()
    steady[1:-1] &= flat[2:] & flat[:-2]  # not at the moment of setting down or lifting
    return Support(touching, steady, hanging)


def stance_of(robot: Robot, motion: Measured, support: Support, how: Build) -> Stance:
    """What corrected readings say of the feet and of the load, at all of the motion's moments."""
    body, later = body_of(robot, motion, how), body_of(robot, motion, how, _AHEAD)
    soles = sole_states(robot, *body)
    up = soles.axes[..., 2, :]  # the world's vertical in the sole's axes
    flat = support.flat[..., None]
    tilt = np.where(flat, np.stack([up[..., 1], -up[..., 0]], axis=-1), np.nan)
    turning = np.einsum("tfji,tfj->tfi", soles.axes, soles.angular_velocity)
    step = np.where(support.flat.all(axis=1), soles.position[:, 0, 2] - soles.position[:, 1, 2], np.nan)
    droop = how.gain * motion.droop[:, how.source]
    slipped = droop - np.clip(droop, -how.play, how.play)
    given = how.strength * np.clip(
        robot.kp * slipped - robot.kv * body.velocity, -robot.torque_limit, robot.torque_limit
    )
    needed = np.full(droop.shape, np.nan)
    rows = np.flatnonzero(support.alone | support.hanging)
    if len(rows):
        foot = np.where(support.hanging[rows], NO_FOOT, support.flat[rows].argmax(axis=1))
        soon = sole_states(robot, *(part[rows] for part in later))
        rests = (foot != NO_FOOT)[:, None]
        base_velocity = -soles.velocity[rows, foot] * rests
        base_acceleration = (-soon.velocity[np.arange(len(rows)), foot] * rests - base_velocity) / _AHEAD
        qpos = np.concatenate([np.zeros_like(base_velocity), body.attitude[rows], body.position[rows]], axis=1)
        qvel = np.concatenate([base_velocity, body.gyro_b[rows], body.velocity[rows]], axis=1)
        turning_rate = (later.gyro_b - body.gyro_b)[rows] / _AHEAD
        qacc = np.concatenate(
            [base_acceleration, turning_rate, (later.velocity - body.velocity)[rows] / _AHEAD], axis=1
        )
        needed[rows] = torque_on_one_foot(robot, qpos, qvel, qacc, foot)
    return Stance(tilt, np.where(flat, turning, np.nan), step, needed, given, droop)


def chosen(motion: Measured, rows: np.ndarray) -> Measured:
    """Some of the moments."""
    return motion._replace(
        **{name: value[rows] for name, value in motion._asdict().items() if isinstance(value, np.ndarray)}
    )


def _small_turn(vector: np.ndarray) -> np.ndarray:
    """The rotation [..., 4] of a short rotation vector [..., 3]."""
    return np.concatenate([np.sqrt(1 - np.sum(np.square(vector / 2), axis=-1, keepdims=True)), vector / 2], axis=-1)
