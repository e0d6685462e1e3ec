"""Demonstrations from a policy: what physics allowed it to do, without help, as clips that pass gates of their own.

The states are those of the training engine at the control rate. A clip is labelled with the velocity that was asked
for, and kept only if that was reached. The first seconds, from rest to a steady gait, are left out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import CommandConfig, Config
from playground_amp.envs import commands as task_commands
from playground_amp.envs.wildrobot_env import EnvState, WildRobotEnv
from playground_amp.reference.checks import mean_velocity
from playground_amp.reference.clip import Clip
from playground_amp.training.policy import make_policy

SETTLE_SECONDS, CLIP_SECONDS = 3.0, 4.0
SPEED_STEP = 0.05  # m/s between the straight commands
SOURCE = "tracking policy, recorded in the engine"
LIMITS = {  # figure of a take: at most
    "fell": 0.0,
    "speed_error": 0.05,  # m/s
    "yaw_rate_error": 0.15,  # rad/s
    "joint_speed": 10.0,  # rad/s; what the servo gives
    "torque_p99": 3.0,  # N·m; of the most loaded joint
}


class Take(NamedTuple):
    """A recorded clip, and how it fared: `LIMITS`, and `torque_rms` in N·m over all joints, `power` in W."""

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
    """Velocities [K, 3] over the whole range: standing, straight ones step by step, the ends, the rest drawn."""
    speeds = np.arange(config.forward[0], config.forward[1] + 1e-6, SPEED_STEP)
    straight = [(speed, 0.0, 0.0) for speed in speeds]
    corners = [(x, y, w) for x in config.forward for y in config.sideways for w in config.yaw_rate]
    axes = [(0.0, y, 0.0) for y in config.sideways] + [(0.0, 0.0, w) for w in config.yaw_rate]
    chosen = np.array([(0.0, 0.0, 0.0), *straight, *corners, *axes])
    ranges = np.array([config.forward, config.sideways, config.yaw_rate])
    drawn = np.random.default_rng(seed).uniform(ranges[:, 0], ranges[:, 1], (max(count - len(chosen), 0), 3))
    return np.vstack([chosen, drawn]).astype(np.float32)


def record(config: Config, params: dict[str, Any], commands: np.ndarray, seed: int) -> list[Take]:
    """A take for each command [K, 3] of a deterministic policy, from rest, never pushed, on the nominal floor."""
    env, policy = WildRobotEnv(config), make_policy(config.trainer)
    settle, length = (round(seconds / config.env.control_dt) for seconds in (SETTLE_SECONDS, CLIP_SECONDS))

    def start(key: jax.Array, command: jax.Array) -> EnvState:
        held = task_commands.hold(0.0, heading=0.0)
        return env.reset_at_rest(key, task_commands.go_on(held, command, jnp.float32(0.0)))

    def step(state: EnvState, _: None) -> tuple[EnvState, _Rows]:
        reached = jax.vmap(env.step)(state, policy(params, state.observation, None))
        readings = reached.readings
        return reached, _Rows(
            reached.physics.qpos,
            reached.physics.qvel,
            reached.gait_phase,
            readings.foot_switch,
            readings.joint_torque,
            reached.terminated,
        )

    @jax.jit
    def play() -> _Rows:
        states = jax.vmap(start)(jax.random.split(jax.random.key(seed), len(commands)), jnp.asarray(commands))
        return jax.lax.scan(step, states, None, length=settle + length)[1]

    rows = jax.tree.map(np.asarray, play())
    takes = []
    for robot, command in enumerate(commands):
        one = _Rows(*(column[:, robot] for column in rows))
        takes.append(_take(config, env.engine.robot.joint_names, command, one, settle))
    return takes


def _take(config: Config, joint_names: Sequence[str], command: np.ndarray, rows: _Rows, settle: int) -> Take:
    qpos, qvel, gait_phase, foot_switch, joint_torque = (np.asarray(column[settle:]) for column in rows[:5])
    reached = mean_velocity(qpos, qvel)
    error = np.abs(reached - command)
    clip = Clip(
        name="forward{:+.2f}_left{:+.2f}_turn{:+.2f}".format(*command + 0.0),
        joint_names=tuple(joint_names),
        rate=1 / config.env.control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=np.any(foot_switch.reshape(-1, 2, 2), axis=2),
        gait_phase=gait_phase,
        command=command.astype(float),
        displacement=np.array([*(qpos[-1, :2] - qpos[0, :2]), 0.0]),
        periodic=False,
        cycles=0,
        source=SOURCE,
    )
    return Take(
        clip,
        {
            "fell": float(np.any(rows.terminated)),
            "speed_error": float(np.hypot(*error[:2])),
            "yaw_rate_error": float(error[2]),
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
