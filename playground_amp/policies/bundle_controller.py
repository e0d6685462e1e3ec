"""An exported policy as a controller of simulated robots, so that gates judge the file that goes to the robot."""

from functools import partial

import jax
import numpy as np
from jax.tree_util import Partial

from playground_amp import rotations
from playground_amp.deploy.recording import chest_imu, seen_in_si_units
from playground_amp.deploy.runtime import Memory, Sensors, WalkingPolicy
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv


def bundle_controller(policy: WalkingPolicy, env: WildRobotEnv) -> Partial:
    """The function state → action [J] that senses as the robot does, errors included, and asks the runtime.

    The environment maps actions to joint targets; that the bundle maps them alike is what its golden vectors say.
    """
    return Partial(partial(_act, policy, env))


def _act(policy: WalkingPolicy, env: WildRobotEnv, state: EnvState) -> jax.Array:
    observation = seen_in_si_units(env, state)
    layout = env.observer.actor
    names = ("gravity_b", "gyro_b", "joint_position", "joint_velocity")
    gravity_b, gyro_b, joint_position, joint_velocity = (observation[layout.slices[name]] for name in names)
    seen = (
        *chest_imu(rotations.upright(gravity_b), gyro_b, joint_position, joint_velocity),
        joint_position,
        joint_velocity,
        env.velocity_command(state),
        state.gait_phase,
        state.previous_action,
        state.joint_target,
        observation[layout.size :],
    )
    result = jax.ShapeDtypeStruct((env.action_size,), np.float32)
    return jax.pure_callback(partial(_act_on_host, policy), result, *seen, vmap_method="broadcast_all")


def _act_on_host(policy: WalkingPolicy, *seen: np.ndarray) -> np.ndarray:
    """The NumPy side, for one robot or for all of them [N, ...]."""
    arrays = [np.asarray(array) for array in seen]
    orientation, gyro, joint_position, joint_velocity, command, *memory = arrays
    sensors = Sensors(
        orientation,
        gyro,
        dict(zip(policy.joint_names, joint_position.T, strict=True)),
        dict(zip(policy.joint_names, joint_velocity.T, strict=True)),
    )
    return policy.act(Memory(*memory), sensors, command).previous_action
