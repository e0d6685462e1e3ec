"""The clips that the motion prior learns from, as the task and the discriminator take them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from playground_amp.amp.features import state_transitions
from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import CommandConfig, Config
from playground_amp.envs.reference_motion import ReferenceStates
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip, load_clips
from playground_amp.paths import ROBOTS
from playground_amp.robot.record import Robot

SHIPPED = ROBOTS / "wildrobot" / "demonstrations"
_BEYOND = 0.03  # m/s, rad/s: how far a command may lie outside all clips


def load_demonstrations(config: Config) -> list[Clip]:
    """The clips of `amp.demonstrations`, or those that come with the robot.

    Raises:
      UserError: no such clips, of another control rate, or the task commands what none of them shows.
    """
    clips, source = read_demonstrations(config)
    check_coverage(clips, config.env.commands, source)
    return clips


def read_demonstrations(config: Config) -> tuple[list[Clip], str]:
    """Those clips whatever they show, and where they are from.

    Raises:
      UserError: no such clips, or of another control rate.
    """
    path = Path(config.amp.demonstrations) if config.amp.demonstrations else SHIPPED
    try:
        clips = load_clips(path)
    except UserError as error:
        raise UserError(f"amp.demonstrations: {error}; python playground_amp/motion.py record makes them") from None
    for clip in clips:
        _check_rate(clip, config.env.control_dt, str(path))
    return clips, str(path)


def _check_rate(clip: Clip, control_dt: float, source: str) -> None:
    """Raises UserError if the clip has not one frame a control step."""
    if abs(clip.rate * control_dt - 1) > 1e-6:
        raise UserError(
            f"{source}: the clip {clip.name} has {clip.rate:g} frames a second, the task "
            f"{1 / control_dt:g} control steps (env.control_dt): record or import clips at that rate"
        )


def check_coverage(clips: Sequence[Clip], commands: CommandConfig, source: str) -> None:
    """Raises UserError if the task commands a velocity that lies outside those of the clips, axis by axis."""
    shown = np.array([clip.command for clip in clips])
    asked = {"forward": commands.forward, "sideways": commands.sideways, "yaw_rate": commands.yaw_rate}
    for (key, (low, high)), unit, column in zip(asked.items(), ("m/s", "m/s", "rad/s"), shown.T, strict=True):
        if low < column.min() - _BEYOND or high > column.max() + _BEYOND:
            raise UserError(
                f"env.commands.{key} asks for {low:g} to {high:g} {unit}, but the clips in {source} show "
                f"{column.min():.2f} to {column.max():.2f}: narrow env.commands.{key}, or record clips for it "
                "(motion.py record)"
            )


def reference_states(clips: Sequence[Clip]) -> ReferenceStates:
    """Every moment of the clips."""
    command = np.concatenate([np.tile(clip.command, (len(clip.qpos), 1)) for clip in clips])
    arrays: tuple[Any, ...] = (
        np.concatenate([clip.qpos for clip in clips]),
        np.concatenate([clip.qvel for clip in clips]),
        command,
        np.concatenate([clip.gait_phase for clip in clips]),
    )
    return ReferenceStates(*(array.astype(np.float32) for array in arrays))


def reference_buffer(robot: Robot, clips: Sequence[Clip]) -> ReferenceBuffer:
    """The transitions of the clips for the discriminator; shorter clips are repeated to the length of the longest."""
    transitions = [clip_transitions(robot, clip) for clip in clips]
    length = max(len(each) for each in transitions)
    even = [each[np.arange(length) % len(each)] for each in transitions]
    command = np.array([clip.command for clip in clips])
    return ReferenceBuffer(jnp.asarray(np.stack(even), jnp.float32), jnp.asarray(command, jnp.float32))


def clip_transitions(robot: Robot, clip: Clip) -> np.ndarray:
    """The discriminator's features [T, 74] of a clip's steps, that across the wrap of a periodic clip too."""
    qpos, qvel = clip.qpos, clip.qvel
    if clip.periodic:
        last_qpos, last_qvel = clip.following
        qpos, qvel = np.vstack([qpos, last_qpos]), np.vstack([qvel, last_qvel])
    return state_transitions(robot, qpos, qvel)
