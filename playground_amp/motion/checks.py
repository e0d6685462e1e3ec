"""Can this robot do that? The gates a clip passes before anybody learns from it.

All of them judge the stored states through MuJoCo's own kinematics and dynamics, so they know nothing of how a clip
was made. What remains open is whether a robot that falls can follow it: that takes a rollout.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.motion.clip import Clip
from playground_amp.physics.motion_analysis import SoleMotion, inverse_dynamics, sole_motion
from playground_amp.robot.record import Robot

TOUCHING = 0.003  # m; a corner of a sole this close to the floor touches it
FRICTION = 0.8  # of the floor, as in the scene
_STRAIGHT = 1e-6  # a command whose sideways and yaw parts are smaller is its own mirror image


class Limit(NamedTuple):
    """A figure of a clip and its bound."""

    figure: str
    limit: float
    unit: str
    at_least: bool = False


LIMITS = (
    Limit("stance_height", 0.003, "m"),  # farthest that a carrying foot's lowest point is from the floor
    Limit("below_floor", 0.003, "m"),  # deepest any corner of a sole goes
    Limit("slip", 0.005, "m"),  # longest way that the part which touches slides during a stance
    Limit("pivot_excess", 0.1, "rad"),  # how much more a foot turns on the floor in a stance than the body does
    Limit("joint_range_spare", 0.05, "rad", at_least=True),
    Limit("joint_speed", 10.0, "rad/s"),  # what the servo gives
    Limit("torque_p99", 3.0, "N*m"),  # of the most loaded joint
    Limit("torque_peak", 4.0, "N*m"),  # what the servo gives
    Limit("unsupported", 0.1, ""),  # p99 of the share of the weight that no push of the floor could supply
    Limit("mirror", 0.02, "rad"),  # from the mirror image half a cycle later
    Limit("step_mismatch", 0.02, "rad"),  # from frame to frame, the wrap too: positions against stored velocities
    Limit("command_error", 0.02, "m/s, rad/s"),  # stored command against what the clip covers
)


class ClipFigures(NamedTuple):
    """What was measured; NaN where a figure has no meaning for the clip."""

    clip: Clip
    figures: dict[str, float]

    @property
    def failed(self) -> list[str]:
        """Names of the figures that are out of bounds."""
        return [limit.figure for limit in LIMITS if not within(limit, self.figures[limit.figure])]


def within(limit: Limit, value: float) -> bool:
    """Whether a figure is in bounds; what could not be measured is not held against a clip."""
    return bool(np.isnan(value) or (value >= limit.limit if limit.at_least else value <= limit.limit))


def check_clips(robot: Robot, clips: Sequence[Clip]) -> list[ClipFigures]:
    """The figures of each clip; mirror images are looked for among the clips."""
    return [ClipFigures(clip, _figures(robot, clip, clips)) for clip in clips]


def accelerations(clip: Clip) -> np.ndarray:
    """qacc [T, 17] by central differences of the velocities, across the wrap of a periodic clip."""
    if not clip.periodic:
        return np.gradient(clip.qvel, 1 / clip.rate, axis=0)
    _, after = clip.following
    before = clip.qvel[-1].copy()
    before[:2] = rotations.to_heading_frame(before[:2], clip.displacement[2])
    extended = np.vstack([before, clip.qvel, after])
    return (extended[2:] - extended[:-2]) * clip.rate / 2


def _figures(robot: Robot, clip: Clip, clips: Sequence[Clip]) -> dict[str, float]:
    soles = sole_motion(robot, clip.qpos, clip.qvel)
    height = soles.position_w[..., 2]
    joints = clip.qpos[:, 7:]
    touching = (height < TOUCHING) & clip.contact[:, :, None]
    effort = inverse_dynamics(robot, clip.qpos, clip.qvel, accelerations(clip), touching, FRICTION)
    weight = robot.weight
    stance_height = np.abs(height.min(axis=2))[clip.contact]
    return {
        "stance_height": float(stance_height.max(initial=0)),
        "below_floor": float(np.maximum(-height, 0).max()),
        "slip": _slip(clip, soles),
        "pivot_excess": _pivot_excess(clip, soles),
        "joint_range_spare": float(min((joints - robot.joint_lower).min(), (robot.joint_upper - joints).min())),
        "joint_speed": float(np.abs(clip.qvel[:, 6:]).max()),
        "torque_p99": float(np.percentile(np.abs(effort.torque), 99, axis=0).max()),
        "torque_peak": float(np.abs(effort.torque).max()),
        "unsupported": float(np.percentile(np.linalg.norm(effort.unexplained[:, :3], axis=1), 99) / weight),
        "mirror": _mirror_distance(robot, clip, clips),
        "step_mismatch": _step_mismatch(clip),
        "command_error": _command_error(clip),
    }


def stances(clip: Clip, foot: int) -> list[np.ndarray]:
    """Frames of each stance of a foot (0 left, 1 right), in order; one across the wrap is whole."""
    contact = clip.contact[:, foot]
    frames = np.arange(len(contact))
    if contact.all() or not contact.any():
        return [frames] if contact.all() else []
    shift = int(np.argmin(contact)) if clip.periodic else 0
    rolled = np.roll(contact, -shift)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rolled, [False]]).astype(int)))
    return [np.roll(frames, -shift)[begin:end] for begin, end in edges.reshape(-1, 2)]


def _slip(clip: Clip, soles: SoleMotion) -> float:
    """Longest way that the middle of what touches slides over the floor during a stance, m."""
    touching = soles.position_w[..., 2] < TOUCHING
    count = touching.sum(axis=2)
    middle = np.sum(soles.velocity_w[..., :2] * touching[..., None], axis=2) / np.maximum(count, 1)[..., None]
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
    image = robot.joint_mirror_sign * other.qpos[:, 7 + robot.joint_mirror_index]
    half_cycle = len(clip.qpos) / (2 * max(clip.cycles, 1))
    return float(np.abs(clip.qpos[:, 7:] - _shifted(image, half_cycle)).max())


def _shifted(rows: np.ndarray, frames: float) -> np.ndarray:
    """Periodic rows [T, n] as they are `frames` later, through their Fourier series."""
    turns = np.fft.rfftfreq(len(rows)) * frames
    return np.fft.irfft(np.fft.rfft(rows, axis=0) * np.exp(2j * np.pi * turns)[:, None], len(rows), axis=0)


def _step_mismatch(clip: Clip) -> float:
    """Largest difference between a joint's step to the next frame and its velocity over that time, rad."""
    qpos, qvel = clip.qpos[:, 7:], clip.qvel[:, 6:]
    if clip.periodic:
        qpos, qvel = np.vstack([qpos, qpos[:1]]), np.vstack([qvel, qvel[:1]])
    return float(np.abs(np.diff(qpos, axis=0) - (qvel[1:] + qvel[:-1]) / (2 * clip.rate)).max())


def _command_error(clip: Clip) -> float:
    """Between the stored command and the mean velocity of the base in its heading frame, m/s and rad/s."""
    return float(np.abs(mean_velocity(clip.qpos, clip.qvel) - clip.command).max())


def mean_velocity(qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
    """Mean velocity over the floor in the heading frame: forward m/s, sideways m/s, yaw rate rad/s [3]."""
    attitude = qpos[:, 3:7]
    forward, sideways = rotations.to_heading_frame(qvel[:, :2], rotations.heading_of(attitude)).T
    yaw_rate = rotations.rotate(qvel[:, 3:6], attitude)[:, 2]
    return np.array([forward.mean(), sideways.mean(), yaw_rate.mean()])
