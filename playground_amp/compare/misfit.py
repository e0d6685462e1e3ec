"""How badly a robot built in some way fits a log: what is left unexplained, in one figure.

Each part is a mean of log(1 + (r/σ)²) over moments: a few that are far off count little (Cauchy's likelihood), and what
is off by σ counts ln 2. The σ are what healthy robots leave, in WildRobot's measure.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.compare.builds import Build, as_described
from playground_amp.compare.gap import Gap, replay, replay_starts
from playground_amp.compare.measured import Measured
from playground_amp.compare.stance import Stance, Support, body_of, chosen, stance_of, support_of
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

HORIZON = 10  # control steps of a replay
_LOOKED_AT = (2, 4, 9)  # of them
_ROLL, _PITCH = 0.05, 0.01  # rad, of a sole that lies flat; feet roll on their edges
_TURN_ROLL, _TURN = 0.4, 0.15  # rad/s, of WildRobot's soles
_STEP = 0.003  # m, between WildRobot's soles on one floor
_LOAD = 0.04  # of the torque limit, of a leg that hangs
_JOINT_GAP, _TILT_GAP = 0.03, 0.03  # rad after a horizon
_TILT_WEIGHT = 3.0  # the attitude is one number, joints are many
_AT_RANGE_END = 0.04  # rad from the end of a joint's range, where the stop carries too
_FEWEST = 4  # moments that a part needs
_LOST = 1.0  # rad, of a replay that broke down


class Misfit(NamedTuple):
    """What a build leaves unexplained."""

    feet: float  # soles that lie flat on one floor, and rest
    hanging: float  # what the legs of a robot that somebody holds weigh
    joints: float  # their motion over short horizons
    tilt: float  # the base's attitude over short horizons

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


class Witnesses(NamedTuple):
    """The moments of a log that builds are held against."""

    robot: Robot
    motion: Measured
    support: Support
    feet: np.ndarray  # rows, with a sole on the floor or hanging
    starts: np.ndarray  # rows, of replays


def witnesses(robot: Robot, motion: Measured, support: Support, rows: int, replays: int) -> Witnesses:
    """Some of a log's moments, evenly."""
    standing, hanging = np.flatnonzero(support.flat.any(axis=1)), np.flatnonzero(support.hanging)
    feet = np.sort(np.concatenate([_evenly(standing, rows), _evenly(hanging, rows // 3)]))
    return Witnesses(robot, motion, support, feet, _evenly(replay_starts(motion, support, HORIZON, 1), replays))


def misfits(seen: Witnesses, builds: Sequence[Build]) -> list[Misfit]:
    """The misfit of each build."""
    robot, scale = seen.robot, scale_of(seen.robot)
    moments = chosen(seen.motion, seen.feet)
    own = Support(*(part[seen.feet] for part in seen.support))
    gaps: Sequence[Gap | None] = [None] * len(builds)
    if len(seen.starts):
        gaps = replay(robot, seen.motion, seen.support, builds, seen.starts, HORIZON)
    found = []
    for how, gap in zip(builds, gaps, strict=True):
        if not moments.has_switches:  # nobody says which sole lies flat, and when
            found.append(Misfit(0.0, 0.0, *_replayed(gap)))
            continue
        stance = stance_of(robot, moments, own, how)
        hanging = _hanging(robot, stance, own, body_of(robot, moments, how).position)
        found.append(Misfit(_feet(stance, scale), hanging, *_replayed(gap)))
    return found


def described_support(robot: Robot, motion: Measured) -> Support:
    """Who stands on what, by the robot that the hardware file describes."""
    return support_of(robot, motion, as_described(robot.num_joints))


def unexplained_torque(robot: Robot, stance: Stance, position: np.ndarray) -> np.ndarray:
    """Needed less given torque [T, J] N·m; at the end of a joint's range only what the stop cannot have given."""
    missing = stance.needed - stance.given
    missing = np.where(position < robot.joint_lower + _AT_RANGE_END, np.minimum(missing, 0.0), missing)
    return np.where(position > robot.joint_upper - _AT_RANGE_END, np.maximum(missing, 0.0), missing)


def _feet(stance: Stance, scale: Scale) -> float:
    turning = stance.turning / scale.rate
    parts = [
        _mean(stance.tilt[..., 0] / _ROLL),
        _mean(stance.tilt[..., 1] / _PITCH),
        _mean(turning[..., 0] / _TURN_ROLL),
        _mean(turning[..., 1] / _TURN),
        _mean(turning[..., 2] / _TURN),
        _mean(stance.step[:, None] / (_STEP * scale.length)),
    ]
    return float(np.concatenate(parts).sum())


def _hanging(robot: Robot, stance: Stance, support: Support, position: np.ndarray) -> float:
    missing = unexplained_torque(robot, stance, position) / robot.torque_limit
    return float(_mean(np.where(support.hanging[:, None], missing, np.nan) / _LOAD).sum())


def _replayed(gap: Gap | None) -> tuple[float, float]:
    if gap is None or len(gap.start) < _FEWEST:
        return 0.0, 0.0
    joints = np.nan_to_num(gap.joint[:, _LOOKED_AT], nan=_LOST).reshape(-1, gap.joint.shape[-1])
    tilt = np.nan_to_num(gap.tilt[:, _LOOKED_AT], nan=_LOST).reshape(-1, 1)
    return float(_mean(joints / _JOINT_GAP).sum()), _TILT_WEIGHT * float(_mean(tilt / _TILT_GAP).sum())


def _mean(ratio: np.ndarray) -> np.ndarray:
    """Mean of log(1 + r²) over the moments that there are, of each column [T, K]; 0 of columns with too few."""
    known = np.isfinite(ratio)
    count = known.sum(axis=0)
    total = np.where(known, np.log1p(np.square(np.where(known, ratio, 0.0))), 0.0).sum(axis=0)
    return np.where(count >= _FEWEST, total / np.maximum(count, 1), 0.0)


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    """So many of the rows at most, evenly."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)] if len(rows) else rows
