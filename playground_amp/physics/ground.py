"""How high a point is over the ground below it: on a flat floor, on a height field, on plane patches."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.robot.record import Heights, Patchwork, Robot

HeightOverGround = Callable[[jax.Array], jax.Array]


def make_height_over_ground(robot: Robot) -> HeightOverGround:
    """The function (position in the world [3] m) → height [] m over the ground at that x and y.

    Beyond its edge the ground goes on as at the edge.
    """
    match robot.ground:
        case None:
            return lambda position_w: position_w[2]
        case Patchwork():
            return _over_patches(robot.ground)
        case Heights():
            return _over_height_field(robot.ground)


def _over_patches(ground: Patchwork) -> HeightOverGround:
    x_edges, y_edges = (jnp.asarray(edges, jnp.float32) for edges in (ground.x, ground.y))
    planes = jnp.asarray(np.stack([ground.height, ground.slope_x, ground.slope_y], axis=-1), jnp.float32)

    def place(edges: jax.Array, at: jax.Array) -> jax.Array:
        """The row or column: how many of the edges within the ground lie at or before it."""
        return jnp.sum(edges[1:-1] <= at)

    def height_over_ground(position_w: jax.Array) -> jax.Array:
        x, y, z = position_w
        row, column = place(y_edges, y), place(x_edges, x)
        height, slope_x, slope_y = planes[row, column]
        return z - (height + slope_x * (x - x_edges[column]) + slope_y * (y - y_edges[row]))

    return height_over_ground


def _over_height_field(ground: Heights) -> HeightOverGround:
    """As MuJoCo collides with it: two triangles a cell, which meet in the diagonal towards +x +y."""
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
