"""Forward kinematics of a robot's feet, as a pure function of the configuration.

Every engine uses this one function, so a foot position always belongs to the state beside it (an engine's own
derived fields lag the state by one substep), and reference motion gets its feet from the same arithmetic.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.robot.record import BASE_QPOS_SIZE, Chain, Robot

Components = list[jax.Array | float]  # x, y, z of a point, m
_UNTURNED = (1.0, 0.0, 0.0, 0.0)


def make_foot_kinematics(robot: Robot) -> Callable[[jax.Array], jax.Array]:
    """The function qpos [7 + J] → the soles' centers in the base frame [2, 3] m, left and right."""

    def foot_positions_b(qpos: jax.Array) -> jax.Array:
        return jnp.stack([end_point(leg, qpos) for leg in robot.legs])

    return foot_positions_b


def end_point(chain: Chain, qpos: jax.Array) -> jax.Array:
    """The chain's end [3] m in the base frame, at a configuration [7 + J].

    Folds the chain from its end inwards: p ← offset + R p, by components (one fused loop).
    """
    point: Components = [float(x) for x in chain.tip]
    links = zip(chain.joints, chain.offset, chain.rotation, chain.axis, strict=True)
    for joint, offset, rotation, axis in reversed(list(links)):
        turned = _turned(point, rotation, axis, qpos[BASE_QPOS_SIZE + joint])
        point = [float(x) + y for x, y in zip(offset, turned, strict=True)]
    return jnp.stack(point)


def end_orientation(chain: Chain, base_quaternion_w: jax.Array, joint_position: jax.Array) -> jax.Array:
    """The rotation [4] wxyz of the frame at the chain's end against the world, at joint positions [J] rad."""
    orientation, plain = base_quaternion_w, all(tuple(each) == _UNTURNED for each in chain.rotation)
    for joint, rotation, axis in zip(chain.joints, chain.rotation, chain.axis, strict=True):
        if not plain:  # else XLA fuses all products into one loop, whose code is four times as long for every link
            orientation = jax.lax.optimization_barrier(orientation)
        orientation = rotations.multiply(orientation, _turn(rotation, axis, joint_position[joint]))
    if tuple(chain.tip_rotation) == _UNTURNED:
        return orientation
    return rotations.multiply(orientation, jnp.asarray(chain.tip_rotation, orientation.dtype))


def _turned(point: Components, rotation: np.ndarray, axis: np.ndarray, angle: jax.Array) -> Components:
    """A point of a hinge's frame in the frame before it, but for the offset."""
    (along, *others) = np.flatnonzero(axis)
    if others or tuple(rotation) != _UNTURNED:
        return _turned_anyhow(point, rotations.matrix_of(rotation), axis, angle)
    angle = float(axis[along]) * angle
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    first, second = (along + 1) % 3, (along + 2) % 3
    a, b = point[first], point[second]
    turned = list(point)
    turned[first], turned[second] = cos * a - sin * b, sin * a + cos * b
    return turned


def _turned_anyhow(point: Components, rotation: np.ndarray, axis: np.ndarray, angle: jax.Array) -> Components:
    """The same for any frame [3, 3] and axis: R = F u uᵀ + cos F (1 - u uᵀ) + sin F [u]×, constants in brackets."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    kept = rotation @ np.outer(axis, axis)
    across = rotation - kept
    around = rotation @ np.cross(np.eye(3), axis)
    matrix = [
        [float(kept[i, j]) + float(across[i, j]) * cos + float(around[i, j]) * sin for j in range(3)] for i in range(3)
    ]
    return [row[0] * point[0] + row[1] * point[1] + row[2] * point[2] for row in matrix]


def _turn(rotation: np.ndarray, axis: np.ndarray, angle: jax.Array) -> jax.Array:
    """The rotation [4] of a hinge's frame against the frame before it."""
    if tuple(rotation) == _UNTURNED:
        return rotations.about_axis(jnp.asarray(axis, angle.dtype), angle)
    half = angle / 2
    quarter = rotations.multiply(rotation, np.append(0.0, axis))
    return jnp.cos(half) * jnp.asarray(rotation, angle.dtype) + jnp.sin(half) * jnp.asarray(quarter, angle.dtype)
