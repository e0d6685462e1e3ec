"""What the discriminator sees of a motion: one function, for the policy's steps and for demonstrations alike.

No contacts (a reference has none that physics would agree to), no command (the task's business), no heading and no
place on the floor (the motion is the same everywhere).
"""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.physics.readings import Readings, make_readings
from playground_amp.robot.names import JOINT_NAMES
from playground_amp.robot.record import Robot

_PARTS = {  # name: numbers
    "gravity_b": ("x", "y", "z"),
    "linear_velocity_h": ("x", "y", "z"),
    "angular_velocity_h": ("x", "y", "z"),
    "joint_position": JOINT_NAMES,
    "joint_velocity": JOINT_NAMES,
    "foot_position_b": tuple(f"{side}_{axis}" for side in ("left", "right") for axis in "xyz"),
}
FRAME_NAMES = tuple(f"{part}/{name}" for part, names in _PARTS.items() for name in names)
FRAME_SIZE = len(FRAME_NAMES)  # 37
FEATURE_NAMES = tuple(f"{when}/{name}" for when in ("before", "after") for name in FRAME_NAMES)
FEATURE_SIZE = len(FEATURE_NAMES)  # two frames, one control period apart


def frame(readings: Readings) -> jax.Array:
    """One moment of one robot, [37] in the order of `FRAME_NAMES`: 1, m/s, rad/s, rad, rad/s, m."""
    angular_velocity_w = rotations.rotate(readings.gyro_b, readings.base_quaternion_w)
    parts = {
        "gravity_b": readings.gravity_b,
        "linear_velocity_h": readings.linear_velocity_h,
        "angular_velocity_h": rotations.to_heading_frame(angular_velocity_w, readings.heading),
        "joint_position": readings.joint_position,
        "joint_velocity": readings.joint_velocity,
        "foot_position_b": readings.foot_position_b.ravel(),
    }
    return jnp.concatenate([parts[name] for name in _PARTS])


def transition(before: Readings, after: Readings) -> jax.Array:
    """The features [74] of a robot's step from one control step to the next."""
    return jnp.concatenate([frame(before), frame(after)])


@cache
def make_state_frames(robot: Robot) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The function (qpos [T, 18], qvel [T, 17]) → frames [T, 37], through the readings that every engine gives.

    One a robot, so that it compiles once for all clips of a length.
    """
    readings, no_switches, no_torques = make_readings(robot), jnp.zeros(4), jnp.zeros(11)
    return jax.jit(jax.vmap(lambda qpos, qvel: frame(readings(qpos, qvel, no_switches, no_torques))))


def state_transitions(robot: Robot, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
    """The features [T - 1, 74] of the steps between states that follow each other, qpos [T, 18] and qvel [T, 17]."""
    frames = np.asarray(make_state_frames(robot)(jnp.asarray(qpos, jnp.float32), jnp.asarray(qvel, jnp.float32)))
    return np.hstack([frames[:-1], frames[1:]])
