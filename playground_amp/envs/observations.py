"""What the actor and the critic see.

The actor sees only what the robot's own sensors know. On the robot the IMU sits on the chest; its readings are turned
into the base frame by the measured waist yaw. The critic, which is used in training only, sees the truth besides.
"""

import jax
import jax.numpy as jnp

from playground_amp.envs import gait
from playground_amp.physics.readings import Readings

GYRO_SCALE = 0.25
JOINT_VELOCITY_SCALE = 0.05
FORCE_SCALE = 0.05  # 1/N; half the robot's weight becomes about 1

ACTOR_LAYOUT = (
    ("gravity_b", 3),
    ("gyro_b", 3),
    ("joint_position", 11),
    ("joint_velocity", 11),
    ("previous_action", 11),
    ("command", 3),
    ("gait_clock", 2),
)
ACTOR_SIZE = sum(size for _, size in ACTOR_LAYOUT)


def actor_observation(
    readings: Readings, home: jax.Array, previous_action: jax.Array, command: jax.Array, gait_phase: jax.Array
) -> jax.Array:
    """The 44 numbers of the policy's input, in the order of `ACTOR_LAYOUT`.

    Args:
      readings: of one robot.
      home: joint positions [11] of the home pose, rad.
      previous_action: [11].
      command: forward m/s, sideways m/s, yaw rate rad/s.
      gait_phase: [] in [0, 1).
    """
    return jnp.concatenate(
        [
            readings.gravity_b,
            readings.gyro_b * GYRO_SCALE,
            readings.joint_position - home,
            readings.joint_velocity * JOINT_VELOCITY_SCALE,
            previous_action,
            command,
            gait.clock(gait_phase),
        ]
    )


def critic_observation(
    actor: jax.Array,
    readings: Readings,
    average_velocity: jax.Array,
    floor_friction: jax.Array,
    push_force_w: jax.Array,
) -> jax.Array:
    """The actor's numbers and what only a simulator knows: true velocity, height, feet, contact, friction, push."""
    return jnp.concatenate(
        [
            actor,
            readings.linear_velocity_h,
            average_velocity,
            readings.base_position_w[2:],
            readings.foot_position_b.ravel(),
            readings.foot_velocity_w.ravel(),
            readings.switch_force * FORCE_SCALE,
            floor_friction[None],
            push_force_w[:2] * FORCE_SCALE,
        ]
    )
