"""What a task may know of the robot: one record, the same from every engine.

Frames: `_w` world, `_b` base (x forward, y left, z up), `_h` heading (the base's yaw only, z up).
Lengths in m, angles in rad, forces in N. Quaternions are wxyz.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp import rotations
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

SWITCH_FORCE = 2.0  # N; a foot switch of WildRobot closes above it (data sheet), of others in proportion to weight
RUNAWAY_SPEED = 1000.0  # m/s, rad/s; a hundred times what servos and falls reach: the integration has blown up


class Readings(NamedTuple):
    """The state of one robot after a control step."""

    base_position_w: jax.Array  # [3]
    base_height: jax.Array  # [] m over the ground below
    base_quaternion_w: jax.Array  # [4] wxyz
    heading: jax.Array  # [] yaw of the base, rad
    gravity_b: jax.Array  # [3] unit vector, (0, 0, -1) when upright
    gyro_b: jax.Array  # [3] rad/s
    linear_velocity_b: jax.Array  # [3] m/s
    linear_velocity_h: jax.Array  # [3] m/s
    joint_position: jax.Array  # [J] rad
    joint_velocity: jax.Array  # [J] rad/s
    joint_torque: jax.Array  # [J] N·m, at the joint, during the last physics step
    foot_position_b: jax.Array  # [2, 3] center of the sole's underside; left, right
    foot_position_w: jax.Array  # [2, 3]
    foot_height: jax.Array  # [2] m, of that point over the ground below
    foot_velocity_w: jax.Array  # [2, 3] m/s
    switch_force: jax.Array  # [4] N normal force of the last physics step: left toe, left heel, right toe, right heel
    foot_switch: jax.Array  # [4] bool, closed
    finite: jax.Array  # [] bool: the engine's state is finite, and no speed is beyond RUNAWAY_SPEED


def make_readings(robot: Robot) -> Callable[[jax.Array, jax.Array, jax.Array, jax.Array], Readings]:
    """The function (qpos [7 + J], qvel [6 + J], switch_force [4], joint_torque [J]) → Readings, for one robot.

    MuJoCo's free joint gives the linear velocity in the world and the angular velocity in the base frame.
    """
    foot_positions_b = make_foot_kinematics(robot)
    height_over_ground = make_height_over_ground(robot)
    closing_force = SWITCH_FORCE * scale_of(robot).force

    def foot_positions_w(qpos: jax.Array) -> jax.Array:
        return qpos[:3] + jax.vmap(rotations.rotate, (0, None))(foot_positions_b(qpos), qpos[3:7])

    def readings(qpos: jax.Array, qvel: jax.Array, switch_force: jax.Array, joint_torque: jax.Array) -> Readings:
        quaternion = qpos[3:7]
        heading = rotations.heading_of(quaternion)
        foot_position_w, foot_velocity_w = jax.jvp(foot_positions_w, (qpos,), (_qpos_rate(qpos, qvel),))
        finite = jnp.isfinite(qpos).all() & (jnp.abs(qvel) < RUNAWAY_SPEED).all()  # NaN is below nothing
        return Readings(
            base_position_w=qpos[:3],
            base_height=height_over_ground(qpos[:3]),
            base_quaternion_w=quaternion,
            heading=heading,
            gravity_b=rotations.rotate_inverse(jnp.array([0.0, 0.0, -1.0]), quaternion),
            gyro_b=qvel[3:6],
            linear_velocity_b=rotations.rotate_inverse(qvel[:3], quaternion),
            linear_velocity_h=rotations.to_heading_frame(qvel[:3], heading),
            joint_position=qpos[BASE_QPOS_SIZE:],
            joint_velocity=qvel[BASE_QVEL_SIZE:],
            joint_torque=joint_torque,
            foot_position_b=foot_positions_b(qpos),
            foot_position_w=foot_position_w,
            foot_height=jax.vmap(height_over_ground)(foot_position_w),
            foot_velocity_w=foot_velocity_w,
            switch_force=switch_force,
            foot_switch=switch_force > closing_force,
            finite=finite,
        )

    return readings


def _qpos_rate(qpos: jax.Array, qvel: jax.Array) -> jax.Array:
    """d qpos / dt [7 + J] of a velocity [6 + J]: q̇ = ½ q ⊗ (0, ω_b) for the base's quaternion, qvel elsewhere."""
    spin = jnp.concatenate([jnp.zeros(1, qvel.dtype), qvel[3:6]])
    return jnp.concatenate([qvel[:3], 0.5 * rotations.multiply(qpos[3:7], spin), qvel[6:]])
