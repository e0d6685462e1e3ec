"""A log on one clock: what was read at different times, in counts, becomes smooth motion at the steps' times.

Readings are a few ms to a few tens of ms old, each joint's at its own time. A smoothing spline through them is known
afterwards from both sides, so it delays nothing; what is faster than a robot's steps is noise of counts.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline, make_smoothing_spline

from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import PHASES
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

_JOINTS_UP_TO, _IMU_UP_TO = 7.0, 15.0  # Hz of WildRobot's motion that is kept
_FEWEST = 25  # steps of a log that says anything of motion
_SAME = 1e-4  # s between readings that are one
_EDGE = 3  # steps at both ends, where a spline knows one side only


class Measured(NamedTuple):
    """T moments of a robot with J joints whose servos were told where to be."""

    time: np.ndarray  # [T] s
    row: np.ndarray  # [T] the log's step
    position: np.ndarray  # [T, J] rad
    velocity: np.ndarray  # [T, J] rad/s
    acceleration: np.ndarray  # [T, J] rad/s²
    target: np.ndarray  # [T, J] rad, as sent
    droop: np.ndarray  # [T, J] rad, what the servo holds less where its joint is, equally smooth
    imu_attitude: np.ndarray  # [T, 4] wxyz
    imu_gyro: np.ndarray  # [T, 3] rad/s
    imu_gyro_rate: np.ndarray  # [T, 3] rad/s²
    pressed: np.ndarray  # [T, 4] bool, the foot switches
    has_switches: bool
    control_dt: float  # s


def arrival_of(robot: Robot) -> np.ndarray:
    """From a decision until it reaches its servo, [J] s, in the mean: the line's next round, then the joint's turn."""
    hardware = robot.hardware
    if hardware is None:
        return np.zeros(robot.num_joints)
    return hardware.round_time / 2 + (hardware.turn + 1) * hardware.write_time


def measured_motion(log: RobotLog, robot: Robot, hardware: HardwareFile) -> Measured | None:
    """The log on one clock; None: too short, or something was never read."""
    asked = np.isin(log.phase, [PHASES.index(name) for name in ("home", "stand", "walk")])
    asked &= np.isfinite(log.target).all(axis=1) & np.isfinite(log.joint_position).all(axis=1)
    rows = np.flatnonzero(asked)
    if len(rows) < _FEWEST:
        return None
    rate = 1 / scale_of(robot).time
    time, inner = log.time[rows], slice(_EDGE, -_EDGE)
    at = time[inner]
    shape = (len(at), robot.num_joints)
    position, velocity, acceleration, droop = (np.empty(shape) for _ in range(4))
    acting = arrival_of(robot) + log.header.control_dt / 2  # a target is held for a period: its middle
    for joint in range(robot.num_joints):
        curve = _curve(time - log.joint_age[rows, joint], log.joint_position[rows, joint], _JOINTS_UP_TO * rate)
        wanted = _curve(time + acting[joint], log.target[rows, joint], _JOINTS_UP_TO * rate)
        if curve is None or wanted is None:
            return None
        position[:, joint], velocity[:, joint], acceleration[:, joint] = (curve(at, order) for order in range(3))
        droop[:, joint] = wanted(at) - position[:, joint]
    imu = [_curve(time - log.imu_age[rows], column, _IMU_UP_TO * rate) for column in _imu_columns(log, rows)]
    curves = [curve for curve in imu if curve is not None]
    if len(curves) < len(imu):
        return None
    attitude = np.stack([curve(at) for curve in curves[:4]], axis=1)
    target = log.target[rows[inner]].astype(float)
    gyro, gyro_rate = (np.stack([curve(at, order) for curve in curves[4:]], axis=1) for order in range(2))
    attitude /= np.linalg.norm(attitude, axis=1, keepdims=True)
    return Measured(
        *(at, rows[inner], position, velocity, acceleration, target, droop, attitude, gyro, gyro_rate),
        pressed=log.switches[rows[inner]] > 0,
        has_switches=hardware.switches.kind != "none",
        control_dt=log.header.control_dt,
    )


def _imu_columns(log: RobotLog, rows: np.ndarray) -> np.ndarray:
    """[7, T]: the quaternion, without jumps from q to -q, and the gyro."""
    attitude = log.orientation[rows].astype(float)
    flips = np.where(np.sum(attitude[1:] * attitude[:-1], axis=1) < 0, -1.0, 1.0)
    attitude[1:] *= np.cumprod(flips)[:, None]
    return np.concatenate([attitude, log.gyro[rows]], axis=1).T


def _curve(time: np.ndarray, values: np.ndarray, up_to: float) -> BSpline | None:
    """A smoothing spline that keeps what is slower than `up_to` Hz; None: too few readings.

    Such a spline passes a sine of ω by 1 / (1 + λ Δt ω⁴) (Craven and Wahba, 1979); half of it at `up_to`.
    """
    order = np.argsort(time, kind="stable")
    time, values = time[order], values[order].astype(float)
    new = np.concatenate([[True], np.diff(time) > _SAME])
    time, values = time[new], values[new]
    if len(time) < _FEWEST or not (np.isfinite(time).all() and np.isfinite(values).all()):
        return None
    apart = float(np.median(np.diff(time)))
    return make_smoothing_spline(time, values, lam=1 / ((2 * np.pi * up_to) ** 4 * apart))
