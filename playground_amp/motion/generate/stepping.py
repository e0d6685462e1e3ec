"""Flat-footed stepping for any legs: what a robot starts from, and is paid for following, before it can walk.

Feet go as the gait clock says, the base stays level and sways like an inverted pendulum over them, the legs do what
they can (`nearest` in leg.py), arms that act swing. There is no dynamics in it: that is what the policy is for. Where
a command's steps are beyond the legs' reach or their servos' speed, the base goes down or up a little, then the steps
get lower and shorter.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from playground_amp.configs.schema import EnvConfig
from playground_amp.envs import gait as clock
from playground_amp.envs.commands import hold
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.arms import with_swinging_arms
from playground_amp.motion.generate.balance import PENDULUM_HEIGHT, pendulum_sway
from playground_amp.motion.generate.footsteps import place_feet
from playground_amp.motion.generate.gait import GaitStyle, Walk, as_clip, whole_frames
from playground_amp.motion.generate.steps import make_foot, weight_share
from playground_amp.motion.generate.table import commands_of, make_table
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

SOURCE = "stepping generator"
STEPS = (0.2, 0.2, 0.8)  # forward, sideways m/s, yaw rate rad/s; at most, from one command of WildRobot to the next
_PHASES = 32  # at which the inverse kinematics is solved
_LOWER = 0.01  # m of WildRobot
_PLACED = 0.002  # of the leg's length: how far off its place a sole may be
_SPEED = 0.9  # of the servos'
_SPARE = 0.02  # rad, to the ends of the joints' ranges
_BENT = 0.15  # of the way from home to the middle of its range a joint begins: a straight knee would not know its way


class _Attempt(NamedTuple):
    """What is tried for a command; the next one where legs do not reach or servos cannot follow."""

    share: float = 1.0  # of the command's velocity
    lower: int = (
        1  # times `_LOWER` the base is lower than at home: legs have to stretch; less, where knees are at an end
    )
    swing: float = 1.0  # of the height that feet are to swing
    pitch: float = 0.1  # rad, of the soles at most


def _attempts() -> Iterator[_Attempt]:
    """From what is asked to less and less of it."""
    yield from (_Attempt(lower=lower) for lower in (1, 0, 2, -1, 3, -2))
    for share in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0):
        yield from (_Attempt(share, lower, 0.7) for lower in (1, -1, 3))
    yield from (_Attempt(0.0, lower, 0.4, pitch=2.0) for lower in (1, -1, 3))


def generated_clips(
    robot: Robot,
    config: EnvConfig,
    say: Callable[[str], None],
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> list[Clip]:
    """The gaits of table.py; for legs of another kind than those are made for, which is said, steps."""
    try:
        return make_table(robot, config, report_progress=report_progress)
    except UserError as error:
        say(f"{error}: flat-footed stepping instead")
        return stepping_clips(robot, config)


def stepping_clips(robot: Robot, config: EnvConfig) -> list[Clip]:
    """Steps for a grid of everything that the task commands, as periodic clips; stepping on the spot is one of them.

    A clip bears the command that it is for; where the legs cannot do it, its steps are shorter.

    Raises:
      UserError: legs that do not reach the floor even on the spot.
    """
    commands = commands_of(config.commands, scale_of(robot), STEPS)
    whole = {each: whole_frames(_cycle_time(config, each), config.control_dt) for each in commands}
    walks: dict[tuple[float, float, float], Walk] = {}
    for attempt in _attempts():
        left = [each for each in commands if each not in walks]
        if not left:
            break
        velocity = attempt.share * np.array(left)
        period = np.array([whole[each][1] * config.control_dt / whole[each][0] for each in left])
        pose, does = _solved(robot, config, velocity, period, attempt)
        for index in np.flatnonzero(does):
            walks[left[index]] = Walk(left[index], velocity[index], pose[index], *whole[left[index]])
    if len(walks) < len(commands):
        raise UserError(
            f"{robot.name}: stepping cannot be made: with the base a little lower or higher than at home the soles do "
            "not reach the places that they have there, within the joints' ranges, or the servos are too slow for the "
            "gait clock (env.gait)"
        )
    return [as_clip(robot, config.gait, walks[each], config.control_dt, SOURCE) for each in commands]


def _cycle_time(config: EnvConfig, command: tuple[float, float, float]) -> float:
    return float(clock.cycle_time(config.gait, hold(*command)))


def _solved(
    robot: Robot, config: EnvConfig, velocity: np.ndarray, period: np.ndarray, attempt: _Attempt
) -> tuple[np.ndarray, np.ndarray]:
    """Poses over a cycle [N, P, 6 + J] at velocities [N, 3] in cycles of [N] s, and which of them [N] can be done."""
    body, feet = _body_and_feet(robot, config, velocity, period, attempt)
    base, sole = body.reshape(-1, BASE_QVEL_SIZE), feet.reshape(-1, 2, 3)
    joints, does = np.tile(robot.home_joint_position, (len(sole), 1)), np.ones(len(sole), bool)
    up, left = (np.broadcast_to(each, (len(sole), 3)) for each in ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0)))
    for side, chain in enumerate(robot.legs):
        ranges = np.column_stack([robot.joint_lower + _SPARE, robot.joint_upper - _SPARE])[chain.joints]
        home = robot.home_joint_position[chain.joints]
        start = np.tile(home + _BENT * (ranges.mean(axis=1) - home), (len(sole), 1))
        target = legs.FootTarget(sole[:, side] - base[:, :3], np.zeros(len(sole)), up, left)
        joints[:, chain.joints], off = legs.nearest(chain, target, start, ranges, robot.leg_length)
        placed = np.linalg.norm(off[:, :3], axis=1) < _PLACED * robot.leg_length
        does &= placed & (np.abs(off[:, 3]) < attempt.pitch)
    joints, does = joints.reshape(len(period), _PHASES, -1), does.reshape(len(period), _PHASES)
    phase = np.arange(_PHASES) / _PHASES
    for index in np.flatnonzero(does.all(axis=1)):
        joints[index] = with_swinging_arms(robot, joints[index], phase, velocity[index], period[index])
    speed = np.abs(np.roll(joints, -1, axis=1) - joints) * _PHASES / period[:, None, None]
    does = does.all(axis=1) & np.all(speed < _SPEED * robot.speed_limit, axis=(1, 2))
    return np.concatenate([body, joints], axis=2), np.asarray(does)


def _body_and_feet(
    robot: Robot, config: EnvConfig, velocity: np.ndarray, period: np.ndarray, attempt: _Attempt
) -> tuple[np.ndarray, np.ndarray]:
    """The base [N, P, 6] (x, y, z, roll, yaw, pitch) and the soles' centers [N, P, 2, 3] m in the moving frame."""
    scale, phase = scale_of(robot), np.arange(_PHASES) / _PHASES
    home = np.array([_home_sole(robot, side) for side in (0, 1)])
    style = replace(
        GaitStyle().scaled(scale).steps,
        half_width=float(np.ptp(home[:, 1]) / 2),
        ahead=float(home[:, 0].mean()),
        swing=attempt.swing,
        evenness=1.0,  # of the ways from spot to spot the one that needs the least speed
    )
    share, height = weight_share(phase, config.gait), PENDULUM_HEIGHT * scale.length
    body, feet = np.zeros((len(period), _PHASES, BASE_QVEL_SIZE)), np.empty((len(period), _PHASES, 2, 3))
    body[:, :, 2] = -home[:, 2].mean() - attempt.lower * _LOWER * scale.length
    for index, seconds in enumerate(period.tolist()):
        left, right = (
            make_foot(config.gait, style, sole, velocity[index], seconds, side)
            for sole, side in zip(robot.soles, (1, -1), strict=True)
        )
        found = place_feet(left, right, phase, np.zeros((_PHASES, 2)), share)
        sway = pendulum_sway(found.pressure, seconds, height, robot.gravity)
        body[index, :, :2], feet[index] = sway - sway.mean(axis=0), found.sole
    return body, feet


def _home_sole(robot: Robot, side: int) -> np.ndarray:
    """The sole's center [3] m in the base frame, at home."""
    chain = robot.legs[side]
    return legs.forward(chain, robot.home_joint_position[chain.joints][None]).sole[0]
