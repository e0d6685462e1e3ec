"""What the actor and the critic see.

The actor sees only what the robot's own sensors know. On the robot the IMU sits on the chest; its readings are turned
into the base frame by the measured waist yaw. The critic, which is used in training only, sees the truth besides.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.envs import gait
from playground_amp.physics.readings import Readings
from playground_amp.robot import mirror
from playground_amp.robot.robot import load_robot

GYRO_SCALE = 0.25
JOINT_VELOCITY_SCALE = 0.05
FORCE_SCALE = 0.05  # 1/N; half the robot's weight becomes about 1

_JOINTS = mirror.joints(load_robot())
ACTOR_LAYOUT = {  # name: how the robot's mirror image sees it
    "gravity_b": mirror.POLAR,
    "gyro_b": mirror.AXIAL,
    "joint_position": _JOINTS,
    "joint_velocity": _JOINTS,
    "previous_action": _JOINTS,
    "command": mirror.PLANAR_VELOCITY,
    "gait_clock": mirror.signs(-1, -1),  # half a cycle later
}
CRITIC_LAYOUT = ACTOR_LAYOUT | {
    "linear_velocity_h": mirror.POLAR,
    "average_velocity": mirror.PLANAR_VELOCITY,
    "base_height": mirror.signs(1),
    "foot_position_b": mirror.both_sides(mirror.POLAR),
    "foot_velocity_h": mirror.both_sides(mirror.POLAR),
    "switch_force": mirror.both_sides(mirror.signs(1, 1)),
    "floor_friction": mirror.signs(1),
    "push_force_h": mirror.POLAR,
}
OBSERVATION_SCALES = {"gyro_b": GYRO_SCALE, "joint_velocity": JOINT_VELOCITY_SCALE}  # of the actor's parts; 1 elsewhere
ACTOR_SIZE = sum(part.size for part in ACTOR_LAYOUT.values())
ACTION_MIRROR = _JOINTS
_FRAME_MIRROR = mirror.stack(*ACTOR_LAYOUT.values())
_CRITIC_MIRROR = mirror.stack(*CRITIC_LAYOUT.values())


def observation_sizes(history: int) -> dict[str, int]:
    """How many numbers each observation has, the actor's of so many frames."""
    return {"state": ACTOR_SIZE * history, "privileged_state": _CRITIC_MIRROR.size}


def observation_mirrors(actor_size: int) -> dict[str, mirror.Mirror]:
    """The mirrors of observations of which the actor's has `actor_size` numbers: one frame, or several."""
    return {"state": mirror.stack(*[_FRAME_MIRROR] * (actor_size // ACTOR_SIZE)), "privileged_state": _CRITIC_MIRROR}


def actor_observation(
    readings: Readings, home: jax.Array, previous_action: jax.Array, command: jax.Array, gait_phase: jax.Array
) -> jax.Array:
    """The 44 numbers of the policy's input, in the order of `ACTOR_LAYOUT`.

    Args:
      readings: of one robot.
      home: joint positions [11] of the home pose, rad.
      previous_action: [11].
      command: forward m/s, sideways m/s, yaw rate rad/s.
      gait_phase: [] in [0, 1).
    """
    return jnp.concatenate(
        [
            readings.gravity_b,
            readings.gyro_b * GYRO_SCALE,
            readings.joint_position - home,
            readings.joint_velocity * JOINT_VELOCITY_SCALE,
            previous_action,
            command,
            gait.clock(gait_phase),
        ]
    )


def with_history(frame: jax.Array, before: jax.Array | None, history: int) -> jax.Array:
    """The actor's observation [44 history]: a frame [44] and those that came before it, the newest first.

    `before`: the observation one control step earlier; None at a start, where the frame stands for those before it.
    """
    if before is None:
        return jnp.tile(frame, history)
    return jnp.concatenate([frame, before[: (history - 1) * ACTOR_SIZE]])


def offset_and_scale(home: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one frame [44] is made of SI units by: less an offset [44], the home pose [11], then times a scale [44]."""
    parts = [(name, np.ones(part.size)) for name, part in ACTOR_LAYOUT.items()]
    offset = np.concatenate([home if name == "joint_position" else 0 * ones for name, ones in parts])
    return offset, np.concatenate([OBSERVATION_SCALES.get(name, 1.0) * ones for name, ones in parts])


def in_si_units(observation: jax.Array, home: np.ndarray) -> jax.Array:
    """The actor's observation [44 history] without its scales and without the home pose [11] that was subtracted."""
    offset, scale = (jnp.asarray(x, jnp.float32) for x in offset_and_scale(home))
    return (observation.reshape(-1, ACTOR_SIZE) / scale + offset).ravel()


def critic_observation(
    actor: jax.Array,
    readings: Readings,
    average_velocity: jax.Array,
    floor_friction: jax.Array,
    push_force_w: jax.Array,
) -> jax.Array:
    """The actor's numbers and what only a simulator knows, in the order of `CRITIC_LAYOUT`."""
    to_heading_frame = partial(rotations.to_heading_frame, heading=readings.heading)
    return jnp.concatenate(
        [
            actor,
            readings.linear_velocity_h,
            average_velocity,
            readings.base_height[None],
            readings.foot_position_b.ravel(),
            jax.vmap(to_heading_frame)(readings.foot_velocity_w).ravel(),
            readings.switch_force * FORCE_SCALE,
            floor_friction[None],
            to_heading_frame(push_force_w) * FORCE_SCALE,
        ]
    )
