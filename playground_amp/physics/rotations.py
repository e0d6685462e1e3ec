"""Unit quaternions, wxyz, for JAX. All functions take one quaternion and one vector; batch them with `vmap`."""

import jax
import jax.numpy as jnp


def multiply(p: jax.Array, q: jax.Array) -> jax.Array:
    """Hamilton product p ⊗ q [4]: the rotation q, then p."""
    scalar = p[0] * q[0] - jnp.dot(p[1:], q[1:])
    vector = p[0] * q[1:] + q[0] * p[1:] + jnp.cross(p[1:], q[1:])
    return jnp.concatenate([scalar[None], vector])


def rotate(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    """A vector [3] of the rotated frame, in the frame the rotation starts from: v + 2 w (u × v) + 2 u × (u × v)."""
    w, u = quaternion[0], quaternion[1:]
    cross = 2 * jnp.cross(u, vector)
    return vector + w * cross + jnp.cross(u, cross)


def rotate_inverse(vector: jax.Array, quaternion: jax.Array) -> jax.Array:
    """A vector [3] of the frame the rotation starts from, in the rotated frame."""
    return rotate(vector, quaternion * jnp.array([1.0, -1.0, -1.0, -1.0]))


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
