"""How far a foot really is off the floor: the lowest point of its sole, tilt included."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.robot.models import model_of
from playground_amp.robot.names import JOINT_NAMES, LEG_JOINTS
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot


def make_sole_height(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The function (qpos [18], foot_position_w [2, 3]) → height [2] of each sole's lowest point over the ground, m.

    A sole is a flat rectangle around its center, `foot_position_w`; it ends where the toe's and the heel's contact
    shapes end.
    """
    half_length, half_width = _half_size(robot)

    height_over_ground = make_height_over_ground(robot)

    def sole_height(qpos: jax.Array, foot_position_w: jax.Array) -> jax.Array:
        tilt = sole_tilt(robot, qpos[3:7], qpos[BASE_QPOS_SIZE:])
        height = jax.vmap(height_over_ground)(foot_position_w)
        return height - half_length * jnp.abs(tilt[:, 0]) - half_width * jnp.abs(tilt[:, 1])

    return sole_height


def sole_tilt(robot: Robot, base_quaternion_w: jax.Array, joint_position: jax.Array) -> jax.Array:
    """World z components [2, 3] of each foot's own x (to the toe), y and z axes, left and right.

    Args:
      robot: whose legs.
      base_quaternion_w: [4] wxyz.
      joint_position: [11] rad.
    """
    return jnp.stack([_tilt(robot, base_quaternion_w, joint_position, side) for side in ("left", "right")])


def sole_points(robot: Robot) -> np.ndarray:
    """Middle, edges and corners of a sole [9, 3] m, from its center, in axes parallel to a level foot's."""
    half_length, half_width = _half_size(robot)
    return np.array([(x * half_length, y * half_width, 0.0) for x in (-1, 0, 1) for y in (-1, 0, 1)])


def _half_size(robot: Robot) -> tuple[float, float]:
    toe, heel = model_of(robot).geom("left_toe"), model_of(robot).geom("left_heel")
    radius, half_width = toe.size[0], toe.size[0] + toe.size[1]  # capsules across the foot
    return float((toe.pos[0] - heel.pos[0]) / 2 + radius), float(half_width)


def _tilt(robot: Robot, base_quaternion_w: jax.Array, joint_position: jax.Array, side: str) -> jax.Array:
    """World z components [3] of the foot's own x, y and z axes. All bodies are parallel in the zero pose."""
    orientation = base_quaternion_w
    for name in (f"{side}_{joint}" for joint in LEG_JOINTS):
        axis = jnp.asarray(model_of(robot).joint(name).axis, joint_position.dtype)
        angle = joint_position[JOINT_NAMES.index(name)]
        orientation = rotations.multiply(orientation, rotations.about_axis(axis, angle))
    return rotations.rotate_inverse(jnp.array([0.0, 0.0, 1.0]), orientation)
