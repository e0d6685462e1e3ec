"""The task that recorded clips show: its commands, its gait clock and its posture are theirs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.motion.clip import Clip
from playground_amp.record.followed import FollowedClip
from playground_amp.record.track import make_track
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

_SLOWER = 0.025  # m/s of WildRobot that it is asked for below the slowest clip, lest that be the edge of standing
_DRIFT = 0.05  # m/s of WildRobot: a walk that goes no faster to a side does not mean to
_STRAIGHT_TURNS = (-0.3, 0.3)  # rad by which the heading to hold changes where nothing else turns
_WIDER = 0.02  # of the cycle times, so that the slowest and the fastest are within
_LEAST_DOUBLE_SUPPORT, _LEAST_SWING = 0.02, 0.01  # of a cycle; m of WildRobot
_SHARE_OF_HEIGHT = 0.45  # of the waist's, that a swing may rise to


def task_of(robot: Robot, config: Config, followed: Sequence[FollowedClip], folder: Path) -> Config:
    """The configuration with commands, gait clock and posture of what was followed, and its demonstrations' folder."""
    recorded = [each for each in followed if each.demonstrations]
    labels = np.array([clip.command for each in recorded for clip in each.demonstrations])
    if np.abs(labels[:, 1]).max() < _DRIFT * scale_of(robot).speed:
        labels[:, 1] = 0.0
    changes: dict[str, object] = {"amp.demonstrations": str(folder.resolve())}
    for name, low, high in zip(
        ("forward", "sideways", "yaw_rate"), labels.min(axis=0), labels.max(axis=0), strict=True
    ):
        slowest = max(low - _SLOWER * scale_of(robot).speed, 0.0) if name == "forward" and low > 0 else low
        changes[f"env.commands.{name}"] = [round(float(slowest), 3), round(float(high), 3)]
    if not (np.abs(labels) > 0).any(axis=1).all():
        changes["env.commands.standing_share"] = max(config.env.commands.standing_share, 0.05)
    if not labels[:, 1:].any():  # straight ahead: somebody has to watch the heading, which cannot be sensed
        changes |= {"env.commands.heading_share": 1.0, "env.commands.heading_change": list(_STRAIGHT_TURNS)}
    walks = [each.clip for each in recorded if each.clip.periodic and each.clip.cycles]
    if walks:
        changes |= gait_of(robot, config, walks)
    return changed(config, changes, "the task that the clips show")


def gait_of(robot: Robot, config: Config, walks: Sequence[Clip]) -> dict[str, object]:
    """Keys and values of `env` that give periodic clips' own gait: cycle by speed, double support, heights."""
    track = make_track(robot, walks, config.env.control_dt)
    speed = np.array([np.hypot(*clip.command[:2]) for clip in walks])
    cycle = np.array([clip.cycle_time for clip in walks])
    slope, at_rest = 0.0, float(cycle.mean())
    if np.ptp(speed) > 0:
        shortening = -np.polyfit(speed, cycle, 1)[0]
        slope = max(float(shortening), 0.0)
        at_rest = float(cycle.mean() + slope * speed.mean())
    both = np.mean([clip.double_support for clip in walks])
    qpos, feet = np.asarray(track.qpos), np.asarray(track.feet_h)
    height = float(qpos[:, 2].mean())
    rise = float(np.percentile(feet[:, :, 2] + qpos[:, 2:3], 99))
    spacing = float(np.percentile(feet[:, 0, 1] - feet[:, 1, 1], 5))
    least = _LEAST_SWING * scale_of(robot).length
    return {
        "env.gait.cycle_time": [round(float(x), 4) for x in (cycle.min() * (1 - _WIDER), cycle.max() * (1 + _WIDER))],
        "env.gait.cycle_time_at_rest": round(at_rest, 4),
        "env.gait.cycle_time_slope": round(slope, 4),
        "env.gait.double_support": round(float(np.clip(both, _LEAST_DOUBLE_SUPPORT, 0.45)), 4),
        "env.gait.swing_height": round(float(np.clip(rise, least, _SHARE_OF_HEIGHT * height)), 4),
        "env.target_height": round(height, 4),
        "env.foot_spacing": round(float(np.clip(spacing, 0.01 * height, config.env.foot_spacing)), 4),
    }
