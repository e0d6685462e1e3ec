"""What a log says by itself, without a body: ages, losses, voltage, heat, lateness, a silent IMU, saturation."""

from typing import NamedTuple

import numpy as np

from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import COUNTERS, PHASES
from playground_amp.robot.record import Robot

_OUTLIER = 0.98  # quantile that stands for the worst of a log
_STILL = 1e-9  # between IMU readings that are the same
_MOVING = 0.3  # rad/s of any joint, at which an IMU cannot stand still
_WINDOW, _FEWEST_READS = 0.5, 20  # s in which losses are counted; answers asked for in it
_SATURATED = 0.98  # of the torque limit


class JointSignals(NamedTuple):
    """Of J joints; NaN where it was never read."""

    age: np.ndarray  # [J] s, median of the readings
    oldest: np.ndarray  # [J] s, 98 % are newer
    peak: np.ndarray  # [J] s, the oldest
    last: np.ndarray  # [J] s, at the end of the run
    expected_age: np.ndarray  # [J] s, median of a bus as the robot's description has it
    voltage: np.ndarray  # [J] V, the least
    temperature: np.ndarray  # [J] °C, the most
    saturated: np.ndarray  # [J] share of steps in which the servo's droop asks for more torque than it has


class BoardSignals(NamedTuple):
    """Of B lines, once the robot was asked to move, if ever: in all, and in the half second in which most was lost."""

    reads: np.ndarray  # [B] answers asked for
    lost: np.ndarray  # [B] share that did not come in time
    worst_lost: np.ndarray  # [B] that share in the worst half second
    worst_late: np.ndarray  # [B] share that came after its time, in the half second in which most did
    garbled: np.ndarray  # [B] bytes that belong to no answer and wrong checksums in the worst half second


class ImuSignals(NamedTuple):
    """Of the IMU."""

    frozen: float  # s for which it said the same while joints moved, the longest
    last: float  # s, the age of its newest report at the end of the run
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


def signals_of(log: RobotLog, robot: Robot) -> Signals:
    """Of a log with at least a step."""
    voltage = log.voltage.astype(float)
    least, median = _over_time(np.nanmin, voltage), _over_time(np.nanmedian, voltage)
    drop = median - least
    return Signals(
        joints=_joints(log, robot, least),
        boards=_boards(log),
        imu=_imu(log),
        loop=_loop(log),
        voltage_drop=float(np.nanmax(drop)) if np.isfinite(drop).any() else 0.0,
    )


def _joints(log: RobotLog, robot: Robot, voltage: np.ndarray) -> JointSignals:
    droop = robot.kp * (log.target - log.joint_position) - robot.kv * log.joint_velocity
    told = np.isfinite(log.target).all(axis=1)
    age = log.joint_age[told if told.any() else slice(None)].astype(float)  # while it was asked to move, if ever
    return JointSignals(
        age=_over_time(np.nanmedian, age),
        oldest=_over_time(lambda x, axis: np.nanquantile(x, _OUTLIER, axis=axis), age),
        peak=_over_time(np.nanmax, age),
        last=log.joint_age[_last_moment(log)].astype(float),
        expected_age=_expected_age(robot),
        voltage=voltage,
        temperature=_over_time(np.nanmax, log.temperature.astype(float)),
        saturated=np.mean(np.abs(droop[told]) >= _SATURATED * robot.torque_limit, axis=0)
        if told.any()
        else np.zeros(robot.num_joints),
    )


def _last_moment(log: RobotLog) -> int:
    """The last step before it was stopped."""
    running = np.flatnonzero(log.phase != PHASES.index("stopped"))
    return int(running[-1]) if len(running) else len(log.time) - 1


def _expected_age(robot: Robot) -> np.ndarray:
    """Median age [J] s of a reading: a round, with a look at a servo's health, comes in evenly; a servo looks at itself
    half-way through its read."""
    hardware = robot.hardware
    if hardware is None:
        return np.full(robot.num_joints, np.nan)
    return (hardware.round_time + 2 * hardware.read_time) / 2


def _boards(log: RobotLog) -> BoardSignals:
    told = np.flatnonzero(np.isfinite(log.target).all(axis=1))
    counters = log.counters[int(told[0]) if len(told) else 0 :].astype(float)
    rows = max(1, min(len(counters) - 1, round(_WINDOW / log.header.control_dt)))
    window = counters[rows:] - counters[:-rows] if len(counters) > 1 else counters
    reads, lost, late = (window[:, :, COUNTERS.index(name)] for name in ("reads", "lost", "late"))
    enough = np.maximum(reads, _FEWEST_READS)  # so that a single one of few is no large share
    worst, boards = (lost / enough).argmax(axis=0), np.arange(counters.shape[1])
    garbled = window[:, :, COUNTERS.index("garbage_bytes")] + window[:, :, COUNTERS.index("bad_checksums")]
    total = counters[-1] - counters[0] if len(counters) > 1 else counters[-1]
    asked = np.maximum(total[:, COUNTERS.index("reads")], 1.0)
    return BoardSignals(
        reads=asked,
        lost=total[:, COUNTERS.index("lost")] / asked,
        worst_lost=(lost / enough)[worst, boards],
        worst_late=(late / enough).max(axis=0),
        garbled=garbled[worst, boards],
    )


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
    return ImuSignals(frozen, float(log.imu_age[_last_moment(log)]), _drift(log))


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
