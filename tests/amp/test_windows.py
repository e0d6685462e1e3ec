"""Stretches cut from clips: whole, of one clip each, every clip as often as the others."""

import numpy as np

from playground_amp.amp.windows import drawn, pieces


def clip(number: int, frames: int) -> np.ndarray:
    """Two columns: which clip it is, and the frame."""
    return np.stack([np.full(frames, number), np.arange(frames)], axis=1)


def test_windows_are_stretches_of_one_clip() -> None:
    windows = drawn([clip(0, 12), clip(1, 30)], 5, 400, np.random.default_rng(0))
    rows = windows.rows.reshape(400, 5, 2)
    np.testing.assert_array_equal(rows[..., 0], np.repeat(windows.clip[:, None], 5, axis=1))
    np.testing.assert_array_equal(np.diff(rows[..., 1], axis=1), 1)
    assert np.bincount(windows.clip).tolist() == [200, 200]
    assert set(rows[windows.clip == 0][:, 0, 1]) == set(range(8))  # every start, to the last that fits


def test_short_clips_are_left_out_and_few_ones_cut() -> None:
    assert [len(part) for part in pieces([clip(0, 4), clip(1, 40)], 5, 1)] == [40]
    assert [len(part) for part in pieces([clip(0, 40)], 5, 8)] == [10, 10, 10, 10]
    assert [len(part) for part in pieces([clip(0, 7)], 5, 8)] == [7]
    assert pieces([clip(0, 4)], 5, 8) == []
