"""The clips that the motion prior learns from, as the task and the discriminator take them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from playground_amp.amp.features import state_transitions
from playground_amp.amp.ref_buffer import ReferenceBuffer, command_kernel
from playground_amp.configs.schema import Config
from playground_amp.envs.reference_motion import ReferenceStates
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip, load_clips
from playground_amp.paths import command_line, shown_command
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

FOLDER = "demonstrations"  # of a robot's folder
_BEYOND = 0.03  # m/s, rad/s, of WildRobot: how far a command may lie outside all clips


def has_demonstrations(config: Config) -> bool:
    """Whether there are any: named, or with the robot."""
    return bool(config.amp.demonstrations) or os.path.isdir(load_robot(config.robot).folder / FOLDER)


def load_demonstrations(config: Config) -> list[Clip]:
    """The clips of `amp.demonstrations`, or those that come with the robot.

    Raises:
      UserError: no such clips, of another robot or control rate, or the task commands what none of them shows.
    """
    clips, source = read_demonstrations(config)
    check_coverage(clips, config, source)
    return clips


def read_demonstrations(config: Config) -> tuple[list[Clip], str]:
    """Those clips whatever they show, and where they are from.

    Raises:
      UserError: no such clips, or of another robot or control rate.
    """
    robot = load_robot(config.robot)
    path = Path(config.amp.demonstrations) if config.amp.demonstrations else shipped_folder(robot)
    try:
        clips = load_clips(path, robot)
    except UserError as error:
        raise UserError(f"amp.demonstrations: {error}; {shown_command('motion')} record makes them") from None
    for clip in clips:
        _check_rate(clip, config.env.control_dt, str(path))
    return clips, str(path)


def shipped_folder(robot: Robot) -> Path:
    """Where the clips are that come with a robot. Raises UserError, with what makes them, if there are none."""
    folder = robot.folder / FOLDER
    if not os.path.isdir(folder):
        command = command_line("motion", "record", "--robot", robot.name, "--output", folder)
        raise UserError(f"{robot.name} comes without demonstrations; this makes them: {command}")
    return folder


def _check_rate(clip: Clip, control_dt: float, source: str) -> None:
    """Raises UserError if the clip has not one frame a control step."""
    if abs(clip.rate * control_dt - 1) > 1e-6:
        raise UserError(
            f"{source}: the clip {clip.name} has {clip.rate:g} frames a second, the task "
            f"{1 / control_dt:g} control steps (env.control_dt): record or import clips at that rate"
        )


def not_covered(clips: Sequence[Clip], config: Config, source: str) -> str | None:
    """What `check_coverage` would refuse, in words; None: nothing."""
    try:
        check_coverage(clips, config, source)
    except UserError as error:
        return str(error)
    return None


def check_coverage(clips: Sequence[Clip], config: Config, source: str) -> None:
    """Raises UserError if the task commands a velocity that lies outside those of the clips, axis by axis."""
    shown, commands = np.array([clip.command for clip in clips]), config.env.commands
    scale = scale_of(load_robot(config.robot))
    other = "" if config.amp.enabled else ", or start no episode on them (--set env.reference_start_share=0)"
    asked = (
        ("forward", commands.forward, "m/s", _BEYOND * scale.speed),
        ("sideways", commands.sideways, "m/s", _BEYOND * scale.speed),
        ("yaw_rate", commands.yaw_rate, "rad/s", _BEYOND * scale.rate),
    )
    for (key, (low, high), unit, beyond), column in zip(asked, shown.T, strict=True):
        if low < column.min() - beyond or high > column.max() + beyond:
            raise UserError(
                f"env.commands.{key} asks for {low:g} to {high:g} {unit}, but the clips in {source} show "
                f"{column.min():.2f} to {column.max():.2f}: narrow env.commands.{key}, or record clips for it "
                f"(motion.py record){other}"
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
    return ReferenceBuffer(
        jnp.asarray(np.stack(even), jnp.float32), jnp.asarray(command, jnp.float32), command_kernel(scale_of(robot))
    )


def clip_transitions(robot: Robot, clip: Clip) -> np.ndarray:
    """The discriminator's features [T, 2 n] of a clip's steps, that across the wrap of a periodic clip too."""
    qpos, qvel = clip.qpos, clip.qvel
    if clip.periodic:
        last_qpos, last_qvel = clip.following
        qpos, qvel = np.vstack([qpos, last_qpos]), np.vstack([qvel, last_qvel])
    return state_transitions(robot, qpos, qvel)
