"""Quantiles of a loop's lateness, in memory that does not grow."""

import numpy as np
import pytest

from playground_amp.hardware.lateness import LatenessMeter


def test_quantiles_are_those_of_the_steps_to_a_hundredth_of_a_millisecond() -> None:
    late = np.random.default_rng(0).gamma(2.0, 2e-4, 5000)
    meter = LatenessMeter()
    for seconds in late:
        meter.add(float(seconds), skipped=0)
    for share in (0.5, 0.99):
        assert meter.quantile(share) == pytest.approx(np.quantile(late, share), abs=2e-5)
    assert meter.worst == late.max()
    assert meter.steps == 5000


def test_what_is_early_or_very_late_counts_too() -> None:
    meter = LatenessMeter()
    meter.add(-1e-9, 0)
    meter.add(7.0, 350)
    assert (meter.steps, meter.worst, meter.skipped) == (2, 7.0, 350)
    assert meter.quantile(0.99) >= 0.1
    assert np.isnan(LatenessMeter().quantile(0.5))
