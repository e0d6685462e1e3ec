"""Puts a robot on the ground of its scene: where it stands, and how high its base is there."""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.physics.sole import sole_points
from playground_amp.robot.record import BASE_QPOS_SIZE, Heights, Patchwork, Robot
from playground_amp.robot.scale import scale_of
from playground_amp.robot.terrain import MAX_BUMP

PLACE_DRAWS = 2  # random numbers a place takes
_CLEARANCE = 0.002  # m between the lower sole and the ground at a start, for WildRobot
_AREA = 4 / 22  # of the ground's half length: starts on rough ground lie within this of the origin, each way


class Placing:
    """Places for one robot."""

    def __init__(self, robot: Robot):
        self._ground = robot.ground
        scale = scale_of(robot)
        self._clearance = _CLEARANCE * scale.length
        self._bump = MAX_BUMP * scale.height
        self._home_qpos = jnp.asarray(robot.home_qpos, jnp.float32)
        self._foot_positions_b = make_foot_kinematics(robot)
        self._height_over_ground = make_height_over_ground(robot)
        self._sole_points = jnp.asarray(sole_points(robot), jnp.float32)

    def place(self, uniform: jax.Array, share: jax.Array | float = 1.0) -> jax.Array:
        """x and y [2] m by `uniform` [PLACE_DRAWS]: the origin of a flat floor; on rough ground anywhere near it.

        On plane patches somewhere in the `share` [] of their starts that is easiest.
        """
        match self._ground:
            case None:
                return jnp.zeros(2)
            case Patchwork():
                return _among(self._ground.starts, uniform, share)
            case Heights():
                return _AREA * self._ground.half_length * (2 * uniform - 1)

    def standing(self, joints: jax.Array, heading: jax.Array, place: jax.Array) -> jax.Array:
        """Configuration [7 + J] with level base and the lower sole just above the ground around it."""
        half = heading / 2
        quaternion = jnp.stack([jnp.cos(half), jnp.zeros(()), jnp.zeros(()), jnp.sin(half)])
        qpos = self._home_qpos.at[:2].set(place).at[3:7].set(quaternion).at[BASE_QPOS_SIZE:].set(joints)
        return qpos.at[2].set(self._clearance - self._lowest(qpos))

    def moved(self, qpos: jax.Array, place: jax.Array) -> jax.Array:
        """A configuration [7 + J] made for a flat floor, elsewhere.

        On rough ground it is clear of the bumps at the place; on plane patches the lower sole is as far off the ground
        as it was.
        """
        if self._ground is None:
            return qpos
        if isinstance(self._ground, Heights):
            ground = -self._height_over_ground(jnp.append(place, 0.0))
            return qpos.at[:2].set(place).at[2].add(ground + self._bump)
        there = qpos.at[:2].set(place)
        was, lies = jnp.min(self._points_under(qpos)[:, 2]), self._lowest(there)
        return there.at[2].add(was - lies)

    def _lowest(self, qpos: jax.Array) -> jax.Array:
        """Height [] m of the soles over the ground, were the base at height 0. The soles are taken as level."""
        if self._ground is None:
            return jnp.min(self._foot_positions_b(qpos)[:, 2])
        points_w = self._points_under(qpos) + jnp.append(qpos[:2], 0.0)
        return jnp.min(jax.vmap(self._height_over_ground)(points_w))

    def _points_under(self, qpos: jax.Array) -> jax.Array:
        """Points [18, 3] m of the soles from the base, in the world's axes. The soles are taken as level."""
        points = (self._foot_positions_b(qpos)[:, None] + self._sole_points).reshape(-1, 3)
        return jax.vmap(rotations.rotate, (0, None))(points, qpos[3:7])


def _among(starts: np.ndarray, uniform: jax.Array, share: jax.Array | float) -> jax.Array:
    """A place [2] m by `uniform` [2] in the easiest of some starts: the first, and that `share` [] of the others."""
    begin, end, half_width, weight = jnp.asarray(starts, jnp.float32).T
    reached = jnp.cumsum(weight)
    chosen = uniform[0] * (reached[0] + share * (reached[-1] - reached[0]))
    index = jnp.minimum(jnp.sum(reached <= chosen), len(starts) - 1)
    along = (chosen - (reached[index] - weight[index])) / weight[index]
    x = begin[index] + along * (end[index] - begin[index])
    return jnp.stack([x, half_width[index] * (2 * uniform[1] - 1)])
