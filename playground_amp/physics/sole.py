"""How far a foot really is off the floor: the lowest point of its sole, tilt included."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.kinematics import end_orientation
from playground_amp.robot.record import BASE_QPOS_SIZE, Patchwork, Robot


def make_sole_height(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The function (qpos [7 + J], foot_position_w [2, 3]) → height [2] of each sole's lowest point over the ground, m.

    A sole is a flat rectangle around its center, `foot_position_w`; it ends where the toe's and the heel's contact
    shapes end. On steps and slopes every corner is held against the ground below it; elsewhere the ground below the
    center stands for that below the corners.
    """
    if isinstance(robot.ground, Patchwork):
        return _make_sole_height_on_patches(robot)
    half_length = np.array([sole.half_length for sole in robot.soles], np.float32)
    half_width = np.array([sole.half_width for sole in robot.soles], np.float32)
    height_over_ground = make_height_over_ground(robot)

    def sole_height(qpos: jax.Array, foot_position_w: jax.Array) -> jax.Array:
        tilt = sole_tilt(robot, qpos[3:7], qpos[BASE_QPOS_SIZE:])
        height = jax.vmap(height_over_ground)(foot_position_w)
        return height - half_length * jnp.abs(tilt[:, 0]) - half_width * jnp.abs(tilt[:, 1])

    return sole_height


def _make_sole_height_on_patches(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    points, height_over_ground = jnp.asarray(sole_points(robot), jnp.float32), make_height_over_ground(robot)

    def sole_height(qpos: jax.Array, foot_position_w: jax.Array) -> jax.Array:
        turned = [
            jax.vmap(rotations.rotate, (0, None))(own, end_orientation(leg, qpos[3:7], qpos[BASE_QPOS_SIZE:]))
            for own, leg in zip(points, robot.legs, strict=True)
        ]
        points_w = foot_position_w[:, None] + jnp.stack(turned)
        return jnp.min(jax.vmap(jax.vmap(height_over_ground))(points_w), axis=1)

    return sole_height


def sole_tilt(robot: Robot, base_quaternion_w: jax.Array, joint_position: jax.Array) -> jax.Array:
    """World z components [2, 3] of each sole's own x (to the toe), y and z axes, left and right.

    Args:
      robot: whose legs.
      base_quaternion_w: [4] wxyz.
      joint_position: [J] rad.
    """
    up = jnp.array([0.0, 0.0, 1.0])
    return jnp.stack(
        [rotations.rotate_inverse(up, end_orientation(leg, base_quaternion_w, joint_position)) for leg in robot.legs]
    )


def sole_points(robot: Robot) -> np.ndarray:
    """Middle, edges and corners of each sole [2, 9, 3] m, from its center, in its own axes."""
    grid = np.array([(x, y, 0.0) for x in (-1, 0, 1) for y in (-1, 0, 1)])
    return np.stack([grid * (sole.half_length, sole.half_width, 0.0) for sole in robot.soles])
