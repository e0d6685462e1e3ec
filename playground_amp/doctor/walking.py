"""What the task pays for the demonstrations: its own terms, on what the engine reads in the stored states.

A clip holds no torques and no actions: the torques are those of inverse dynamics, the actions what the servos would
have to be told for them.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.envs import pushes, speed
from playground_amp.envs.commands import Command, hold
from playground_amp.envs.payment import weighted_terms
from playground_amp.envs.rewards import RewardInputs
from playground_amp.envs.sensing import SensorErrors
from playground_amp.envs.starts import Start
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.motion.analysis import accelerations
from playground_amp.motion.checks.made import TOUCHING
from playground_amp.motion.clip import Clip
from playground_amp.physics.motion_analysis import inverse_dynamics, sole_motion
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.scale import scale_of


def task_reward(config: Config, clip: Clip) -> float:
    """Mean reward a second of doing what a clip does, told its command, but for the first second."""
    env = WildRobotEnv(changed(config, {"env.bus": False}))  # clips have no sensors
    robot, control_dt = env.engine.robot, config.env.control_dt
    torque = _torques(robot, clip)
    action = _actions(config, robot, clip, torque)
    states = _states(env, clip)
    readings = states.readings._replace(
        joint_torque=jnp.asarray(torque, jnp.float32), foot_switch=jnp.asarray(np.repeat(clip.contact, 2, axis=1))
    )
    reached = states._replace(
        readings=readings,
        previous_action=jnp.asarray(action, jnp.float32),
        average_velocity=_average_velocity(config, states),
    )
    before = reached._replace(previous_action=jnp.asarray(np.vstack([action[:1], action[:-1]]), jnp.float32))

    def paid(before: EnvState, reached: EnvState) -> dict[str, jax.Array]:
        return weighted_terms(RewardInputs(config.env, robot, before, reached), env.weights, control_dt)

    count = len(clip.qpos)
    settled = round(clip.rate) if count > 2 * clip.rate else 0
    terms = jax.jit(jax.vmap(paid))(before, reached)
    return float(sum(np.asarray(term)[settled:].mean() for term in terms.values())) / control_dt


def _states(env: WildRobotEnv, clip: Clip) -> EnvState:
    """The moments [T] of a clip as the task sees them."""
    nominal, key = env.engine.nominal_parameters(), jax.random.PRNGKey(0)
    command = hold(*clip.command.tolist())

    def at(qpos: jax.Array, qvel: jax.Array, gait_phase: jax.Array) -> EnvState:
        joints = qpos[BASE_QPOS_SIZE:]
        return env.begin(
            key, Start(qpos, qvel, joints, command, gait_phase, nominal, SensorErrors(), pushes.none(), jnp.zeros(0))
        )

    moments = (jnp.asarray(x, jnp.float32) for x in (clip.qpos, clip.qvel, clip.gait_phase))
    return jax.jit(jax.vmap(at))(*moments)


def nearest_clip(clips: Sequence[Clip], command: np.ndarray) -> Clip:
    """The clip whose command [3] is nearest."""
    return min(clips, key=lambda clip: float(np.sum((clip.command - command) ** 2)))


def _torques(robot: Robot, clip: Clip) -> np.ndarray:
    """[T, J] N*m, within what the servos give."""
    height = sole_motion(robot, clip.qpos, clip.qvel).position_w[..., 2]
    touching = height < 2 * TOUCHING * scale_of(robot).length
    effort = inverse_dynamics(robot, clip.qpos, clip.qvel, accelerations(clip), touching, robot.floor_friction)
    return np.clip(effort.torque, -robot.torque_limit, robot.torque_limit)


def _actions(config: Config, robot: Robot, clip: Clip, torque: np.ndarray) -> np.ndarray:
    """[T, J] whose targets make the servos, kp (target - q) - kv q̇, give the torques."""
    kp, kv = robot.kp, robot.kv
    target = clip.joint_position + (torque + kv * clip.joint_velocity) / kp
    return (np.clip(target, robot.joint_lower, robot.joint_upper) - robot.home_joint_position) / config.env.action_scale


def _average_velocity(config: Config, states: EnvState) -> jax.Array:
    """[T, 3] forward, sideways m/s and yaw rate rad/s, averaged as the task does."""
    moments = jax.vmap(speed.velocity)(states.readings)

    def next_one(before: tuple[jax.Array, jax.Array | None], moment: tuple[jax.Array, jax.Array, Command]):
        average, recent = speed.averaged(config.env, *before, *moment)
        return (average, recent), average

    steps = jnp.arange(1, len(moments) + 1)
    start = (moments.mean(axis=0), speed.nothing_yet(config.env))
    return jax.lax.scan(next_one, start, (moments, steps, states.command))[1]
