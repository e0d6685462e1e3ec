"""The distance that sees coordination and time: what the old one calls alike, it tells apart."""

import numpy as np
import pytest

from playground_amp.amp.sliced_distance import sliced_distance
from playground_amp.amp.style_distance import style_distance

RATE, SECONDS, CYCLE = 50.0, 4.0, 0.8  # frames a second, s, s
LEFT, RIGHT = 0, 1


def walk(seed: int, lag: float = 0.5, backwards: bool = False) -> np.ndarray:
    """A hip and a knee of each leg as angles and speeds [T, 8]; the right leg lags by a share of the cycle."""
    generator = np.random.default_rng(seed)
    time = np.arange(0, SECONDS, 1 / RATE) + CYCLE * generator.random()
    angles = []
    for offset in (0.0, lag):
        phase = 2 * np.pi * (time / CYCLE - offset)
        angles += [0.4 * np.sin(phase), 0.5 + 0.3 * np.cos(phase + 0.7) + 0.1 * np.cos(2 * phase)]
    joints = np.stack(angles, axis=1) + 0.01 * generator.standard_normal((len(time), 4))
    clip = np.hstack([joints, np.gradient(joints, 1 / RATE, axis=0)])
    return clip[::-1] if backwards else clip


DEMONSTRATIONS = [walk(seed) for seed in range(6)]


def both(policy: list[np.ndarray]) -> tuple[float, float]:
    """The old distance and the new one."""
    new = sliced_distance(policy, DEMONSTRATIONS, RATE)
    assert new is not None
    return float(style_distance(np.vstack(policy), np.vstack(DEMONSTRATIONS)).mean()), new


def test_the_same_motion_is_near() -> None:
    assert both([walk(seed) for seed in range(6, 12)])[1] < 0.1


@pytest.mark.parametrize("lag", [0.0, 0.25])
def test_legs_out_of_step_are_far_off_and_the_old_distance_does_not_notice(lag: float) -> None:
    old, new = both([walk(seed, lag) for seed in range(6, 12)])
    assert old < 0.05
    assert new > 0.5


def test_motion_backwards_in_time_is_far_off_and_the_old_distance_does_not_notice() -> None:
    old, new = both([walk(seed, backwards=True) for seed in range(6, 12)])
    assert old < 0.05
    assert new > 0.5


def test_it_is_the_same_every_time_and_does_not_hang_on_the_seed() -> None:
    policy = [walk(seed, 0.3) for seed in range(6, 12)]
    first, again, other = (sliced_distance(policy, DEMONSTRATIONS, RATE, seed) for seed in (0, 0, 1))
    assert first == again
    assert other == pytest.approx(first, rel=0.2)


def test_clips_that_are_shorter_than_a_window_say_nothing() -> None:
    assert sliced_distance([walk(6)[:10]], DEMONSTRATIONS, RATE) is None
