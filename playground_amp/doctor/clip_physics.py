"""Is a clip motion that this robot could make? By figures that recordings from physics pass, impacts and all.

A clip of a gait generator is held to the narrower bounds of `motion/checks.py` by `motion.py check`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.doctor.quotients import state_quotients
from playground_amp.motion.checks import FRICTION, TOUCHING, Limit, accelerations, within
from playground_amp.motion.clip import Clip
from playground_amp.physics.motion_analysis import SoleMotion, inverse_dynamics, sole_motion
from playground_amp.robot.record import Robot

_OVERLOAD = 1.5  # times the servo's torque; impacts, smeared over a control step, look like up to this
_EXAMINED = 100  # frames a clip, in a row, for the inverse dynamics
_POSES = 80  # looked at for an exchange of joints
_BETTER = 0.6  # the feet fit clearly better
_STILL_SPEED, _STILL_WINDOW = 0.3, 0.4  # rad/s of every joint, s: slower for that long is standing

LIMITS = (
    Limit("contact_height", 0.010, "m"),  # p99: how far a carrying foot's lowest point is from the floor
    Limit("below_floor", 0.010, "m"),  # deepest any corner of a sole goes; a soft contact gives 4 mm
    Limit("slip_speed", 0.07, "m/s"),  # median speed of what touches the floor, while the foot carries
    Limit("joint_range_spare", -0.05, "rad", at_least=True),  # the stops are a little soft
    Limit("joint_speed", 10.0, "rad/s"),  # what the servo gives
    Limit("overload", 0.10, ""),  # share of frames in which a joint needs much more torque than the servo has
    Limit("unsupported", 0.15, ""),  # p95 of the share of the weight that no push of the floor could supply
    Limit("joint_mismatch", 0.25, ""),  # positions against stored velocities, over the spread of those
    Limit("base_mismatch", 0.05, "m/s"),
)


class Physics(NamedTuple):
    """What was measured of a clip."""

    clip: Clip
    figures: dict[str, float]
    soles: SoleMotion

    @property
    def failed(self) -> list[Limit]:
        """The figures that are out of bounds."""
        return [limit for limit in LIMITS if not within(limit, self.figures[limit.figure])]


def measure(robot: Robot, clip: Clip) -> Physics:
    """The figures of `LIMITS` for a clip."""
    soles = sole_motion(robot, clip.qpos, clip.qvel)
    joints, height = clip.qpos[:, 7:], soles.position_w[..., 2]
    torque, unsupported = _effort(robot, clip, height)
    quotient, mean = state_quotients(clip.qpos, clip.rate)["forward"][:-1], (clip.qvel[1:] + clip.qvel[:-1]) / 2
    figures = {
        "contact_height": _percentile(np.abs(height.min(axis=2))[clip.contact], 99),
        "below_floor": float(np.maximum(-height, 0).max()),
        "slip_speed": _percentile(touching_speed(soles)[clip.contact], 50),
        "joint_range_spare": float(min((joints - robot.joint_lower).min(), (robot.joint_upper - joints).min())),
        "joint_speed": float(np.abs(clip.qvel[:, 6:]).max()),
        "overload": float(np.mean((np.abs(torque) > _OVERLOAD * robot.torque_limit).any(axis=1))),
        "unsupported": _percentile(unsupported, 95),
        "joint_mismatch": _rms(quotient[:, 6:] - mean[:, 6:]) / max(_rms(mean[:, 6:]), 0.1),
        "base_mismatch": _rms(quotient[:, :3] - mean[:, :3]),
    }
    return Physics(clip, figures, soles)


def touching_speed(soles: SoleMotion) -> np.ndarray:
    """Speed [T, 2] over the floor of the middle of each sole's part that is nearest to it, m/s."""
    height = soles.position_w[..., 2]
    touching = height < height.min(axis=2, keepdims=True) + TOUCHING
    middle = np.sum(soles.velocity_w[..., :2] * touching[..., None], axis=2) / touching.sum(axis=2)[..., None]
    return np.linalg.norm(middle, axis=2)


