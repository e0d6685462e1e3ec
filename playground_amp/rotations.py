"""Unit quaternions, wxyz, for JAX. All functions take one quaternion and one vector; batch them with `vmap`."""

import jax
import jax.numpy as jnp


def multiply(p: jax.Array, q: jax.Array) -> jax.Array:
    """Hamilton product p ⊗ q [4]: the rotation q, then p."""
    pw, px, py, pz = p
    qw, qx, qy, qz = q
    return jnp.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ]
    )


def rotate(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    """A vector [3] of the rotated frame, in the frame the rotation starts from."""
    return jnp.stack(_rotated(tuple(vector), *quaternion))


def upright(gravity_b: jax.Array) -> jax.Array:
    """A rotation [4] from a frame to the world in which gravity's direction is `gravity_b` [3].

    It turns the frame's up, -gravity_b, to z by the shortest way.
    """
    up = -gravity_b / jnp.linalg.norm(gravity_b)
    rotation = jnp.stack([1.0 + up[2], up[1], -up[0], jnp.zeros(())])
    return rotation / jnp.linalg.norm(rotation)


def rotate_inverse(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    """A vector [3] of the frame the rotation starts from, in the rotated frame."""
    w, x, y, z = quaternion
    return jnp.stack(_rotated(tuple(vector), w, -x, -y, -z))


def _rotated(v: tuple, w: jax.Array, x: jax.Array, y: jax.Array, z: jax.Array) -> tuple:
    """v + 2 w (u × v) + 2 u × (u × v), by components: one fused loop over a batch instead of many small arrays."""
    cx, cy, cz = 2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])
    return (
        v[0] + w * cx + y * cz - z * cy,
        v[1] + w * cy + z * cx - x * cz,
        v[2] + w * cz + x * cy - y * cx,
    )


def about_axis(axis: jax.Array, angle: jax.Array) -> jax.Array:
    """The rotation [4] by `angle` [] rad about a unit axis [3]."""
    return jnp.concatenate([jnp.cos(angle / 2)[None], jnp.sin(angle / 2) * axis])


def heading_of(quaternion: jax.Array) -> jax.Array:
    """Yaw [] of a quaternion, rad in (-pi, pi]."""
    w, x, y, z = quaternion
    return jnp.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def to_heading_frame(vector_w: jax.Array, heading: jax.Array) -> jax.Array:
    """A world vector [3] in the frame that is turned by `heading` [] rad about z."""
    cos, sin = jnp.cos(heading), jnp.sin(heading)
    x, y, z = vector_w
    return jnp.stack([cos * x + sin * y, cos * y - sin * x, z])
