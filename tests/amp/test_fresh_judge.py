"""The fresh judge: at a loss before the same motion, sure of what differs, blind to what noise covers."""

from collections.abc import Iterator

import numpy as np
import pytest

from playground_amp.amp import fresh_judge
from playground_amp.amp.fresh_judge import FreshJudge

pytestmark = pytest.mark.usefixtures("optimized")

RATE, COLUMNS, FRAMES = 20.0, 3, 60


@pytest.fixture(scope="module")
def judge() -> Iterator[FreshJudge]:
    """One that learns for a shorter time, from fewer rows."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_STEPS", 300), ("_LEARNED", 1024), ("_ASKED", 1024), ("_BATCH", 128)):
            patch.setattr(fresh_judge, name, value)
        yield FreshJudge(COLUMNS, RATE)


def clips(seed: int, offset: float = 0.0, lag: float = 0.0, count: int = 12) -> list[np.ndarray]:
    """Waves [T, 3] of random phase, the second and third column one after the other by a lag."""
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        phase = 0.4 * np.arange(FRAMES) + generator.uniform(0, 2 * np.pi)
        waves = np.stack([np.sin(phase), np.sin(phase + 1), np.cos(phase + lag)], axis=1)
        made.append(waves + offset + 0.02 * generator.standard_normal(waves.shape))
    return made


def test_the_same_motion_is_not_told_apart(judge: FreshJudge) -> None:
    verdict = judge.verdict(clips(0), clips(1))
    assert verdict is not None
    for accuracy in verdict:
        assert accuracy.share == pytest.approx(0.5, abs=0.08)
        assert accuracy.low <= accuracy.share <= accuracy.high


def test_another_order_is_told_although_each_column_is_the_same(judge: FreshJudge) -> None:
    verdict = judge.verdict(clips(0), clips(1, lag=2.0))
    assert verdict is not None
    assert min(accuracy.share for accuracy in verdict) > 0.95


def test_noise_hides_what_is_only_a_little_off(judge: FreshJudge) -> None:
    verdict = judge.verdict(clips(0), clips(1, offset=0.06))
    assert verdict is not None
    assert verdict.windows.share > 0.9
    assert verdict.blurred_steps.share < 0.75 < verdict.blurred_windows.share + 0.15
    assert judge.verdict(clips(0), clips(1, offset=0.06)) == verdict


def test_two_short_clips_are_cut_and_none_at_all_says_nothing(judge: FreshJudge) -> None:
    assert judge.verdict(clips(0, count=1), clips(1, count=1)) is not None
    assert judge.verdict([clip[:4] for clip in clips(0)], clips(1)) is None


def test_the_interval_is_that_of_the_clips() -> None:
    # Half of the clips always told, half never: 0.5, and with 8 clips a side it could as well be a third or two.
    accuracy = fresh_judge._over_clips(np.tile([0.0, 1.0], 4), np.tile([0.0, 1.0], 4))
    assert accuracy.share == 0.5
    assert accuracy.low == pytest.approx(0.25, abs=0.07)
    assert accuracy.high == pytest.approx(0.75, abs=0.07)
