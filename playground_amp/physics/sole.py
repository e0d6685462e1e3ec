"""How far a foot really is off the floor: the lowest point of its sole, tilt included."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from playground_amp.physics import rotations
from playground_amp.robot.robot import BASE_QPOS_SIZE, JOINT_NAMES, LEG_JOINTS, Robot


def make_sole_height(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The function (qpos [18], foot_position_w [2, 3]) → height [2] of each sole's lowest point over z = 0, m.

    A sole is a flat rectangle around its centre, `foot_position_w`; it ends where the toe's and the heel's contact
    shapes end.
    """
    model = robot.model
    toe, heel = model.geom("left_toe"), model.geom("left_heel")
    radius, half_width = toe.size[0], toe.size[0] + toe.size[1]  # capsules across the foot
    half_length = (toe.pos[0] - heel.pos[0]) / 2 + radius

    def sole_height(qpos: jax.Array, foot_position_w: jax.Array) -> jax.Array:
        tilt = jnp.stack([_tilt(robot, qpos, side) for side in ("left", "right")])
        return foot_position_w[:, 2] - half_length * jnp.abs(tilt[:, 0]) - half_width * jnp.abs(tilt[:, 1])

    return sole_height


def _tilt(robot: Robot, qpos: jax.Array, side: str) -> jax.Array:
    """World z components [3] of the foot's own x, y and z axes. All bodies are parallel in the zero pose."""
    orientation = qpos[3:7]
    for name in (f"{side}_{joint}" for joint in LEG_JOINTS):
        axis = jnp.asarray(robot.model.joint(name).axis, qpos.dtype)
        angle = qpos[BASE_QPOS_SIZE + JOINT_NAMES.index(name)]
        orientation = rotations.multiply(orientation, rotations.about_axis(axis, angle))
    return rotations.rotate_inverse(jnp.array([0.0, 0.0, 1.0]), orientation)
