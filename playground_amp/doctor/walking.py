"""What the task pays for the demonstrations: its own terms, on what the engine reads in the stored states.

A clip holds no torques and no actions: the torques are those of inverse dynamics, the actions what the servos would
have to be told for them.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import Config
from playground_amp.envs import gait, rewards
from playground_amp.motion.checks import FRICTION, TOUCHING, accelerations
from playground_amp.motion.clip import Clip
from playground_amp.physics.motion_analysis import inverse_dynamics, sole_motion
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.physics.sole import sole_tilt
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


def task_reward(config: Config, clip: Clip) -> float:
    """Mean reward a second of doing what a clip does, told its command, but for the first second."""
    engine = make_engine(config.physics, load_robot(config.robot), config.env.control_dt)
    torque = _torques(engine.robot, clip)
    action = _actions(config, engine.robot, clip, torque)
    readings = jax.jit(jax.vmap(lambda qpos, qvel: engine.reset(qpos, qvel, engine.nominal_parameters())[1]))(
        jnp.asarray(clip.qpos, jnp.float32), jnp.asarray(clip.qvel, jnp.float32)
    )
    readings = readings._replace(
        joint_torque=jnp.asarray(torque, jnp.float32), foot_switch=jnp.asarray(np.repeat(clip.contact, 2, axis=1))
    )
    count, home = len(clip.qpos), jnp.asarray(engine.robot.home_joint_position, jnp.float32)
    command = jnp.tile(jnp.asarray(clip.command, jnp.float32), (count, 1))
    phase = jnp.asarray(clip.gait_phase, jnp.float32)
    inputs = rewards.RewardInputs(
        readings=readings,
        command=command,
        standing=jnp.zeros(count, bool),
        average_velocity=jnp.asarray(_average_velocity(config, readings), jnp.float32),
        action=jnp.asarray(action, jnp.float32),
        previous_action=jnp.asarray(np.vstack([action[:1], action[:-1]]), jnp.float32),
        joint_offset=readings.joint_position - home,
        swing=jax.vmap(lambda x: gait.swing_progress(x, config.env.gait))(phase),
        swing_height=jax.vmap(lambda x: gait.swing_height(x, config.env.gait))(phase),
        sole_tilt=jax.vmap(partial(sole_tilt, engine.robot))(readings.base_quaternion_w, readings.joint_position),
        target_height=jnp.full(count, config.env.target_height),
        foot_spacing=jnp.full(count, config.env.foot_spacing),
        fallen=jnp.zeros(count, bool),
        reference_offset=jnp.zeros((count, len(home))),
    )
    weights, control_dt = config.paid_weights, config.env.control_dt
    terms = jax.vmap(lambda one: rewards.weighted_terms(one, weights, control_dt))(inputs)
    settled = round(clip.rate) if count > 2 * clip.rate else 0
    return float(sum(np.asarray(term)[settled:].mean() for term in terms.values())) / control_dt


def nearest_clip(clips: Sequence[Clip], command: np.ndarray) -> Clip:
    """The clip whose command [3] is nearest."""
    return min(clips, key=lambda clip: float(np.sum((clip.command - command) ** 2)))


def _torques(robot: Robot, clip: Clip) -> np.ndarray:
    """[T, 11] N*m, within what the servos give."""
    height = sole_motion(robot, clip.qpos, clip.qvel).position_w[..., 2]
    effort = inverse_dynamics(robot, clip.qpos, clip.qvel, accelerations(clip), height < 2 * TOUCHING, FRICTION)
    return np.clip(effort.torque, -robot.torque_limit, robot.torque_limit)


def _actions(config: Config, robot: Robot, clip: Clip, torque: np.ndarray) -> np.ndarray:
    """[T, 11] whose targets make the servos, kp (target - q) - kv q̇, give the torques."""
    kp, kv = robot.kp, robot.kv
    target = clip.qpos[:, 7:] + (torque + kv * clip.qvel[:, 6:]) / kp
    return (np.clip(target, robot.joint_lower, robot.joint_upper) - robot.home_joint_position) / config.env.action_scale


def _average_velocity(config: Config, readings: Readings) -> np.ndarray:
    """[T, 3] forward, sideways m/s and yaw rate rad/s, averaged as the task does."""
    yaw_rate = -np.sum(np.asarray(readings.gravity_b) * np.asarray(readings.gyro_b), axis=1, keepdims=True)
    velocity = np.hstack([np.asarray(readings.linear_velocity_h)[:, :2], yaw_rate])
    share, average = config.env.control_dt / config.env.velocity_average_time, velocity.mean(axis=0)
    rows = []
    for row in velocity:
        average = average + share * (row - average)
        rows.append(average)
    return np.array(rows)
