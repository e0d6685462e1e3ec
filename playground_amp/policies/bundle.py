"""An exported policy: opened, and as a controller of simulated robots, so that gates judge the file for the robot."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax.tree_util import Partial

from playground_amp import rotations
from playground_amp.configs.schema import Config
from playground_amp.deploy.manifest import foreign_entries
from playground_amp.deploy.recording import seen_in_si_units
from playground_amp.deploy.runtime import BundleError, Memory, Sensors, WalkingPolicy, load_policy
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.physics.imu import imu_readings
from playground_amp.policies.source import FixedPolicy
from playground_amp.robot.record import Robot
from playground_amp.runs.checkpoint import config_and_robot


class Bundle(NamedTuple):
    """A bundle that has proved itself by its golden vectors."""

    policy: WalkingPolicy
    config: Config
    robot: Robot


def open_bundle(folder: Path, robot: str | None = None) -> FixedPolicy:
    """The policy of a folder that export.py wrote. Raises UserError as `read_bundle`."""
    bundle = read_bundle(folder, robot)
    return FixedPolicy(f"bundle {folder.name}", bundle.config, partial(bundle_controller, bundle.policy))


def read_bundle(folder: Path, robot: str | None = None) -> Bundle:
    """A bundle, for the robot it names or the same one elsewhere.

    Raises:
        UserError: it is incomplete, was altered, is of another robot, or would do otherwise there than here.
    """
    try:
        policy = load_policy(folder)
    except BundleError as error:
        raise UserError(str(error)) from error
    manifest = policy.manifest
    if not isinstance(manifest.get("config"), dict) or not isinstance(manifest.get("robot"), dict):
        raise UserError(f"the bundle {folder} names no configuration or no robot")
    identity = {**manifest["robot"], "joints": manifest["joints"]}
    bundle = Bundle(policy, *config_and_robot(manifest["config"], identity, robot, f"the bundle {folder}"))
    for entry in foreign_entries(manifest, bundle.config, bundle.robot):
        raise UserError(
            f"the bundle {folder} is refused: {entry} in its manifest.json is not that of its own configuration and "
            "robot, so the robot would move otherwise than here"
        )
    return bundle


def bundle_controller(policy: WalkingPolicy, env: WildRobotEnv) -> Partial:
    """The function state → action [J] that senses as the robot does, errors included, and asks the runtime.

    The environment maps actions to joint targets; that the bundle maps them alike is held against its manifest.
    """
    return Partial(partial(_act, policy, env))


def _act(policy: WalkingPolicy, env: WildRobotEnv, state: EnvState) -> jax.Array:
    observation = seen_in_si_units(env, state)
    layout = env.observer.actor
    names = ("gravity_b", "gyro_b", "joint_position", "joint_velocity")
    gravity_b, gyro_b, joint_position, joint_velocity = (observation[layout.slices[name]] for name in names)
    seen = (
        *imu_readings(env.engine.robot.imu, rotations.upright(gravity_b), gyro_b, joint_position, joint_velocity),
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
