"""The gait as curves over its cycle: how every cycle went, and how the reference goes. NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground_amp.amp.ref_buffer import command_kernel
from playground_amp.configs.walking import GaitConfig
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.gait import walk
from playground_amp.physics.motion_analysis import sole_motion
from playground_amp.report.program import Performance, ProgramStage
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

POINTS = 51  # of the cycle, both ends included
SETTLING = 2.0  # s of a stage, before its gait is looked at, for WildRobot
FEWEST_CYCLES = 2


@dataclass(frozen=True)
class Band:
    """A quantity over the gait cycle, K columns."""

    mean: np.ndarray  # [POINTS, K]
    low: np.ndarray  # [POINTS, K] smallest over the cycles
    high: np.ndarray  # [POINTS, K] largest


@dataclass(frozen=True)
class Gait:
    """Steady walking, or the reference motion for it."""

    stage: ProgramStage
    cycles: int
    cycle_time: float  # s
    joint_position: Band  # [POINTS, J] rad
    joint_velocity: Band  # [POINTS, J] rad/s
    sole_height: Band  # [POINTS, 2] m
    joint_torque: Band | None  # [POINTS, J] N·m; None for the reference


def steady_rows(performance: Performance) -> np.ndarray:
    """Rows of the fastest forward stage, without the first seconds of it."""
    fastest = max(range(len(performance.stages)), key=lambda index: performance.stages[index].forward)
    rows = np.flatnonzero(performance.stage == fastest)
    return rows[round(SETTLING * scale_of(performance.robot).time / performance.control_dt) :]


def measured_gait(performance: Performance) -> Gait | None:
    """The cycles of steady walking; None if the robot fell before it had walked two."""
    rows = steady_rows(performance)
    if rows.size < 2:
        return None
    phase = np.unwrap(performance.gait_phase[rows].astype(float), period=1.0)
    first, last = int(np.ceil(phase[0])), int(np.floor(phase[-1]))
    if last - first < FEWEST_CYCLES:
        return None
    starts = np.arange(first, last)

    def over_cycle(column: np.ndarray) -> Band:
        return _band(phase, column[rows].astype(float), starts)

    return Gait(
        stage=performance.stages[performance.stage[rows[0]]],
        cycles=len(starts),
        cycle_time=performance.control_dt * (len(rows) - 1) / (phase[-1] - phase[0]),
        joint_position=over_cycle(performance.qpos[:, BASE_QPOS_SIZE:]),
        joint_velocity=over_cycle(performance.joint_velocity),
        sole_height=over_cycle(performance.sole_height),
        joint_torque=over_cycle(performance.joint_torque),
    )


def reference_gait(robot: Robot, config: GaitConfig, gait: Gait, control_dt: float) -> Gait | None:
    """The reference motion for the same command and cycle time; None where the robot's legs do not reach so far."""
    try:
        clip = walk(robot, config, gait.stage.command, gait.cycle_time, control_dt)
    except UserError:
        return None
    phase = np.arange(len(clip.qpos) + 1) * clip.cycles / len(clip.qpos)
    soles = sole_motion(robot, clip.qpos, clip.qvel).position_w[..., 2].min(axis=2)

    def over_cycle(column: np.ndarray) -> Band:
        return _band(phase, np.vstack([column, column[:1]]), np.arange(clip.cycles))

    return Gait(
        stage=gait.stage,
        cycles=clip.cycles,
        cycle_time=clip.duration / clip.cycles,
        joint_position=over_cycle(clip.qpos[:, BASE_QPOS_SIZE:]),
        joint_velocity=over_cycle(clip.qvel[:, BASE_QVEL_SIZE:]),
        sole_height=over_cycle(soles),
        joint_torque=None,
    )


def demonstrated_gait(robot: Robot, clips: Sequence[Clip], gait: Gait) -> Gait | None:
    """The demonstration whose command is nearest to the one walked; None where none is near, or it has few cycles."""
    kernel, asked = command_kernel(scale_of(robot)), np.array(gait.stage.command)
    away = [float(np.linalg.norm((clip.command - asked) / kernel)) for clip in clips]
    if not away or min(away) > 1:
        return None
    clip = clips[int(np.argmin(away))]
    phase = np.unwrap(clip.gait_phase, period=1.0)
    first, last = int(np.ceil(phase[0])), int(np.floor(phase[-1]))
    if last - first < FEWEST_CYCLES:
        return None
    soles = sole_motion(robot, clip.qpos, clip.qvel).position_w[..., 2].min(axis=2)
    starts = np.arange(first, last)
    return Gait(
        stage=gait.stage,
        cycles=len(starts),
        cycle_time=(len(phase) - 1) / clip.rate / (phase[-1] - phase[0]),
        joint_position=_band(phase, clip.joint_position, starts),
        joint_velocity=_band(phase, clip.joint_velocity, starts),
        sole_height=_band(phase, soles, starts),
        joint_torque=None,
    )


def spells(flags: np.ndarray, dt: float) -> np.ndarray:
    """Begin and duration [K, 2] in s of the stretches of True in flags [T]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    begin, end = edges[::2], edges[1::2]
    return np.column_stack([begin, end - begin]) * dt


def _band(phase: np.ndarray, columns: np.ndarray, starts: np.ndarray) -> Band:
    """Columns [T, K] at phases [T] that only grow, cut into the cycles that begin at `starts`."""
    grid = np.linspace(0, 1, POINTS)
    cycles = np.stack(
        [np.stack([np.interp(start + grid, phase, column) for column in columns.T], axis=1) for start in starts]
    )
    return Band(cycles.mean(axis=0), cycles.min(axis=0), cycles.max(axis=0))
