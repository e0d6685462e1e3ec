"""Clips on a grid of commands, as the table that tells the posture due at any command and gait phase."""

from collections.abc import Sequence

import numpy as np

from playground_amp.envs.reference_motion import PostureTable
from playground_amp.motion.clip import Clip
from playground_amp.untyped import Pytree

_PHASES = 32
_HARMONICS = 8
_SPEED_DIGITS = 2  # m/s


def make_posture_table(clips: Sequence[Clip]) -> PostureTable:
    """The joint positions of periodic clips whose commands fill a grid.

    Raises:
      ValueError: the commands of the clips are no full grid.
    """
    commands = np.round([clip.command for clip in clips], 6)
    axes = [np.unique(column) for column in commands.T]
    table = np.full((*(len(axis) for axis in axes), _PHASES + 1, len(clips[0].joint_names)), np.nan)
    for clip, command in zip(clips, commands, strict=True):
        place = tuple(int(np.searchsorted(axis, value)) for axis, value in zip(axes, command, strict=True))
        table[place] = over_a_cycle(clip, np.arange(_PHASES + 1) / _PHASES)
    if np.isnan(table).any():
        raise ValueError("the commands of the clips do not fill a grid")
    return _table(axes, table, _spread(table))


def posture_of_recordings(clips: Sequence[Clip], at_rest: np.ndarray | None = None) -> PostureTable:
    """The mean joint positions over a cycle of recorded clips that go straight ahead, by their speed.

    Clips of about the same speed count as one. `at_rest`: the joint positions [J] rad of standing, which is in no clip;
    None: nobody is told to stand.
    """
    speeds = np.round([clip.command[0] for clip in clips], _SPEED_DIGITS)
    axis = np.unique(speeds)
    alike = [[clip for clip, own in zip(clips, speeds, strict=True) if own == speed] for speed in axis]
    rows = [mean_cycle(each, np.arange(_PHASES + 1) / _PHASES) for each in alike]
    spread = _spread(np.stack(rows))
    if at_rest is not None:
        axis, rows = np.append(0.0, axis), [np.tile(at_rest, (_PHASES + 1, 1)), *rows]
    return _table([axis, np.zeros(1), np.zeros(1)], np.stack(rows)[:, None, None], spread)


def mean_cycle(clips: Sequence[Clip], phase: np.ndarray) -> np.ndarray:
    """The mean joint positions [P, J] rad of all cycles of clips of one gait, at phases [P].

    A recording holds many cycles, no two quite alike: a short Fourier series through all of them is their mean, without
    what the servos tremble.
    """
    shown = 2 * np.pi * np.concatenate([clip.gait_phase for clip in clips])
    joints = np.concatenate([clip.joint_position for clip in clips])
    return _series(2 * np.pi * phase) @ np.linalg.lstsq(_series(shown), joints, rcond=None)[0]


def _series(angle: np.ndarray) -> np.ndarray:
    """The terms [T, 2 H + 1] of a Fourier series at angles [T] rad."""
    harmonics = angle[:, None] * np.arange(1, _HARMONICS + 1)
    return np.hstack([np.ones((len(angle), 1)), np.cos(harmonics), np.sin(harmonics)])


def _spread(table: np.ndarray) -> np.float64:
    """rad², the squared distance of all joints from where they are on the average of a cycle, of [..., P, J]."""
    return np.sum(np.var(table[..., :-1, :], axis=-2), axis=-1).mean()


def _table(axes: Sequence[np.ndarray], table: np.ndarray, spread: np.float64) -> PostureTable:
    arrays: list[Pytree] = [np.asarray(array, np.float32) for array in (*axes, table, spread)]
    return PostureTable(*arrays)


def over_a_cycle(clip: Clip, phase: np.ndarray) -> np.ndarray:
    """Joint positions [P, J] rad of a periodic clip's first cycle at phases [P] in [0, 1]."""
    frames = len(clip.qpos) / max(clip.cycles, 1)
    joints = np.vstack([clip.joint_position, clip.joint_position[:1]])
    return np.column_stack([np.interp(phase * frames, np.arange(len(joints)), column) for column in joints.T])
