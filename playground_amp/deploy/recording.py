"""What a policy met in simulation, as its robot would have sensed it: the material of golden vectors and of parity.

Half of the robots walk from rest under fixed commands, the others start and are commanded as in training.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from playground_amp import rotations
from playground_amp.configs.changes import changed
from playground_amp.configs.randomization import NOMINAL
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import hold
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.robot.names import JOINT_NAMES
from playground_amp.rollouts.rollout import AsInTraining, policy_controller, roll_out

COMMANDS = ((0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.3, 0.0, 0.0), (0.5, 0.0, 0.5), (1.0, 0.0, 0.0), (0.2, 0.2, -0.5))
_WAIST_YAW = JOINT_NAMES.index("waist_yaw")
_SEED = 0


class Recorded(NamedTuple):
    """Columns over [steps, robots]; a row is one moment, what the JAX policy did, and what came of it."""

    observation: Any  # [A history] as the environment made it
    observation_si: Any  # [A history] the same without offset and scales
    before: Any  # [A (history - 1)] its part that is older than this moment
    orientation: Any  # [4] wxyz of the chest in the world
    gyro: Any  # [3] rad/s, chest frame
    joint_position: Any  # [11] rad
    joint_velocity: Any  # [11] rad/s
    command: Any  # [3] forward, sideways m/s, yaw rate rad/s
    gait_phase: Any  # []
    previous_action: Any  # [11]
    previous_target: Any  # [11] rad
    action: Any  # [11]
    joint_target: Any  # [11] rad, what the environment's servos got
    next_gait_phase: Any  # []
    ended: Any  # [] bool: the episode ended with this step


def chest_imu(
    base_quaternion: jax.Array, gyro_b: jax.Array, joint_position: jax.Array, joint_velocity: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """What the IMU on the chest measures: orientation in the world [4] wxyz, and gyro [3] rad/s in the chest frame.

    The chest is the base turned by the waist's yaw q about z: ω_chest = R(-q) ω_b + q̇ z.
    """
    up = jnp.array([0.0, 0.0, 1.0])
    turned = rotations.about_axis(up, joint_position[_WAIST_YAW])
    orientation = rotations.multiply(base_quaternion, turned)
    return orientation, rotations.rotate_inverse(gyro_b, turned) + joint_velocity[_WAIST_YAW] * up


def seen_in_si_units(env: WildRobotEnv, state: EnvState) -> jax.Array:
    """The policy's observation [A history] without offset and scales."""
    return env.observer.actor.in_si_units(state.observation["state"])


def record(config: Config, params: Mapping[str, Any], robots: int, steps: int) -> Recorded:
    """Columns [steps, robots] of NumPy arrays under the deterministic policy, on the native engine.

    The first `robots // 2` robots walk under `COMMANDS` in turn.
    """
    # What the sensors read is recorded, and must be what the policy got.
    changes = {"physics.engine": "native"} | {f"domain_randomization.{key}": value for key, value in NOMINAL.items()}
    config = changed(config, changes, "the checkpoint's configuration")
    env = WildRobotEnv(config)
    vector, controller = VectorEnv(env), policy_controller(make_policy(config.trainer, env.engine.robot), dict(params))
    starts = jax.jit(partial(_starts, vector, robots=robots))(jax.random.PRNGKey(_SEED))
    return roll_out(AsInTraining(vector), controller, starts, steps, _row)


def _starts(vector: VectorEnv, key: jax.Array, robots: int) -> EnvState:
    rest_key, random_key = jax.random.split(key)
    commands = [hold(*COMMANDS[index % len(COMMANDS)]) for index in range(robots // 2)]
    stacked = jax.tree.map(lambda *fields: jnp.stack(fields), *commands)
    at_rest = jax.vmap(vector.env.reset_at_rest)(jax.random.split(rest_key, robots // 2), stacked)
    at_random = vector.reset(jax.random.split(random_key, robots - robots // 2))
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), at_rest, at_random)


def _row(env: WildRobotEnv, state: EnvState, reached: EnvState) -> Recorded:
    readings = state.readings
    sensed = (readings.gyro_b, readings.joint_position, readings.joint_velocity)
    orientation, gyro = chest_imu(readings.base_quaternion_w, *sensed)
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
