"""What a policy makes of the clips that it follows: figures, joint by joint, and the demonstrations that come of it.

Each clip is followed several times from other moments of it, by the deterministic policy, on the nominal floor, never
pushed. All of these count for the verdict; the first is what is kept.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.motion.analysis import mean_velocity
from playground_amp.motion.clip import Clip
from playground_amp.record.following import FollowingEnv
from playground_amp.record.recorder import States, TakenRows, recorded_clip, take_figures, taken_row
from playground_amp.record.track import Track, velocity_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of, times
from playground_amp.rollouts.criteria import IS_FOLLOWED, Criterion
from playground_amp.rollouts.rollout import UntilFall, policy_controller, roll_out
from playground_amp.untyped import Params

# WildRobot's; another robot's are scaled.
SETTLE_SECONDS, JUDGED_SECONDS, KEPT_SECONDS, PIECE_SECONDS = 3.0, 60.0, 12.0, 2.0
SWAY = np.array([0.02, 0.02, 0.05])  # m/s, m/s, rad/s: a clip that goes slower than this does not go that way
COPIES = 4  # of each clip
_AT_ONCE = 32  # clips


class FollowedFigures(NamedTuple):
    """How a clip was followed; over all copies, the first seconds of a clip that goes round apart."""

    fell: float  # share of the copies
    joint_error: float  # rad, mean distance of the joints from the clip's at the same moment
    speed_error: float  # m/s, between the mean velocities of policy and clip
    joint_speed: float  # rad/s, the fastest joint of what is kept
    torque_rms: float  # N·m, over all joints
    power: float  # W


class FollowedClip(NamedTuple):
    """A clip, how it was followed, the criteria that are not met, and the demonstrations that it gave."""

    clip: Clip
    asked: np.ndarray  # [3] forward, sideways m/s, yaw rate rad/s: the clip's mean velocity
    reached: np.ndarray  # [3], the policy's
    joint_errors: np.ndarray  # [J] rad, mean distance of each joint
    figures: FollowedFigures
    failed: tuple[Criterion, ...]
    demonstrations: tuple[Clip, ...]


class Followings(NamedTuple):
    """A robot's control steps [T] as it follows a clip."""

    qpos: np.ndarray
    qvel: np.ndarray
    gait_phase: np.ndarray
    foot_switch: np.ndarray
    joint_torque: np.ndarray
    joint_offset: np.ndarray  # [T, J] rad, from the clip's
    terminated: np.ndarray


class _Rows(NamedTuple):
    """What is kept of a control step: as `Followings`."""

    taken: TakenRows
    joint_offset: jax.Array


def follow(
    config: Config,
    params: Params,
    track: Track,
    clips: Sequence[Clip],
    seed: int,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> list[FollowedClip]:
    """What a policy makes of each of the clips that `track` was made of.

    `report_progress` is told the share of the work that is done, and what comes next.
    """
    robot = load_robot(config.robot, config.env.terrain)
    settle, judged = (_frames(robot, config, seconds) for seconds in (SETTLE_SECONDS, JUDGED_SECONDS))
    longest = max((len(clip.qpos) for clip in clips if not clip.periodic), default=0)
    around = settle + judged if any(clip.periodic for clip in clips) else 0
    steps = max(longest, around)
    judging = changed(config, {"env.episode_length": steps + 1})
    move = UntilFall(FollowingEnv(judging, track, may_stray=True))
    controller = policy_controller(make_policy(config.trainer, robot), dict(params))
    start = jax.jit(jax.vmap(move.env.reset_on))  # pyright: ignore[reportAttributeAccessIssue]
    followed = []
    for begin in range(0, len(clips), _AT_ONCE):
        some = clips[begin : begin + _AT_ONCE]
        report_progress(begin / len(clips), f"clips {begin + 1} to {begin + len(some)} of {len(clips)}")
        moments = np.concatenate([_moments(track, begin + index, clip) for index, clip in enumerate(some)])
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), begin), len(moments))
        rows = roll_out(move, controller, start(keys, jnp.asarray(moments)), steps, _row)
        for index, clip in enumerate(some):
            columns = {**rows.taken._asdict(), "joint_offset": rows.joint_offset}
            robots = range(index * COPIES, (index + 1) * COPIES)
            copies = [Followings(**{name: np.asarray(x[:, at]) for name, x in columns.items()}) for at in robots]
            followed.append(followed_clip(robot, config, clip, copies, settle))
    return followed