def still_share(clip: Clip) -> float:
    """Share of the frames that belong to a stretch in which no joint moves."""
    window = max(round(_STILL_WINDOW * clip.rate), 1)
    slow = np.asarray(np.abs(clip.qvel[:, 6:]).max(axis=1) < _STILL_SPEED)
    if len(slow) < window:
        return float(slow.all())
    stretches = np.lib.stride_tricks.sliding_window_view(slow, window).all(axis=1)
    still = np.zeros(len(slow), bool)
    for start in np.flatnonzero(stretches):
        still[start : start + window] = True
    return float(still.mean())


def difference_kind(clip: Clip) -> str:
    """Which difference quotient of the positions the stored joint velocities are; empty: none, they are true ones.

    An engine's velocities differ from every quotient by a tenth of their size or more; a spline's by a hundredth.
    """
    moving = _rms(clip.qvel[:, 6:])
    if moving < 0.05:
        return ""
    for kind, quotient in state_quotients(clip.qpos, clip.rate).items():
        known = np.isfinite(quotient).all(axis=1)
        if _rms(clip.qvel[known, 6:] - quotient[known, 6:]) < 1e-3 * moving:
            return kind
    return ""


def undo_exchange(robot: Robot, clips: Sequence[Clip]) -> str:
    """Names the exchange of two joints, or the reversed sign of one, that would put the feet on the floor again.

    Empty if none makes the feet of these clips fit clearly better than they do. Exchanges that move no foot by more
    than it slips anyway cannot be seen: of the two ankle rolls, or of one with the waist.
    """
    rows = [np.linspace(0, len(clip.qpos) - 1, max(_POSES // len(clips), 2)).astype(int) for clip in clips]
    qpos, qvel, contact = (
        np.concatenate([getattr(clip, name)[row] for clip, row in zip(clips, rows, strict=True)])
        for name in ("qpos", "qvel", "contact")
    )
    names, before = robot.joint_names, _misfit(robot, qpos, qvel, contact)
    best, found = _BETTER * before, ""
    for first in range(len(names)):
        for second in range(first, len(names)):
            order, sign = np.arange(len(names)), np.ones(len(names))
            order[[first, second]] = order[[second, first]]
            sign[first] = -1.0 if first == second else 1.0
            other_qpos, other_qvel = qpos.copy(), qvel.copy()
            other_qpos[:, 7:], other_qvel[:, 6:] = sign * qpos[:, 7:][:, order], sign * qvel[:, 6:][:, order]
            misfit = _misfit(robot, other_qpos, other_qvel, contact)
            if misfit < best:
                best = misfit
                reversed_sign = f"the sign of {names[first]} is reversed"
                found = reversed_sign if first == second else f"{names[first]} and {names[second]} are swapped"
    return found


def _misfit(robot: Robot, qpos: np.ndarray, qvel: np.ndarray, contact: np.ndarray) -> float:
    """How badly carrying feet sit on the floor: heights over 3 mm plus speeds over 0.1 m/s, mean."""
    soles = sole_motion(robot, qpos, qvel)
    height = np.abs(soles.position_w[..., 2].min(axis=2))[contact]
    return float(np.mean(height) / TOUCHING + np.mean(touching_speed(soles)[contact]) / 0.1) if contact.any() else 0.0


def _effort(robot: Robot, clip: Clip, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joint torques [K, 11] in N*m, and the share of the weight [K] that the floor could not supply."""
    rows = slice(0, _EXAMINED)
    effort = inverse_dynamics(
        robot, clip.qpos[rows], clip.qvel[rows], accelerations(clip)[rows], height[rows] < 2 * TOUCHING, FRICTION
    )
    weight = robot.weight
    return effort.torque, np.linalg.norm(effort.unexplained[:, :3], axis=1) / weight


def measure_all(robot: Robot, clips: Sequence[Clip]) -> list[Physics]:
    return [measure(robot, clip) for clip in clips]


def _percentile(values: np.ndarray, share: float) -> float:
    return float(np.percentile(values, share)) if values.size else 0.0


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
