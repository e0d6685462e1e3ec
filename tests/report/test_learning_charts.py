"""The curves of training."""

from pathlib import Path

import numpy as np
from made_up_runs import CONFIG, PRIOR_METRICS, make_run

from playground_amp.envs.payment import TERMS
from playground_amp.report import learning_charts
from playground_amp.report.facts import read_facts


class TestLearningCurves:
    def test_every_metric_has_a_chart(self, tmp_path: Path) -> None:
        records = read_facts(make_run(tmp_path)).records
        rewards = learning_charts.reward_charts(records, CONFIG.reward_weights)
        assert [chart.title.replace(" ", "_") for chart in rewards] == list(CONFIG.reward_weights)
        assert rewards[0].caption.startswith("weight 2: Gaussian of the averaged")
        priors = learning_charts.prior_charts(records, (0.6, 0.8))
        assert [f"amp/{chart.title.replace(' ', '_')}" for chart in priors] == list(PRIOR_METRICS)
        assert priors[0].caption.endswith("held within 0.6 to 0.8")
        assert [chart.title for chart in learning_charts.learner_charts(records)] == ["kl", "time/iteration"]
        assert [chart.title for chart in learning_charts.progress_charts(records)] == ["reward", "episode length"]

    def test_a_gap_in_a_curve_stays_a_gap(self, tmp_path: Path) -> None:
        records = read_facts(make_run(tmp_path)).records
        assert learning_charts.learner_charts(records)[0].figure["data"][0]["y"][2] is None

    def test_long_curves_are_averaged_and_smoothed(self) -> None:
        values = np.array([1.0, 3.0, np.nan, 5.0, np.nan, np.nan, 7.0])
        np.testing.assert_array_equal(learning_charts.thinned(values, most=4), [2.0, 5.0, np.nan, 7.0])
        ramp = np.arange(100.0)
        np.testing.assert_allclose(learning_charts.smoothed(ramp)[2:-2], ramp[2:-2])  # over 5 points
        assert learning_charts.smoothed(ramp)[0] == 1.0  # mean of 0, 1, 2

    def test_every_term_says_what_it_is(self) -> None:
        records = [{"iteration": 1, f"reward/{term}": 0.0} for term in TERMS]
        assert all(chart.caption for chart in learning_charts.reward_charts(records, {}))
