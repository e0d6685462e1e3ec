"""Demonstrations from a policy: what physics allowed it to do, without help, as clips that pass gates of their own.

The states are those of the training engine at the control rate. A clip is labeled with the velocity that was reached,
whatever was asked for, so more is asked than the task commands. The first seconds, until the gait is steady, are left
out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import CommandConfig, Config
from playground_amp.envs import commands as task_commands
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.motion.analysis import mean_velocity
from playground_amp.motion.clip import RECORDED, Clip
from playground_amp.motion.generate.gait import clip_name
from playground_amp.robot.record import Robot
from playground_amp.rollouts.rollout import UntilFall, policy_controller, roll_out

SETTLE_SECONDS, CLIP_SECONDS = 3.0, 4.0
SPEED_STEP = 0.05  # m/s between the straight commands
BEYOND = 1.4  # times the task's ranges are asked for
LIMITS = {  # figure of a take: at most
    "fell": 0.0,
    "unsteady": 0.05,  # m/s, rad/s; between the mean velocities of its first and second half
    "joint_speed": 10.0,  # rad/s; what the servo gives
    "torque_rms": 1.6,  # N·m over all joints; 40 % of what the servo gives
}


class Take(NamedTuple):
    """A recorded clip, and how it fared: the figures of `LIMITS`; `speed_error` m/s, `torque_p99` N·m, `power` W."""

    clip: Clip
    figures: dict[str, float]

    @property
    def failed(self) -> list[str]:
        """Names of the figures that are out of bounds."""
        return [name for name, limit in LIMITS.items() if not self.figures[name] <= limit]


class _Rows(NamedTuple):
    """What is kept of every robot [K] and control step [T]."""

    qpos: jax.Array
    qvel: jax.Array
    gait_phase: jax.Array
    foot_switch: jax.Array
    joint_torque: jax.Array
    terminated: jax.Array


def commands_to_record(config: CommandConfig, count: int, seed: int) -> np.ndarray:
    """Velocities [K, 3] to ask for: standing, straight ones step by step, the ends of every range, the rest drawn."""
    asked = np.array([config.forward, config.sideways, config.yaw_rate])
    ranges = BEYOND * asked
    speeds = np.arange(ranges[0, 0], ranges[0, 1], SPEED_STEP)
    ends = [(axis, end) for axis in (1, 2) for end in (*ranges[axis], *asked[axis])]
    alone = [np.where(np.arange(3) == axis, end, 0.0) for axis, end in ends]
    chosen = np.vstack([np.zeros((1, 3)), *alone, *([speed, 0.0, 0.0] for speed in speeds)])
    drawn = np.random.default_rng(seed).uniform(ranges[:, 0], ranges[:, 1], (max(count - len(chosen), 0), 3))
    return np.vstack([chosen, drawn]).astype(np.float32)


def record(config: Config, params: dict[str, Any], commands: np.ndarray, seed: int) -> list[Take]:
    """A take for each command [K, 3] of a deterministic policy, from rest, never pushed, on the nominal floor."""
    env = WildRobotEnv(config)
    policy = make_policy(config.trainer, env.engine.robot)
    settle, length = (round(seconds / config.env.control_dt) for seconds in (SETTLE_SECONDS, CLIP_SECONDS))

    def start(key: jax.Array, command: jax.Array) -> EnvState:
        held = task_commands.hold(0.0, heading=0.0)
        return env.reset_at_rest(key, task_commands.go_on(held, command, jnp.float32(0.0)))

    starts = jax.jit(jax.vmap(start))(jax.random.split(jax.random.key(seed), len(commands)), jnp.asarray(commands))
    rows = roll_out(UntilFall(env), policy_controller(policy, params), starts, settle + length, _row)
    takes = []
    for robot, command in enumerate(commands):
        one = _Rows(*(column[:, robot] for column in rows))
        takes.append(_take(config, env.engine.robot, command, one, settle))
    return takes


def _row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> _Rows:
    readings = reached.readings
    return _Rows(
        reached.physics.qpos,
        reached.physics.qvel,
        reached.gait_phase,
        readings.foot_switch,
        readings.joint_torque,
        reached.terminated,
    )


def _take(config: Config, robot: Robot, command: np.ndarray, rows: _Rows, settle: int) -> Take:
    qpos, qvel, gait_phase, foot_switch, joint_torque = (np.asarray(column[settle:]) for column in rows[:5])
    reached = mean_velocity(qpos, qvel)
    halves = [mean_velocity(q, v) for q, v in zip(np.array_split(qpos, 2), np.array_split(qvel, 2), strict=True)]
    label = np.where(command == 0, 0.0, np.round(reached, 3))  # what was not asked for is sway
    clip = Clip(
        name=clip_name((label[0], label[1], label[2])),
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=1 / config.env.control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=np.any(foot_switch.reshape(-1, 2, 2), axis=2),
        gait_phase=gait_phase,
        command=label,
        displacement=np.array([*(qpos[-1, :2] - qpos[0, :2]), 0.0]),
        periodic=False,
        cycles=0,
        source=RECORDED,
    )
    return Take(
        clip,
        {
            "fell": float(np.any(rows.terminated)),
            "unsteady": float(np.abs(halves[0] - halves[1]).max()),
            "speed_error": float(np.hypot(*(reached - command)[:2])),
            "joint_speed": float(np.abs(qvel[:, 6:]).max()),
            "torque_p99": float(np.percentile(np.abs(joint_torque), 99, axis=0).max()),
            "torque_rms": float(np.sqrt(np.mean(joint_torque**2))),
            "power": float(np.mean(np.sum(np.abs(joint_torque * qvel[:, 6:]), axis=1))),
        },
    )


def print_takes(takes: Sequence[Take]) -> None:
    """A table: for each figure its limit, the median and the worst over the takes, and how many failed."""
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "limit", "median", "worst", "failed", title="recorded clips")
    for name, limit in LIMITS.items():
        values = np.array([take.figures[name] for take in takes])
        failed = sum(name in take.failed for take in takes)
        table.add_row(
            name, f"≤ {limit:g}", f"{np.median(values):.3g}", f"{values.max():.3g}", f"{failed} of {len(takes)}"
        )
    Console().print(table)
