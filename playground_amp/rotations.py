"""Unit quaternions, wxyz, and turns about the vertical: one arithmetic for NumPy and JAX.

What comes back is NumPy's if everything given is, else JAX's. Arrays may have leading axes, "[..., 4]", alike in all
arguments that have any; a program of JAX's may as well leave them to `vmap`.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    import jax

Array = TypeVar("Array", np.ndarray, "jax.Array")


def multiply(p: Array, q: Array) -> Array:
    """Hamilton product p ⊗ q [..., 4]: the rotation q, then p."""
    xp = _module(p, q)
    pw, px, py, pz = _parts(p)
    qw, qx, qy, qz = _parts(q)
    return xp.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def conjugate(quaternion: Array) -> Array:
    """The rotation [..., 4] back."""
    w, x, y, z = _parts(quaternion)
    return _module(quaternion).stack([w, -x, -y, -z], axis=-1)


def rotate(vector: Array, quaternion: Array) -> Array:
    """A vector [..., 3] of the rotated frame, in the frame the rotation starts from."""
    return _module(vector, quaternion).stack(rotated(_parts(vector), *_parts(quaternion)), axis=-1)


def rotate_inverse(vector: Array, quaternion: Array) -> Array:
    """A vector [..., 3] of the frame the rotation starts from, in the rotated frame."""
    w, x, y, z = _parts(quaternion)
    return _module(vector, quaternion).stack(rotated(_parts(vector), w, -x, -y, -z), axis=-1)


def rotated(v: tuple, w: Any, x: Any, y: Any, z: Any) -> tuple:
    """v + 2 w (u × v) + 2 u × (u × v), by components: one fused loop over a batch instead of many small arrays."""
    cx, cy, cz = 2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])
    return (
        v[0] + w * cx + y * cz - z * cy,
        v[1] + w * cy + z * cx - x * cz,
        v[2] + w * cz + x * cy - y * cx,
    )


def upright(gravity_b: Array) -> Array:
    """A rotation [4] from a frame to the world in which gravity's direction is `gravity_b` [3].

    It turns the frame's up, -gravity_b, to z by the shortest way: about x if the frame is exactly upside down, where
    there are many.
    """
    xp = _module(gravity_b)
    up = -gravity_b / xp.linalg.norm(gravity_b)
    rotation = xp.stack([1.0 + up[2], up[1], -up[0], xp.zeros(())])
    length = xp.linalg.norm(rotation)
    is_over = length == 0.0
    return xp.where(
        is_over, xp.asarray([0.0, 1.0, 0.0, 0.0], rotation.dtype), rotation / xp.where(is_over, 1.0, length)
    )


def about_axis(axis: Array, angle: Array) -> Array:
    """The rotation [..., 4] by `angle` [...] rad about a unit axis [3] or [..., 3]."""
    xp = _module(axis, angle)
    return xp.concatenate([xp.cos(angle / 2)[..., None], xp.sin(angle / 2)[..., None] * axis], axis=-1)


def about_vertical(angle: Array) -> Array:
    """The rotation [..., 4] by `angle` [...] rad about z."""
    xp = _module(angle)
    half = angle / 2
    zero = xp.zeros_like(half)
    return xp.stack([xp.cos(half), zero, zero, xp.sin(half)], axis=-1)


def rotation_vector(quaternion: Array) -> Array:
    """Axis times angle [..., 3], the angle in [0, pi] rad."""
    xp = _module(quaternion)
    turn = quaternion * xp.where(quaternion[..., :1] < 0, -1.0, 1.0)
    sine = xp.linalg.norm(turn[..., 1:], axis=-1, keepdims=True)
    angle = 2 * xp.arctan2(sine, turn[..., :1])
    return turn[..., 1:] * xp.where(sine > 1e-12, angle / xp.maximum(sine, 1e-12), 2.0)


def matrix_of(quaternion: Array) -> Array:
    """The matrix [..., 3, 3] that does what `rotate` does."""
    xp = _module(quaternion)
    w, x, y, z = _parts(quaternion)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return xp.stack([xp.stack(row, axis=-1) for row in rows], axis=-2)


def matrix_about_axis(axis: np.ndarray, angle: Array) -> Array:
    """The matrix [..., 3, 3] of a turn by `angle` [...] rad about a unit axis [3] (Rodrigues)."""
    xp = _module(angle)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    s, c = xp.sin(angle)[..., None, None], xp.cos(angle)[..., None, None]
    return np.eye(3) + s * cross + (1 - c) * (cross @ cross)


def heading_of(quaternion: Array) -> Array:
    """Yaw [...] of a quaternion, rad in (-pi, pi]."""
    w, x, y, z = _parts(quaternion)
    return _module(quaternion).arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def to_heading_frame(vector_w: Array, heading: Array) -> Array:
    """A world vector [..., 2 or 3] in the frame that is turned by `heading` [...] rad about z."""
    xp = _module(vector_w, heading)
    cos, sin = xp.cos(heading), xp.sin(heading)
    x, y, *z = _parts(vector_w)
    return xp.stack([cos * x + sin * y, cos * y - sin * x, *z], axis=-1)


def from_heading_frame(vector: Array, heading: Array) -> Array:
    """A vector [..., 2 or 3] of the frame that is turned by `heading` [...] rad about z, in the world.

    One vector [2 or 3] may be given for many headings.
    """
    xp = _module(vector, heading)
    cos, sin = xp.cos(heading), xp.sin(heading)
    x, y, *rest = _parts(vector)
    along, across = cos * x - sin * y, sin * x + cos * y
    return xp.stack([along, across, *(xp.broadcast_to(z, along.shape) for z in rest)], axis=-1)


def _parts(array: Any) -> tuple:
    """The components, each with the leading axes."""
    return tuple(array) if array.ndim == 1 else tuple(array[..., index] for index in range(array.shape[-1]))


def _module(*arrays: Any) -> ModuleType:
    if all(isinstance(array, np.ndarray | np.generic | float) for array in arrays):
        return np
    # Imported here: much of motion/ works without JAX.
    import jax.numpy as jnp

    return jnp
