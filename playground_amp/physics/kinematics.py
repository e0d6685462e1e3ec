"""Forward kinematics of the feet, as a pure function of the configuration.

Every engine uses this one function, so a foot position always belongs to the state beside it (an engine's own
derived fields lag the state by one substep), and reference motion gets its feet from the same arithmetic.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from playground_amp.robot.models import model_of
from playground_amp.robot.names import FOOT_NAMES
from playground_amp.robot.record import Robot


class _Link(NamedTuple):
    """A body on the way from the base to a foot: offset from its parent, and the hinge that turns it."""

    offset: np.ndarray  # [3] m
    axis: int  # 0, 1, 2: turns about x, y, z
    direction: float  # +1 or -1: about that axis or against it
    qpos_index: int


def make_foot_kinematics(robot: Robot) -> Callable[[jax.Array], jax.Array]:
    """The function qpos [18] → foot positions in the base frame [2, 3] (left, right; center of the sole's underside).

    Raises:
      ValueError: a body between base and foot that is not one hinge about x, y or z at its own origin.
    """
    chains = [_chain(model_of(robot), site) for site in FOOT_NAMES]

    def foot_positions_b(qpos: jax.Array) -> jax.Array:
        return jnp.stack([_end_point(qpos, links, tip) for links, tip in chains])

    return foot_positions_b


def _end_point(qpos: jax.Array, links: list[_Link], tip: np.ndarray) -> jax.Array:
    """Folds the chain from the tip inwards: p ← offset + R(axis, angle) p, by components (one fused loop)."""
    point: list[jax.Array | float] = [float(x) for x in tip]
    for link in reversed(links):
        angle = link.direction * qpos[link.qpos_index]
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        first, second = (link.axis + 1) % 3, (link.axis + 2) % 3
        a, b = point[first], point[second]
        point[first], point[second] = cos * a - sin * b, sin * a + cos * b
        point = [float(offset) + x for offset, x in zip(link.offset, point, strict=True)]
    return jnp.stack(point)


def _chain(model: mujoco.MjModel, site_name: str) -> tuple[list[_Link], np.ndarray]:
    site = model.site(site_name)
    links = []
    body = model.body(int(site.bodyid[0]))
    while model.body(int(body.parentid[0])).id != 0:
        if body.jntnum[0] != 1 or not np.allclose(body.quat, (1, 0, 0, 0)):
            raise ValueError(f"body {body.name!r} is not one hinge with axes parallel to its parent's")
        joint = model.joint(int(body.jntadr[0]))
        if np.any(joint.pos != 0):
            raise ValueError(f"joint {joint.name!r} does not turn about its body's origin")
        axis = int(np.argmax(np.abs(joint.axis)))
        if abs(joint.axis[axis]) != 1.0:
            raise ValueError(f"joint {joint.name!r} does not turn about x, y or z of its body")
        links.append(_Link(body.pos.copy(), axis, float(joint.axis[axis]), int(joint.qposadr[0])))
        body = model.body(int(body.parentid[0]))
    return links[::-1], site.pos.copy()
