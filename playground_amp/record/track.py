"""Clips as a robot follows them: all moments of all clips in one row, each with the one after it.

A clip has a frame a control step, so a robot that follows it goes on by one moment a step, whatever the gait clock of
the task says. Periodic clips go round, moved on by their displacement; others end with their last moment.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.envs.reference_motion import Followed
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

_AVERAGED = 0.5  # s around a moment over which the velocity of a motion that is not periodic is averaged
_LEAST_SPREAD = 0.02  # rad², so that standing still too may be followed loosely


class Track(NamedTuple):
    """M moments of K clips."""

    first: jax.Array  # [K] int32, the moment each clip begins with
    length: jax.Array  # [K] int32
    successor: jax.Array  # [M] int32, the next moment; the last one of a clip that ends is its own
    jump: jax.Array  # [M, 3] m, m, rad: how the clip's place and heading move on with the next moment
    ends: jax.Array  # [M] bool: nothing comes after it
    qpos: jax.Array  # [M, 7 + J], in the clip's own frame
    qvel: jax.Array  # [M, 6 + J]
    gravity_b: jax.Array  # [M, 3]
    feet_h: jax.Array  # [M, 2, 3] m, soles from the base, in its heading frame
    contact: jax.Array  # [M, 2] bool
    gait_phase: jax.Array  # [M] in [0, 1)
    velocity: jax.Array  # [M, 3] forward, sideways m/s, yaw rate rad/s: the command that the moment is an answer to
    spread: jax.Array  # [] rad², mean squared distance of all joints from where they are on the average of their clip


class Due(NamedTuple):
    """Where a robot should be at a moment."""

    place_w: jax.Array  # [2] m
    height: jax.Array  # [] m
    heading: jax.Array  # [] rad
    gravity_b: jax.Array  # [3]
    gyro_b: jax.Array  # [3] rad/s
    joint_position: jax.Array  # [J] rad
    joint_velocity: jax.Array  # [J] rad/s
    feet_h: jax.Array  # [2, 3] m
    contact: jax.Array  # [2] bool
    gait_phase: jax.Array  # []
    velocity: jax.Array  # [3]


def make_track(robot: Robot, clips: Sequence[Clip], control_dt: float) -> Track:
    """The track of clips of a robot.

    Raises:
      UserError: a clip that has not one frame a control step.
    """
    for clip in clips:
        if abs(clip.rate * control_dt - 1) > 1e-6:
            raise UserError(
                f"the clip {clip.name} has {clip.rate:g} frames a second, the task {1 / control_dt:g} control steps "
                "(env.control_dt): a clip to follow has a frame a step"
            )
    length = np.array([len(clip.qpos) for clip in clips])
    first = np.concatenate([[0], np.cumsum(length)[:-1]])
    last = first + length - 1
    periodic = np.array([clip.periodic for clip in clips])
    successor = np.arange(length.sum()) + 1
    successor[last] = np.where(periodic, first, last)
    jump, ends = np.zeros((len(successor), 3)), np.zeros(len(successor), bool)
    jump[last] = [clip.displacement if clip.periodic else np.zeros(3) for clip in clips]
    ends[last] = ~periodic
    qpos = np.concatenate([clip.qpos for clip in clips])
    attitude = qpos[:, 3:7]
    feet_b = np.asarray(jax.jit(jax.vmap(make_foot_kinematics(robot)))(jnp.asarray(qpos, jnp.float32)), float)
    feet_w = rotations.rotate(feet_b, np.repeat(attitude[:, None], 2, axis=1))
    heading = np.repeat(rotations.heading_of(attitude)[:, None], 2, axis=1)
    down = np.broadcast_to([0.0, 0.0, -1.0], (len(qpos), 3))
    still = [np.sum(np.var(clip.joint_position, axis=0)) for clip in clips]
    rows: dict[str, np.ndarray] = {
        "first": first.astype(np.int32),
        "length": length.astype(np.int32),
        "successor": successor.astype(np.int32),
        "jump": jump,
        "ends": ends,
        "qpos": qpos,
        "qvel": np.concatenate([clip.qvel for clip in clips]),
        "gravity_b": rotations.rotate_inverse(down, attitude),
        "feet_h": rotations.to_heading_frame(feet_w, heading),
        "contact": np.concatenate([clip.contact for clip in clips]),
        "gait_phase": np.concatenate([clip.gait_phase for clip in clips]) % 1.0,
        "velocity": np.concatenate([velocity_of(clip) for clip in clips]),
        "spread": np.maximum(np.mean(still), _LEAST_SPREAD),
    }
    return Track(**{name: jnp.asarray(x, jnp.float32 if x.dtype == float else x.dtype) for name, x in rows.items()})


def velocity_of(clip: Clip) -> np.ndarray:
    """The velocity [T, 3] that each frame of a clip is an answer to: its command, or the way it goes around then."""
    if clip.periodic:
        return np.tile(clip.command, (len(clip.qpos), 1))
    attitude = clip.qpos[:, 3:7]
    planar = rotations.to_heading_frame(clip.qvel[:, :2], rotations.heading_of(attitude))
    yaw_rate = rotations.rotate(clip.qvel[:, 3:6], attitude)[:, 2:]
    return _averaged(np.hstack([planar, yaw_rate]), round(_AVERAGED * clip.rate))


def start_of(track: Track, moment: jax.Array, heading: jax.Array) -> tuple[Followed, jax.Array, jax.Array]:
    """A robot on a moment [], above the origin, looking along `heading` []: what it follows, its qpos and its qvel."""
    qpos, qvel = track.qpos[moment], track.qvel[moment]
    turn = heading - rotations.heading_of(qpos[3:7])
    place = -rotations.from_heading_frame(qpos[:2], turn)
    attitude = rotations.multiply(rotations.about_vertical(turn), qpos[3:7])
    return (
        Followed(moment, place, turn),
        jnp.concatenate([jnp.zeros(2), qpos[2:3], attitude, qpos[BASE_QPOS_SIZE:]]),
        jnp.concatenate([rotations.from_heading_frame(qvel[:3], turn), qvel[3:]]),
    )


def next_of(track: Track, followed: Followed) -> Followed:
    """A control step later."""
    jump = track.jump[followed.moment]
    return Followed(
        track.successor[followed.moment],
        followed.place + rotations.from_heading_frame(jump[:2], followed.heading),
        followed.heading + jump[2],
    )


def due(track: Track, followed: Followed) -> Due:
    """Where the robot should be now."""
    moment = followed.moment
    qpos, qvel = track.qpos[moment], track.qvel[moment]
    return Due(
        place_w=followed.place + rotations.from_heading_frame(qpos[:2], followed.heading),
        height=qpos[2],
        heading=followed.heading + rotations.heading_of(qpos[3:7]),
        gravity_b=track.gravity_b[moment],
        gyro_b=qvel[3:6],
        joint_position=qpos[BASE_QPOS_SIZE:],
        joint_velocity=qvel[BASE_QVEL_SIZE:],
        feet_h=track.feet_h[moment],
        contact=track.contact[moment],
        gait_phase=track.gait_phase[moment],
        velocity=track.velocity[moment],
    )


def _averaged(rows: np.ndarray, frames: int) -> np.ndarray:
    """Rows [T, n], each the mean of those around it, fewer at the ends."""
    window = np.ones(max(frames, 1))
    count = np.convolve(np.ones(len(rows)), window, mode="same")
    if len(rows) < len(window):
        return np.tile(rows.mean(axis=0), (len(rows), 1))
    return np.column_stack([np.convolve(column, window, mode="same") / count for column in rows.T])