def criteria(robot: Robot) -> list[Criterion]:
    """What a clip of a robot has to meet as it was followed."""
    return [criterion.scaled_for(robot) for criterion in IS_FOLLOWED]


def _moments(track: Track, number: int, clip: Clip) -> np.ndarray:
    """Where the copies of a clip begin: all around one that goes round, at the beginning of another."""
    first, length = int(track.first[number]), len(clip.qpos)
    return first + (np.arange(COPIES) * length // COPIES if clip.periodic else np.zeros(COPIES, int))


def _row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> _Rows:
    assert isinstance(env, FollowingEnv)
    due = env.due(reached.followed)
    return _Rows(taken_row(env, before, reached), reached.readings.joint_position - due.joint_position)


def followed_clip(robot: Robot, config: Config, clip: Clip, copies: Sequence[Followings], settle: int) -> FollowedClip:
    lasted = [_judged(clip, copy, settle) for copy in copies]
    fell = [bool(np.any(copy.terminated)) for copy in lasted]
    figures = [
        take_figures(robot, copy.qpos, copy.qvel, copy.joint_torque, clip.command, fell=down)
        for copy, down in zip(lasted, fell, strict=True)
    ]
    errors = np.mean([np.abs(copy.joint_offset).mean(axis=0) for copy in lasted], axis=0)
    reached = np.mean([mean_velocity(copy.qpos, copy.qvel) for copy in lasted], axis=0)
    asked = np.mean(velocity_of(clip), axis=0)
    kept = _kept(robot, config, clip, lasted[0])
    fastest = max((float(np.abs(each.joint_velocity).max()) for each in kept), default=np.inf)
    found = FollowedFigures(
        fell=float(np.mean(fell)),
        joint_error=float(errors.mean()),
        speed_error=float(np.hypot(*(reached - asked)[:2])),
        joint_speed=fastest,
        torque_rms=float(np.mean([each.torque_rms for each in figures])),
        power=float(np.mean([each.power for each in figures])),
    )
    failed = tuple(each for each in criteria(robot) if not each.holds(getattr(found, each.figure)))
    return FollowedClip(clip, asked, reached, errors, found, failed, tuple(kept) if not failed else ())


def _judged(clip: Clip, rows: Followings, settle: int) -> Followings:
    """The rows after the first ones of a clip that goes round, all up to the end of another; or to the fall.

    Two at least, so that there is something to judge.
    """
    end = len(rows.qpos) if clip.periodic else min(len(rows.qpos), max(len(clip.qpos) - 1, 2))
    down = np.flatnonzero(rows.terminated[:end])
    end = max(int(down[0]) + 1, 2) if len(down) else end
    begin = min(settle, end - 2) if clip.periodic else 0
    return Followings(*(column[begin:end] for column in rows))


def _kept(robot: Robot, config: Config, clip: Clip, rows: Followings) -> list[Clip]:
    """The demonstrations of a copy: one of a clip that goes round; else pieces, for each has one command."""
    if clip.periodic:
        return [_demonstration(robot, config, rows, clip.command, slice(0, _frames(robot, config, KEPT_SECONDS)))]
    asked = velocity_of(clip)
    count = max(1, round(len(rows.qpos) / _frames(robot, config, PIECE_SECONDS)))
    ends = np.linspace(0, len(rows.qpos), count + 1).astype(int)
    pieces = [slice(begin, end) for begin, end in pairwise(ends) if end - begin > 1]
    return [_demonstration(robot, config, rows, asked[piece].mean(axis=0), piece) for piece in pieces]


def _demonstration(robot: Robot, config: Config, rows: Followings, asked: np.ndarray, part: slice) -> Clip:
    qpos, qvel = rows.qpos[part], rows.qvel[part]
    scale = scale_of(robot)
    sway = SWAY * (scale.speed, scale.speed, scale.rate)
    label = np.where(np.abs(asked) < sway, 0.0, np.round(mean_velocity(qpos, qvel), 3))
    states = States(qpos, qvel, rows.gait_phase[part], rows.foot_switch[part])
    return recorded_clip(robot, config.env.control_dt, label, states)


def _frames(robot: Robot, config: Config, seconds: float) -> int:
    return round(times(seconds, scale_of(robot).time) / config.env.control_dt)
