"""How high a point is over the ground below it, on a flat floor and on a height field."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from playground_amp.robot.record import Robot


def make_height_over_ground(robot: Robot) -> Callable[[jax.Array], jax.Array]:
    """The function (position in the world [3] m) → height [] m over the ground at that x and y.

    A height field is taken as MuJoCo collides with it: two triangles a cell, which meet in the diagonal towards +x +y.
    Beyond its edge the ground goes on as at the edge.
    """
    ground = robot.ground
    if ground is None:
        return lambda position_w: position_w[2]
    rows, columns = ground.height.shape
    half_length, half_width = ground.half_length, ground.half_width
    table = jnp.asarray(ground.height, jnp.float32)

    def height_over_ground(position_w: jax.Array) -> jax.Array:
        x, y, z = position_w
        column = jnp.clip((x + half_length) / (2 * half_length) * (columns - 1), 0.0, columns - 1.001)
        row = jnp.clip((y + half_width) / (2 * half_width) * (rows - 1), 0.0, rows - 1.001)
        c, r = column.astype(jnp.int32), row.astype(jnp.int32)
        u, v = column - c, row - r
        near, far = table[r, c], table[r + 1, c + 1]
        along_x, along_y = table[r, c + 1], table[r + 1, c]
        lower = near + u * (along_x - near) + v * (far - along_x)
        upper = near + v * (along_y - near) + u * (far - along_y)
        return z - jnp.where(v > u, upper, lower)

    return height_over_ground
