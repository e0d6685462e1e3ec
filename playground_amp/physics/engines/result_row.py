"""Where the numbers of a robot lie in the row that a batched engine gives back."""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.physics.protocol import PhysicsState
from playground_amp.robot.record import Robot


class ResultRow:
    """Positions, velocities, warm start, time; the foot switches' forces; the joint torques. `width` numbers."""

    def __init__(self, robot: Robot):
        sizes = [robot.nq, robot.nv, robot.nv, 1, len(robot.switch_names), robot.num_joints]
        self.width = sum(sizes)
        self._splits = np.cumsum(sizes[:-1])

    def unpack(self, row: jax.Array) -> tuple[PhysicsState, jax.Array, jax.Array]:
        """State, switches' forces [4] and joint torques [J] of a row [width]."""
        qpos, qvel, warmstart, time, switch_force, joint_torque = jnp.split(row, self._splits)
        return PhysicsState(qpos, qvel, warmstart, time[0]), switch_force, joint_torque
