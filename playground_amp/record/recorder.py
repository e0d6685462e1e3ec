"""Demonstrations from a policy: what physics allowed it to do, without help, as clips that pass gates of their own.

The states are those of the training engine at the control rate. A clip is labeled with the velocity that was reached,
whatever was asked for, so more is asked than the task commands. The first seconds, until the gait is steady, are left
out.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import Config
from playground_amp.configs.walking import CommandConfig
from playground_amp.envs import commands as task_commands
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.motion.analysis import mean_velocity
from playground_amp.motion.clip import RECORDED, Clip
from playground_amp.motion.generate.gait import clip_name
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import Scale, scale_of, times
from playground_amp.rollouts.criteria import IS_DEMONSTRATION, Criterion
from playground_amp.rollouts.effort import joint_torques, mean_power, rms, servo_weights
from playground_amp.rollouts.rollout import Controller, UntilFall, policy_controller, roll_out
from playground_amp.untyped import Params

# WildRobot's; another robot's are scaled.
SETTLE_SECONDS, CLIP_SECONDS = 3.0, 4.0
SPEED_STEP = 0.05  # m/s between the straight commands
BEYOND = 1.4  # times the task's ranges are asked for


class TakeFigures(NamedTuple):
    """How a recorded clip fared. Where servos differ, joints count as in `EpisodeFigures`."""

    fell: float  # 1: it did
    unsteady: float  # m/s, rad/s; between the mean velocities of its first and second half
    speed_error: float  # m/s
    joint_speed: float  # rad/s, the fastest joint
    torque_p99: float  # N·m, the joint with the largest
    torque_rms: float  # N·m, over all joints
    power: float  # W


class States(NamedTuple):
    """What a demonstration is made of, T control steps in a row."""

    qpos: np.ndarray  # [T, 7 + J]
    qvel: np.ndarray  # [T, 6 + J]
    gait_phase: np.ndarray  # [T]
    foot_switch: np.ndarray  # [T, 4] bool


class Take(NamedTuple):
    """A recorded clip, how it fared, and the criteria that are not met."""

    clip: Clip
    figures: TakeFigures
    failed: tuple[Criterion, ...]


class TakenRows(NamedTuple):
    """What is kept of every robot [K] and control step [T]."""

    qpos: jax.Array
    qvel: jax.Array
    gait_phase: jax.Array
    foot_switch: jax.Array
    joint_torque: jax.Array
    terminated: jax.Array


def commands_to_record(config: CommandConfig, scale: Scale, count: int, seed: int) -> np.ndarray:
    """Velocities [K, 3] to ask a robot of that scale for.

    Standing, straight ones step by step, the ends of every range, the rest drawn.
    """
    asked = np.array([config.forward, config.sideways, config.yaw_rate])
    ranges = BEYOND * asked
    speeds = np.arange(ranges[0, 0], ranges[0, 1], times(SPEED_STEP, scale.speed))
    ends = [(axis, end) for axis in (1, 2) for end in (*ranges[axis], *asked[axis])]
    alone = [np.where(np.arange(3) == axis, end, 0.0) for axis, end in ends]
    chosen = np.vstack([np.zeros((1, 3)), *alone, *([speed, 0.0, 0.0] for speed in speeds)])
    drawn = np.random.default_rng(seed).uniform(ranges[:, 0], ranges[:, 1], (max(count - len(chosen), 0), 3))
    return np.vstack([chosen, drawn]).astype(np.float32)


def record_takes(
    config: Config,
    params: Params,
    commands: np.ndarray,
    seed: int,
    report_progress: Callable[[float], None] | None = None,
) -> list[Take]:
    """A take for each command [K, 3] of a deterministic policy, from rest, never pushed, on the nominal floor.

    `report_progress` hears the share of the time that is walked.
    """
    env = WildRobotEnv(config)
    robot = env.engine.robot
    seconds = (times(each, scale_of(robot).time) for each in (SETTLE_SECONDS, CLIP_SECONDS))
    settle, length = (round(each / config.env.control_dt) for each in seconds)
    controller = policy_controller(make_policy(config.trainer, robot), dict(params))
    rows = walk(env, controller, commands, seed, settle + length, report_progress)
    each = [TakenRows(*(column[:, index] for column in rows)) for index in range(len(commands))]
    return [_take(config, robot, command, one, settle) for command, one in zip(commands, each, strict=True)]


def walk(
    env: WildRobotEnv,
    controller: Controller,
    commands: np.ndarray,
    seed: int,
    steps: int,
    report_progress: Callable[[float], None] | None = None,
) -> TakenRows:
    """Rows [T, K] of K robots that go by commands [K, 3] from rest for T control steps, each until it falls."""

    def start(key: jax.Array, command: jax.Array) -> EnvState:
        held = task_commands.hold(0.0, heading=0.0)
        return env.reset_at_rest(key, task_commands.go_on(held, command, jnp.float32(0.0)))

    starts = jax.jit(jax.vmap(start))(jax.random.split(jax.random.key(seed), len(commands)), jnp.asarray(commands))
    return roll_out(UntilFall(env), controller, starts, steps, taken_row, report_progress)


def taken_row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> TakenRows:
    """What is kept of a step that led from `before` to `reached`."""
    readings = reached.readings
    return TakenRows(
        reached.physics.qpos,
        reached.physics.qvel,
        reached.gait_phase,
        readings.foot_switch,
        readings.joint_torque,
        reached.terminated,
    )


def _take(config: Config, robot: Robot, command: np.ndarray, rows: TakenRows, settle: int) -> Take:
    qpos, qvel, gait_phase, foot_switch, joint_torque = (np.asarray(column[settle:]) for column in rows[:5])
    reached = mean_velocity(qpos, qvel)
    label = np.where(command == 0, 0.0, np.round(reached, 3))  # what was not asked for is sway
    clip = recorded_clip(robot, config.env.control_dt, label, States(qpos, qvel, gait_phase, foot_switch))
    figures = take_figures(robot, qpos, qvel, joint_torque, command, fell=bool(np.any(rows.terminated)))
    return Take(clip, figures, tuple(each for each in criteria(robot) if not each.holds(getattr(figures, each.figure))))


def recorded_clip(robot: Robot, control_dt: float, label: np.ndarray, states: States) -> Clip:
    """States in a row as a demonstration of the velocity [3]."""
    qpos = states.qpos
    return Clip(
        name=clip_name((label[0], label[1], label[2])),
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=qpos,
        qvel=states.qvel,
        contact=np.any(states.foot_switch.reshape(-1, 2, 2), axis=2),
        gait_phase=states.gait_phase,
        command=label,
        displacement=np.array([*(qpos[-1, :2] - qpos[0, :2]), 0.0]),
        periodic=False,
        cycles=0,
        source=RECORDED,
    )


def take_figures(
    robot: Robot, qpos: np.ndarray, qvel: np.ndarray, joint_torque: np.ndarray, command: np.ndarray, *, fell: bool
) -> TakeFigures:
    """The figures of states [T, 7 + J], [T, 6 + J] under torques [T, J] N·m, for a command [3]."""
    reached = mean_velocity(qpos, qvel)
    halves = [mean_velocity(q, v) for q, v in zip(np.array_split(qpos, 2), np.array_split(qvel, 2), strict=True)]
    torque, speed = joint_torque.astype(float), qvel[:, BASE_QVEL_SIZE:].astype(float)
    weights = servo_weights(robot.torque_limit)
    return TakeFigures(
        fell=float(fell),
        unsteady=float(np.abs(halves[0] - halves[1]).max()),
        speed_error=float(np.hypot(*(reached - command)[:2])),
        joint_speed=float((np.abs(speed) * servo_weights(robot.speed_limit)).max()),
        torque_p99=float((np.array(joint_torques(torque, robot.torque_limit).p99) * weights).max()),
        torque_rms=rms(torque * weights),
        power=mean_power(torque, speed),
    )


def criteria(robot: Robot) -> list[Criterion]:
    """What a take of a robot has to meet."""
    return [criterion.scaled_for(robot) for criterion in IS_DEMONSTRATION]
