"""What a policy met in simulation, as its robot would have sensed it: the material of golden vectors and of parity.

Half of the robots walk from rest under fixed commands, the others start and are commanded as in training.
"""

from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from playground_amp.configs.changes import changed
from playground_amp.configs.randomization import NOMINAL
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import hold
from playground_amp.envs.payment import known_weights
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.physics.imu import imu_readings
from playground_amp.robot.scale import scale_of
from playground_amp.rollouts.rollout import AsInTraining, policy_controller, roll_out
from playground_amp.untyped import Params

# WildRobot's: forward, sideways m/s, yaw rate rad/s; other robots get these times their scale.
COMMANDS = ((0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.3, 0.0, 0.0), (0.5, 0.0, 0.5), (1.0, 0.0, 0.0), (0.2, 0.2, -0.5))
_SEED = 0


Column: TypeAlias = Any  # JAX's array while it is recorded, NumPy's afterwards


class Recorded(NamedTuple):
    """Columns over [steps, robots]; a row is one moment, what the JAX policy did, and what came of it."""

    observation: Column  # [A history] as the environment made it
    observation_si: Column  # [A history] the same without offset and scales
    before: Column  # [A (history - 1)] its part that is older than this moment
    orientation: Column  # [4] wxyz of the IMU in the world
    gyro: Column  # [3] rad/s, in the IMU's frame
    joint_position: Column  # [J] rad
    joint_velocity: Column  # [J] rad/s
    command: Column  # [3] forward, sideways m/s, yaw rate rad/s
    gait_phase: Column  # []
    previous_action: Column  # [J]
    previous_target: Column  # [J] rad
    action: Column  # [J]
    joint_target: Column  # [J] rad, what the environment's servos got
    next_gait_phase: Column  # []
    ended: Column  # [] bool: the episode ended with this step


def seen_in_si_units(env: WildRobotEnv, state: EnvState) -> jax.Array:
    """The policy's observation [A history] without offset and scales."""
    return env.observer.actor.in_si_units(state.observation["state"])


def record(config: Config, params: Params, robots: int, steps: int) -> Recorded:
    """Columns [steps, robots] of NumPy arrays under the deterministic policy, on the native engine.

    The first `robots // 2` robots walk under `COMMANDS` in turn.
    """
    # What the sensors read is recorded, and must be what the policy got.
    changes = {"physics.engine": "native"} | {f"domain_randomization.{key}": value for key, value in NOMINAL.items()}
    changes |= {"env.bus": False, "reward_weights": known_weights(config.reward_weights)}
    config = changed(config, changes, "the checkpoint's configuration")
    env = WildRobotEnv(config)
    vector, controller = VectorEnv(env), policy_controller(make_policy(config.trainer, env.engine.robot), params)
    starts = jax.jit(partial(_starts, vector, robots=robots))(jax.random.PRNGKey(_SEED))
    return roll_out(AsInTraining(vector), controller, starts, steps, _row)


def _starts(vector: VectorEnv, key: jax.Array, robots: int) -> EnvState:
    rest_key, random_key = jax.random.split(key)
    scale = scale_of(vector.env.engine.robot)
    scaled = [(x * scale.pace, y * scale.pace, turn * scale.rate) for x, y, turn in COMMANDS]
    commands = [hold(*scaled[index % len(scaled)]) for index in range(robots // 2)]
    stacked = jax.tree.map(lambda *fields: jnp.stack(fields), *commands)
    at_rest = jax.vmap(vector.env.reset_at_rest)(jax.random.split(rest_key, robots // 2), stacked)
    at_random = vector.reset(jax.random.split(random_key, robots - robots // 2))
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), at_rest, at_random)


def _row(env: WildRobotEnv, state: EnvState, reached: EnvState) -> Recorded:
    readings = state.readings
    sensed = (readings.gyro_b, readings.joint_position, readings.joint_velocity)
    orientation, gyro = imu_readings(env.engine.robot.imu, readings.base_quaternion_w, *sensed)
    before = seen_in_si_units(env, state)[env.observer.actor.size :]
    return Recorded(
        observation=state.observation["state"],
        observation_si=jnp.concatenate([env.observer.actor.values(env.seen(state)), before]),
        before=before,
        orientation=orientation,
        gyro=gyro,
        joint_position=readings.joint_position,
        joint_velocity=readings.joint_velocity,
        command=env.velocity_command(state),
        gait_phase=state.gait_phase,
        previous_action=state.previous_action,
        previous_target=state.joint_target,
        action=reached.previous_action,
        joint_target=reached.joint_target,
        next_gait_phase=reached.gait_phase,
        ended=reached.terminated | reached.truncated,
    )
