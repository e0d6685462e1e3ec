"""The gates for clips that were computed, by a generator or from a person's motion.

All of them judge the stored states through MuJoCo's own kinematics and dynamics, so they know nothing of how a clip
was made. What remains open is whether a robot that falls can follow it: that takes a rollout.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.motion.analysis import accelerations, mean_velocity, stances
from playground_amp.motion.checks.bounds import Bound
from playground_amp.motion.clip import Clip
from playground_amp.physics.motion_analysis import SoleMotion, inverse_dynamics, sole_motion
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.scale import scale_of

TOUCHING = 0.003  # m, of WildRobot; a corner of a sole this close to the floor touches it
_STRAIGHT = 1e-6  # a command whose sideways and yaw parts are smaller is its own mirror image


class MadeFigures(NamedTuple):
    """What is measured of a clip; NaN where a figure has no meaning for it."""

    stance_height: float  # m, farthest that a carrying foot's lowest point is from the floor
    below_floor: float  # m, deepest any corner of a sole goes
    slip: float  # m, longest way that the part which touches slides during a stance
    pivot_excess: float  # rad; how much more a foot turns on the floor in a stance than the body does
    joint_range_spare: float  # rad
    joint_speed: float  # of what its servo reaches, of the fastest joint
    torque_p99: float  # of what its servo gives, of the most loaded joint
    torque_peak: float
    unsupported: float  # p99 of the share of the weight that no push of the floor could supply
    mirror: float  # rad, from the mirror image half a cycle later
    step_mismatch: float  # rad, from frame to frame, the wrap too: positions against stored velocities
    command_error: float  # m/s, rad/s; stored command against what the clip covers


def bounds(robot: Robot) -> tuple[Bound, ...]:
    """What the figures may be for a robot."""
    scale = scale_of(robot)
    return (
        Bound("stance_height", 0.003 * scale.length, "m"),
        Bound("below_floor", 0.003 * scale.length, "m"),
        Bound("slip", 0.005 * scale.length, "m"),
        Bound("pivot_excess", 0.1, "rad"),
        Bound("joint_range_spare", 0.05, "rad", at_least=True),
        Bound("joint_speed", 1.0, "of servo"),
        Bound("torque_p99", 0.75, "of servo"),
        Bound("torque_peak", 1.0, "of servo"),
        Bound("unsupported", 0.1, ""),
        Bound("mirror", 0.02, "rad"),
        Bound("step_mismatch", 0.02, "rad"),
        Bound("command_error", 0.02 * scale.speed, "m/s, rad/s"),
    )


def figures(robot: Robot, clip: Clip, clips: Sequence[Clip]) -> MadeFigures:
    """The figures of a clip; mirror images are looked for among the clips."""
    soles = sole_motion(robot, clip.qpos, clip.qvel)
    height, joints = soles.position_w[..., 2], clip.joint_position
    touches = height < TOUCHING * scale_of(robot).length
    touching = touches & clip.contact[:, :, None]
    effort = inverse_dynamics(robot, clip.qpos, clip.qvel, accelerations(clip), touching, robot.floor_friction)
    torque, unsupported = np.abs(effort.torque) / robot.torque_limit, np.linalg.norm(effort.unexplained[:, :3], axis=1)
    stance_height = np.abs(height.min(axis=2))[clip.contact]
    return MadeFigures(
        stance_height=float(stance_height.max(initial=0)),
        below_floor=float(np.maximum(-height, 0).max()),
        slip=_slip(clip, soles, touches),
        pivot_excess=_pivot_excess(clip, soles),
        joint_range_spare=float(min((joints - robot.joint_lower).min(), (robot.joint_upper - joints).min())),
        joint_speed=float((np.abs(clip.joint_velocity) / robot.speed_limit).max()),
        torque_p99=float(np.percentile(torque, 99, axis=0).max()),
        torque_peak=float(torque.max()),
        unsupported=float(np.percentile(unsupported, 99) / robot.weight),
        mirror=_mirror_distance(robot, clip, clips),
        step_mismatch=_step_mismatch(clip),
        command_error=_command_error(robot, clip),
    )


def _slip(clip: Clip, soles: SoleMotion, touches: np.ndarray) -> float:
    """Longest way that the middle of the corners that touch [T, 2, 4] slides over the floor during a stance, m."""
    count = touches.sum(axis=2)
    middle = np.sum(soles.velocity_w[..., :2] * touches[..., None], axis=2) / np.maximum(count, 1)[..., None]
    speed = np.linalg.norm(middle, axis=2)
    return _longest(clip, speed)


def _pivot_excess(clip: Clip, soles: SoleMotion) -> float:
    """How much further a foot turns on the floor during a stance than the body does, rad."""
    return _longest(clip, np.abs(soles.yaw_rate) - abs(clip.command[2]))


def _longest(clip: Clip, rate: np.ndarray) -> float:
    """Largest integral over a stance of a rate [T, 2]."""
    ways = [rate[frames, foot].sum() / clip.rate for foot in (0, 1) for frames in stances(clip, foot)]
    return float(max(ways, default=0.0))


def _mirror_distance(robot: Robot, clip: Clip, clips: Sequence[Clip]) -> float:
    """Largest distance of a joint from its mirror image half a cycle later, rad; NaN without a mirror image."""
    if not clip.periodic:
        return float("nan")
    wanted = clip.command * (1, -1, -1)
    other = next((each for each in clips if np.abs(each.command - wanted).max() < _STRAIGHT and each.periodic), None)
    if other is None or other.qpos.shape != clip.qpos.shape or other.cycles != clip.cycles:
        return float("nan")
    image = robot.joint_mirror_sign * other.qpos[:, BASE_QPOS_SIZE + robot.joint_mirror_index]
    half_cycle = len(clip.qpos) / (2 * max(clip.cycles, 1))
    return float(np.abs(clip.joint_position - _shifted(image, half_cycle)).max())


def _shifted(rows: np.ndarray, frames: float) -> np.ndarray:
    """Periodic rows [T, n] as they are `frames` later, through their Fourier series."""
    turns = np.fft.rfftfreq(len(rows)) * frames
    return np.fft.irfft(np.fft.rfft(rows, axis=0) * np.exp(2j * np.pi * turns)[:, None], len(rows), axis=0)


def _step_mismatch(clip: Clip) -> float:
    """Largest difference between a joint's step to the next frame and its velocity over that time, rad."""
    position, velocity = clip.joint_position, clip.joint_velocity
    if clip.periodic:
        position, velocity = (np.vstack([rows, rows[:1]]) for rows in (position, velocity))
    return float(np.abs(np.diff(position, axis=0) - (velocity[1:] + velocity[:-1]) / (2 * clip.rate)).max())


def _command_error(robot: Robot, clip: Clip) -> float:
    """Between the stored command and the mean velocity of the base in its heading frame, m/s and rad/s.

    A rate counts as the speed that it is for a robot of that size.
    """
    speed = scale_of(robot).speed / scale_of(robot).rate
    return float((np.abs(mean_velocity(clip.qpos, clip.qvel) - clip.command) * (1.0, 1.0, speed)).max())
