"""Arms that act against the legs: how far they are from where the feet have them."""

import jax
import jax.numpy as jnp

from playground_amp.robot.arms import SWING, arms_of
from playground_amp.robot.record import Robot


def missed_swing(robot: Robot, joint_offset: jax.Array, foot_position_b: jax.Array) -> jax.Array:
    """[2] rad, by which the left and the right upper arm are ahead of where they are due; 0 if none acts.

    Due is `SWING` of the angle by which the leg of that side is ahead of the middle of both feet, the other way.

    Args:
      robot: whose arms.
      joint_offset: [J] from home, rad.
      foot_position_b: [2, 3] m, left and right, in the base frame.
    """
    arms = arms_of(robot)
    if arms is None:
        return jnp.zeros(2)
    ahead = foot_position_b[:, 0]
    leg = (ahead - ahead.mean()) / jnp.float32(robot.leg_length)
    return jnp.stack([arm.forward * joint_offset[arm.swing] for arm in arms]) + SWING * leg
