"""What a log says by itself, without a body: ages, losses, voltage, heat, lateness, a silent IMU, saturation."""

from typing import NamedTuple

import numpy as np

from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import COUNTERS, PHASES
from playground_amp.robot.record import Robot

_OUTLIER = 0.98  # quantile that stands for the worst of a log
_STILL = 1e-9  # between IMU readings that are the same
_MOVING = 0.3  # rad/s of any joint, at which an IMU cannot stand still
_SATURATED = 0.98  # of the torque limit


class JointSignals(NamedTuple):
    """Of J joints; NaN where it was never read."""

    age: np.ndarray  # [J] s, median of the readings
    oldest: np.ndarray  # [J] s, 98 % are newer
    last: np.ndarray  # [J] s, at the log's end
    expected_age: np.ndarray  # [J] s, median of a bus as the robot's description has it
    voltage: np.ndarray  # [J] V, the least
    temperature: np.ndarray  # [J] °C, the most
    saturated: np.ndarray  # [J] share of steps in which the servo's droop asks for more torque than it has


class BoardSignals(NamedTuple):
    """Of B lines."""

    reads: np.ndarray  # [B] answers asked for
    lost: np.ndarray  # [B] share that did not come in time
    late: np.ndarray  # [B] share that came after that
    bad_checksums: np.ndarray  # [B]


class ImuSignals(NamedTuple):
    """Of the IMU."""

    frozen: float  # s for which it said the same while joints moved, the longest
    last: float  # s, the age of its newest report at the log's end
    drift: float  # rad/s between the gyro and the derivative of the attitude, root mean square


class LoopSignals(NamedTuple):
    """Of the control loop."""

    steps: int
    seconds: float
    period: float  # s, median
    late: float  # s, 98 % of the steps are less late
    skipped: float  # share of deadlines


class Signals(NamedTuple):
    """All of it."""

    joints: JointSignals
    boards: BoardSignals
    imu: ImuSignals
    loop: LoopSignals
    voltage_drop: float  # V between a joint's median and its least, the largest


def signals_of(log: RobotLog, robot: Robot, hardware: HardwareFile) -> Signals:
    """Of a log with at least a step."""
    voltage = log.voltage.astype(float)
    least, median = _over_time(np.nanmin, voltage), _over_time(np.nanmedian, voltage)
    drop = median - least
    return Signals(
        joints=_joints(log, robot, hardware, least),
        boards=_boards(log),
        imu=_imu(log),
        loop=_loop(log),
        voltage_drop=float(np.nanmax(drop)) if np.isfinite(drop).any() else 0.0,
    )


def _joints(log: RobotLog, robot: Robot, hardware: HardwareFile, voltage: np.ndarray) -> JointSignals:
    age = log.joint_age.astype(float)
    droop = robot.kp * (log.target - log.joint_position) - robot.kv * log.joint_velocity
    told = np.isfinite(log.target).all(axis=1)
    return JointSignals(
        age=_over_time(np.nanmedian, age),
        oldest=_over_time(lambda x, axis: np.nanquantile(x, _OUTLIER, axis=axis), age),
        last=age[-1],
        expected_age=_expected_age(robot),
        voltage=voltage,
        temperature=_over_time(np.nanmax, log.temperature.astype(float)),
        saturated=np.mean(np.abs(droop[told]) >= _SATURATED * robot.torque_limit, axis=0)
        if told.any()
        else np.zeros(robot.num_joints),
    )


def _expected_age(robot: Robot) -> np.ndarray:
    """Median age [J] s of a reading: a round, with a look at a servo's health, comes in evenly; a servo looks at itself
    half-way through its read."""
    hardware = robot.hardware
    if hardware is None:
        return np.full(robot.num_joints, np.nan)
    return (hardware.round_time + 2 * hardware.read_time) / 2


def _boards(log: RobotLog) -> BoardSignals:
    counted = log.counters[-1].astype(float) - log.counters[0]
    if len(log.time) == 1:
        counted = log.counters[-1].astype(float)
    reads = np.maximum(counted[:, COUNTERS.index("reads")], 1.0)
    lost, late = (np.clip(counted[:, COUNTERS.index(name)] / reads, 0.0, 1.0) for name in ("lost", "late"))
    return BoardSignals(reads, lost, late, counted[:, COUNTERS.index("bad_checksums")])


def _imu(log: RobotLog) -> ImuSignals:
    reading = np.concatenate([log.orientation, log.gyro], axis=1).astype(float)
    same = np.abs(np.diff(reading, axis=0)).max(axis=1, initial=0.0) < _STILL
    moving = np.abs(log.joint_velocity[1:]).max(axis=1, initial=0.0) > _MOVING
    frozen, since, moved = 0.0, 0, False
    for row, still in enumerate(same):
        if not still:
            since, moved = row + 1, False
            continue
        moved = moved or bool(moving[row])
        if moved:
            frozen = max(frozen, float(log.time[row + 1] - log.time[since]))
    return ImuSignals(frozen, float(log.imu_age[-1]), _drift(log))


def _drift(log: RobotLog) -> float:
    """Between the gyro and what the attitude's quaternion does: ω = 2 vec(q* dq/dt), over two steps."""
    q = log.orientation.astype(float)
    if len(q) < 3:
        return 0.0
    q = q * np.concatenate([[1.0], np.cumprod(np.where(np.sum(q[1:] * q[:-1], axis=1) < 0, -1.0, 1.0))])[:, None]
    apart = np.maximum(log.time[2:] - log.time[:-2], 1e-6)[:, None]
    rate, (w, *vector) = (q[2:] - q[:-2]) / apart, q[1:-1].T
    v, dv = np.stack(vector, axis=1), rate[:, 1:]
    turning = 2 * (w[:, None] * dv - rate[:, :1] * v - np.cross(v, dv))
    return float(np.sqrt(np.mean(np.square(turning - log.gyro[1:-1]))))


def _loop(log: RobotLog) -> LoopSignals:
    moving = log.phase != PHASES.index("checks")
    rows = np.flatnonzero(moving) if moving.sum() > 1 else np.arange(len(log.time))
    start = log.step_start[rows]
    period = float(np.median(np.diff(start))) if len(rows) > 1 else log.header.control_dt
    late = np.nan_to_num(log.lateness[rows].astype(float))
    skipped = log.skipped[rows].astype(float).sum()
    return LoopSignals(
        steps=len(log.time),
        seconds=float(log.time[-1] - log.time[0]),
        period=period,
        late=float(np.quantile(late, _OUTLIER)),
        skipped=float(skipped / (skipped + len(rows))),
    )


def _over_time(reduce, values: np.ndarray) -> np.ndarray:
    """Of each column, NaN where nothing was read."""
    known = np.isfinite(values).any(axis=0)
    found = np.full(values.shape[1], np.nan)
    if known.any():
        found[known] = reduce(values[:, known], axis=0)
    return found
