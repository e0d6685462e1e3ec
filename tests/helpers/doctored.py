"""Clips and sides for the doctor's tests: healthy ones, and a place to plant faults in."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.doctor.replay import Sides, replay
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import reference_buffer
from playground_amp.motion.generate.table import make_clip
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
JOINT_NAMES = ROBOT.joint_names
COMMANDS = ((0.0, 0.0, 0.0), (0.27, 0.0, 0.0), (0.5, 0.0, 0.0), (0.2, 0.1, 0.4))
WAIST, PITCH = 0.02, 0.004  # rad


@cache
def config(*overrides: str) -> Config:
    return load_config(STANDARD, overrides)


@cache
def clips() -> tuple[Clip, ...]:
    """Standing, straight at two speeds, and in a curve; the walks sway a little, as physics would have it."""
    made = [make_clip(ROBOT, config().env, command) for command in COMMANDS]
    return (made[0], *(_swaying(clip) for clip in made[1:]))


@cache
def slow() -> Clip:
    return clips()[1]


def replayed(given: Sequence[Clip] | None = None, spoil: Callable[[np.ndarray], np.ndarray] | None = None) -> Sides:
    """Both sides of clips; `spoil` changes what the buffer holds [K, L, 2 n]."""
    given = clips() if given is None else given
    buffer = reference_buffer(ROBOT, given)
    if spoil:
        buffer = buffer._replace(transitions=spoil(np.array(buffer.transitions)))  # pyright: ignore
    return replay(config(), ROBOT, given, buffer)


def changed(clip: Clip, **fields: Any) -> Clip:
    return dataclasses.replace(clip, **fields)


def with_joints(clip: Clip, order: np.ndarray) -> Clip:
    """The clip with its joints in another order, positions and velocities alike."""
    qpos, qvel = clip.qpos.copy(), clip.qvel.copy()
    qpos[:, 7:], qvel[:, 6:] = qpos[:, 7:][:, order], qvel[:, 6:][:, order]
    return changed(clip, qpos=qpos, qvel=qvel)


def exchanged(first: str, second: str) -> np.ndarray:
    """The order of the joints with two exchanged."""
    order = np.arange(len(JOINT_NAMES))
    a, b = JOINT_NAMES.index(first), JOINT_NAMES.index(second)
    order[[a, b]] = order[[b, a]]
    return order


def _swaying(clip: Clip) -> Clip:
    """The clip with base and waist turning to and fro: a generated gait holds them still to the last bit."""
    turns = 2 * np.pi * np.arange(len(clip.qpos)) * clip.cycles / len(clip.qpos)
    rate = 2 * np.pi * clip.cycles / clip.duration
    qpos, qvel, waist = clip.qpos.copy(), clip.qvel.copy(), JOINT_NAMES.index("waist_yaw")
    qpos[:, 7 + waist] += WAIST * np.sin(turns)
    qvel[:, 6 + waist] += WAIST * rate * np.cos(turns)
    # q times a small pitch (1, 0, angle / 2, 0)
    w, x, y, z = qpos[:, 3:7].T
    half = PITCH / 2 * np.sin(turns)
    qpos[:, 3:7] = np.stack([w - half * y, x - half * z, y + half * w, z + half * x], axis=1)
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qvel[:, 4] += PITCH * rate * np.cos(turns)
    return changed(clip, qpos=qpos, qvel=qvel)
