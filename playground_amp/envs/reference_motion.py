"""Reference motion as the task uses it: states to start from, and the posture due at a command and a gait phase."""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp import rotations
from playground_amp.robot.record import BASE_QPOS_SIZE

_Z_AXIS = (0.0, 0.0, 1.0)


class ReferenceStates(NamedTuple):
    """Moments of reference motion [M], each a start of an episode."""

    qpos: jax.Array  # [M, 7 + J]
    qvel: jax.Array  # [M, 6 + J]
    command: jax.Array  # [M, 3] forward m/s, sideways m/s, yaw rate rad/s
    gait_phase: jax.Array  # [M] in [0, 1)


class Followed(NamedTuple):
    """Where one robot should be that follows a clip."""

    moment: jax.Array  # [] int32, of all moments of all clips
    place: jax.Array  # [2] m: where the clip's x = y = 0 lies in the world
    heading: jax.Array  # [] rad: which way the clip's x axis points there


class PostureTable(NamedTuple):
    """Joint positions over a grid of commands and the gait cycle, interpolated linearly; an axis may have one value."""

    forward: jax.Array  # [X] m/s, rising
    sideways: jax.Array  # [Y] m/s, rising
    yaw_rate: jax.Array  # [W] rad/s, rising
    joint_position: jax.Array  # [X, Y, W, P + 1, J] rad; the last phase is the first one again
    spread: jax.Array  # [] rad², mean squared distance of all joints from where they are on the average of a cycle

    def at(self, command: jax.Array, gait_phase: jax.Array) -> jax.Array:
        """Joint positions [J] rad for a command [3] at a phase []; beyond the grid those of its edge."""
        axes = (self.forward, self.sideways, self.yaw_rate)
        sizes = self.joint_position.shape[:4]
        place = [
            jnp.interp(value, axis, jnp.arange(len(axis))) if len(axis) > 1 else jnp.zeros(())
            for value, axis in zip(command, axes, strict=True)
        ]
        place.append(gait_phase * (sizes[3] - 1))
        lower = [jnp.minimum(x.astype(jnp.int32), max(n - 2, 0)) for x, n in zip(place, sizes, strict=True)]
        posture = jnp.zeros(self.joint_position.shape[-1])
        corners = product(*((0, 1) if n > 1 else (0,) for n in sizes))
        for corner in corners:  # rows of the table are fetched whole: 16 gathers at most
            near = [1 - jnp.abs(x - (low + up)) for x, low, up in zip(place, lower, corner, strict=True)]
            row = self.joint_position[tuple(low + up for low, up in zip(lower, corner, strict=True))]
            posture += near[0] * near[1] * near[2] * near[3] * row
        return posture


def draw_start(states: ReferenceStates, uniform: jax.Array, heading: jax.Array) -> ReferenceStates:
    """A state [] of `states`, chosen by `uniform` [] in [0, 1), above the origin, looking along `heading` [] rad."""
    moment = (uniform * len(states.qpos)).astype(jnp.int32)
    chosen = jax.tree.map(lambda x: x[moment], states)
    turn = heading - rotations.heading_of(chosen.qpos[3:7])
    rotation = rotations.about_axis(jnp.array(_Z_AXIS), turn)
    place = jnp.stack([jnp.zeros(()), jnp.zeros(()), chosen.qpos[2]])
    attitude = rotations.multiply(rotation, chosen.qpos[3:7])
    return chosen._replace(
        qpos=jnp.concatenate([place, attitude, chosen.qpos[BASE_QPOS_SIZE:]]),
        qvel=jnp.concatenate([rotations.to_heading_frame(chosen.qvel[:3], -turn), chosen.qvel[3:]]),
    )
