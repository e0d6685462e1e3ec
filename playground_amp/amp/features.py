"""What the discriminator sees of a motion: one function, for the policy's steps and for demonstrations alike.

No contacts (a reference has none that physics would agree to), no heading and no place on the floor (the motion is the
same everywhere). The command stands beside them where the discriminator is asked (learner.py).
"""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.robot.record import SIDES, Robot

_XYZ = ("x", "y", "z")


@cache
def frame_names(robot: Robot) -> tuple[str, ...]:
    """What the numbers of a frame are, [F] in order, as `part/name`."""
    parts = {
        "gravity_b": _XYZ,
        "linear_velocity_h": _XYZ,
        "angular_velocity_h": _XYZ,
        "joint_position": robot.joint_names,
        "joint_velocity": robot.joint_names,
        "foot_position_b": tuple(f"{side}_{axis}" for side in SIDES for axis in _XYZ),
    }
    return tuple(f"{part}/{name}" for part, names in parts.items() for name in names)


@cache
def feature_names(robot: Robot) -> tuple[str, ...]:
    """What the features of a step are, [2 F]: two frames, one control period apart."""
    return tuple(f"{when}/{name}" for when in ("before", "after") for name in frame_names(robot))


def frame(readings: Readings) -> jax.Array:
    """One moment of one robot, [F] in the order of `frame_names`: 1, m/s, rad/s, rad, rad/s, m."""
    angular_velocity_w = rotations.rotate(readings.gyro_b, readings.base_quaternion_w)
    return jnp.concatenate(
        [
            readings.gravity_b,
            readings.linear_velocity_h,
            rotations.to_heading_frame(angular_velocity_w, readings.heading),
            readings.joint_position,
            readings.joint_velocity,
            readings.foot_position_b.ravel(),
        ]
    )


def transition(before: Readings, after: Readings) -> jax.Array:
    """The features [2 F] of a robot's step from one control step to the next."""
    return jnp.concatenate([frame(before), frame(after)])


@cache
def make_state_frames(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The function (qpos [T, 7 + J], qvel [T, 6 + J]) → frames [T, F], through the readings that every engine gives.

    One a robot, so that it compiles once for all clips of a length.
    """
    readings, no_torques = make_readings(robot), jnp.zeros(len(robot.joint_names))
    no_switches = jnp.zeros(sum(len(sole.switches) for sole in robot.soles))
    return jax.jit(jax.vmap(lambda qpos, qvel: frame(readings(qpos, qvel, no_switches, no_torques))))


def state_transitions(robot: Robot, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
    """The features [T - 1, 2 F] of the steps between states, qpos [T, 7 + J] and qvel [T, 6 + J]."""
    frames = np.asarray(make_state_frames(robot)(jnp.asarray(qpos, jnp.float32), jnp.asarray(qvel, jnp.float32)))
    return np.hstack([frames[:-1], frames[1:]])
