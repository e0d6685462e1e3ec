"""Stretches of motion, cut from clips: what is compared where coordination and time matter. NumPy only."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """N stretches of some clips, frame after frame in a row."""

    rows: np.ndarray  # [N, frames × n]
    clip: np.ndarray  # [N] which of the clips each is of


def pieces(clips: Sequence[np.ndarray], length: int, least: int) -> list[np.ndarray]:
    """The clips [T, n] of `length` frames or more; cut into parts, where that leaves enough, if fewer than `least`."""
    long = [clip for clip in clips if len(clip) >= length]
    if not long or len(long) >= least:
        return long
    wanted = -(-least // len(long))
    return [part for clip in long for part in np.array_split(clip, max(min(wanted, len(clip) // (2 * length)), 1))]


def drawn(clips: Sequence[np.ndarray], length: int, count: int, generator: np.random.Generator) -> Windows:
    """`count` windows of `length` frames: every clip as often as the others, each at any moment of it."""
    clip = np.arange(count) % len(clips)
    last = np.array([len(each) - length + 1 for each in clips])
    start = (generator.random(count) * last[clip]).astype(int)
    rows = [
        clips[index][begin : begin + length].ravel() for index, begin in zip(clip.tolist(), start.tolist(), strict=True)
    ]
    return Windows(np.stack(rows), clip)
