"""Faults of clips that no bound shows: standing instead of walking, differences for velocities, swapped joints."""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np

from playground_amp.motion.checks.made import TOUCHING
from playground_amp.motion.checks.recorded import touching_speed
from playground_amp.motion.clip import Clip
from playground_amp.motion.quotients import state_quotients
from playground_amp.physics.motion_analysis import sole_motion
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import Scale, scale_of

_POSES = 80  # looked at for an exchange of joints
_BETTER = 0.6  # the feet fit clearly better
_STILL_SPEED, _STILL_WINDOW = 0.3, 0.4  # rad/s of every joint, s, of WildRobot: slower for that long is standing
_MOVING = 0.05  # rad/s, of WildRobot
_SLIDING = 0.1  # m/s, of WildRobot


def still_share(clip: Clip, scale: Scale) -> float:
    """Share of the frames that belong to a stretch in which no joint moves."""
    window = max(round(_STILL_WINDOW * scale.time * clip.rate), 1)
    slow = np.asarray(np.abs(clip.joint_velocity).max(axis=1) < _STILL_SPEED * scale.rate)
    if len(slow) < window:
        return float(slow.all())
    stretches = np.lib.stride_tricks.sliding_window_view(slow, window).all(axis=1)
    still = np.zeros(len(slow), bool)
    for start in np.flatnonzero(stretches):
        still[start : start + window] = True
    return float(still.mean())


def difference_kind(clip: Clip, scale: Scale) -> str:
    """Which difference quotient of the positions the stored joint velocities are; empty: none, they are true ones.

    An engine's velocities differ from every quotient by a tenth of their size or more; a spline's by a hundredth.
    """
    moving = _rms(clip.joint_velocity)
    if moving < _MOVING * scale.rate:
        return ""
    for kind, quotient in state_quotients(clip.qpos, clip.rate)._asdict().items():
        known = np.isfinite(quotient).all(axis=1)
        if _rms(clip.joint_velocity[known] - quotient[known, BASE_QVEL_SIZE:]) < 1e-3 * moving:
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
    names, best, found = robot.joint_names, _BETTER * _misfit(robot, qpos, qvel, contact), ""
    for first, second in combinations_with_replacement(range(len(names)), 2):
        order, sign = np.arange(len(names)), np.ones(len(names))
        order[[first, second]] = order[[second, first]]
        sign[first] = -1.0 if first == second else 1.0
        other_qpos, other_qvel = (
            np.hstack([rows[:, :base], sign * rows[:, base:][:, order]])
            for rows, base in ((qpos, BASE_QPOS_SIZE), (qvel, BASE_QVEL_SIZE))
        )
        misfit = _misfit(robot, other_qpos, other_qvel, contact)
        if misfit < best:
            best = misfit
            reversed_sign = f"the sign of {names[first]} is reversed"
            found = reversed_sign if first == second else f"{names[first]} and {names[second]} are swapped"
    return found


def _misfit(robot: Robot, qpos: np.ndarray, qvel: np.ndarray, contact: np.ndarray) -> float:
    """How badly carrying feet sit on the floor: heights over 3 mm plus speeds over 0.1 m/s, for WildRobot, mean."""
    if not contact.any():
        return 0.0
    soles, scale = sole_motion(robot, qpos, qvel), scale_of(robot)
    height, speed = np.abs(soles.position_w[..., 2].min(axis=2))[contact], touching_speed(robot, soles)[contact]
    return float(np.mean(height) / (TOUCHING * scale.length) + np.mean(speed) / (_SLIDING * scale.speed))


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
