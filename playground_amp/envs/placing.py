"""Puts a robot on the ground of its scene: where it stands, and how high its base is there."""

import jax
import jax.numpy as jnp

from playground_amp import rotations
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.physics.sole import sole_points
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.scale import scale_of
from playground_amp.robot.terrain import MAX_BUMP

PLACE_DRAWS = 2  # random numbers a place takes
_CLEARANCE = 0.002  # m between the lower sole and the ground at a start, for WildRobot
_AREA = 4 / 22  # of the ground's half length: starts on rough ground lie within this of the origin, each way


class Placing:
    """Places for one robot."""

    def __init__(self, robot: Robot):
        self._rough = robot.ground is not None
        self._area = _AREA * robot.ground.half_length if robot.ground else 0.0  # m
        scale = scale_of(robot)
        self._clearance = _CLEARANCE * scale.length
        self._bump = MAX_BUMP * scale.height
        self._home_qpos = jnp.asarray(robot.home_qpos, jnp.float32)
        self._foot_positions_b = make_foot_kinematics(robot)
        self._height_over_ground = make_height_over_ground(robot)
        self._sole_points = jnp.asarray(sole_points(robot), jnp.float32)

    def place(self, uniform: jax.Array) -> jax.Array:
        """x and y [2] m: the origin of a flat floor; on rough ground, by `uniform` [PLACE_DRAWS], anywhere near it."""
        return self._area * (2 * uniform - 1) if self._rough else jnp.zeros(2)

    def standing(self, joints: jax.Array, heading: jax.Array, place: jax.Array) -> jax.Array:
        """Configuration [7 + J] with level base and the lower sole just above the ground around it."""
        half = heading / 2
        quaternion = jnp.stack([jnp.cos(half), jnp.zeros(()), jnp.zeros(()), jnp.sin(half)])
        qpos = self._home_qpos.at[:2].set(place).at[3:7].set(quaternion).at[BASE_QPOS_SIZE:].set(joints)
        return qpos.at[2].set(self._clearance - self._lowest(qpos))

    def moved(self, qpos: jax.Array, place: jax.Array) -> jax.Array:
        """A configuration [7 + J] made for a flat floor, elsewhere: on rough ground clear of the bumps at a place."""
        if not self._rough:
            return qpos
        ground = -self._height_over_ground(jnp.append(place, 0.0))
        return qpos.at[:2].set(place).at[2].add(ground + self._bump)

    def _lowest(self, qpos: jax.Array) -> jax.Array:
        """Height [] m of the soles over the ground, were the base at height 0. The soles are taken as level."""
        feet = self._foot_positions_b(qpos)
        if not self._rough:
            return jnp.min(feet[:, 2])
        points = (feet[:, None] + self._sole_points).reshape(-1, 3)
        points_w = jax.vmap(rotations.rotate, (0, None))(points, qpos[3:7]) + jnp.append(qpos[:2], 0.0)
        return jnp.min(jax.vmap(self._height_over_ground)(points_w))
