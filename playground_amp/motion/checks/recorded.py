"""The gates for clips that were recorded from physics, impacts and all: is that motion of this robot?"""

from typing import NamedTuple

import numpy as np

from playground_amp.motion.analysis import accelerations
from playground_amp.motion.checks.bounds import Bound
from playground_amp.motion.checks.made import TOUCHING
from playground_amp.motion.clip import Clip
from playground_amp.motion.quotients import state_quotients
from playground_amp.physics.motion_analysis import SoleMotion, inverse_dynamics, sole_motion
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

_OVERLOAD = 1.5  # times the servo's torque; impacts, smeared over a control step, look like up to this
_EXAMINED = 100  # frames a clip, in a row, for the inverse dynamics
_STANDS = 0.1  # rad/s, of WildRobot: joints that are slower on the average stand


class RecordedFigures(NamedTuple):
    """What is measured of a clip."""

    contact_height: float  # m, p99: how far a carrying foot's lowest point is from the floor
    below_floor: float  # m, deepest any corner of a sole goes; a soft contact gives 4 mm
    slip_speed: float  # m/s, median speed of what touches the floor, while the foot carries
    joint_range_spare: float  # rad; the stops are a little soft
    joint_speed: float  # of what its servo reaches, of the fastest joint
    overload: float  # share of frames in which a joint needs much more torque than the servo has
    unsupported: float  # p95 of the share of the weight that no push of the floor could supply
    joint_mismatch: float  # positions against stored velocities, over the spread of those
    base_mismatch: float  # m/s


def bounds(robot: Robot) -> tuple[Bound, ...]:
    """What the figures may be for a robot."""
    scale = scale_of(robot)
    return (
        Bound("contact_height", 0.010 * scale.length, "m"),
        Bound("below_floor", 0.010 * scale.length, "m"),
        Bound("slip_speed", 0.07 * scale.speed, "m/s"),
        Bound("joint_range_spare", -0.05, "rad", at_least=True),
        Bound("joint_speed", 1.0, "of servo"),
        Bound("overload", 0.10, ""),
        Bound("unsupported", 0.15, ""),
        Bound("joint_mismatch", 0.25, ""),
        Bound("base_mismatch", 0.05 * scale.speed, "m/s"),
    )


def figures(robot: Robot, clip: Clip) -> RecordedFigures:
    """The figures of a clip."""
    soles, scale = sole_motion(robot, clip.qpos, clip.qvel), scale_of(robot)
    joints, height = clip.joint_position, soles.position_w[..., 2]
    torque, unsupported = _effort(robot, clip, height)
    mean = (clip.qvel[1:] + clip.qvel[:-1]) / 2
    off = state_quotients(clip.qpos, clip.rate).forward[:-1] - mean
    joint_speed = _rms(mean[:, BASE_QVEL_SIZE:])
    return RecordedFigures(
        contact_height=_percentile(np.abs(height.min(axis=2))[clip.contact], 99),
        below_floor=float(np.maximum(-height, 0).max()),
        slip_speed=_percentile(touching_speed(robot, soles)[clip.contact], 50),
        joint_range_spare=float(min((joints - robot.joint_lower).min(), (robot.joint_upper - joints).min())),
        joint_speed=float((np.abs(clip.joint_velocity) / robot.speed_limit).max()),
        overload=float(np.mean((np.abs(torque) > _OVERLOAD * robot.torque_limit).any(axis=1))),
        unsupported=_percentile(unsupported, 95),
        joint_mismatch=_rms(off[:, BASE_QVEL_SIZE:]) / max(joint_speed, _STANDS * scale.rate),
        base_mismatch=_rms(off[:, :3]),
    )


def touching_speed(robot: Robot, soles: SoleMotion) -> np.ndarray:
    """Speed [T, 2] over the floor of the middle of each sole's part that is nearest to it, m/s."""
    height = soles.position_w[..., 2]
    touching = height < height.min(axis=2, keepdims=True) + TOUCHING * scale_of(robot).length
    middle = np.sum(soles.velocity_w[..., :2] * touching[..., None], axis=2) / touching.sum(axis=2)[..., None]
    return np.linalg.norm(middle, axis=2)


def _effort(robot: Robot, clip: Clip, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joint torques [K, J] in N*m, and the share of the weight [K] that the floor could not supply."""
    rows = slice(0, _EXAMINED)
    touching = height[rows] < 2 * TOUCHING * scale_of(robot).length
    effort = inverse_dynamics(
        robot, clip.qpos[rows], clip.qvel[rows], accelerations(clip)[rows], touching, robot.floor_friction
    )
    return effort.torque, np.linalg.norm(effort.unexplained[:, :3], axis=1) / robot.weight


def _percentile(values: np.ndarray, share: float) -> float:
    return float(np.percentile(values, share)) if values.size else 0.0


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
