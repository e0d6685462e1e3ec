"""Learning curves: every metric that training logged, in groups that are derived from the names."""

import inspect
from collections.abc import Mapping, Sequence

import numpy as np

from playground_amp.envs.payment import TERMS
from playground_amp.report.charts import MEASURED, Chart, axis, chart, line
from playground_amp.report.facts import LoggedMetrics

MOST_POINTS = 500  # a curve; longer ones are averaged
_SMOOTHED_OVER = 25  # parts of a run
_STEP_AXES = ("iteration", "env_steps")
_UNITS = {
    "episode_length": "control steps",
    "falls": "episodes",
    "speed_error": "m/s",
    "yaw_rate_error": "rad/s",
    "bad_envs": "robots",
    "time/iteration": "s",
    "time/steps_per_second": "1/s",
}
_CAPTIONS = {
    "reward": "of a whole episode, mean over those that ended",
    "episode_length": "before a fall or the time limit",
    "falls": "episodes of an iteration that ended in a fall",
    "speed_error": "averaged velocity off the command",
    "yaw_rate_error": "averaged turning off the command",
    "kl": "of the updated policy from the one before",
    "learning_rate": "adapted to hold the KL divergence",
    "action_std": "exploration noise, mean over joints",
    "bad_envs": "robots whose numbers went bad",
    "skipped_updates": "updates whose gradient was not finite",
    "amp/style_reward": "what the discriminator finds the motion worth",
    "amp/paid": "of it, added to the reward of the task",
    "amp/noise": "on the discriminator's input, in deviations: holds its accuracy",
    "amp/real_score": "of the demonstrations",
    "amp/fake_score": "of the policy's own motion",
}
_PROGRESS = ("reward", "episode_length", "falls", "speed_error", "yaw_rate_error")


def progress_charts(records: Sequence[LoggedMetrics]) -> list[Chart]:
    """How the task went: reward, length of episodes, falls, errors of the command."""
    logged = names_in(records)
    return [_curve(records, name, name) for name in _PROGRESS if name in logged]


def reward_charts(records: Sequence[LoggedMetrics], weights: Mapping[str, float]) -> list[Chart]:
    """Every term of the reward, with its weight and what it is."""
    charts = []
    for name in names_in(records):
        prefix, _, term = name.partition("/")
        if prefix == "reward" and term:
            weight = f"weight {weights[term]:g}" if term in weights else ""
            charts.append(_curve(records, name, term, ": ".join(filter(None, [weight, _meaning(term)]))))
    return charts


def prior_charts(records: Sequence[LoggedMetrics], accuracy_band: tuple[float, float]) -> list[Chart]:
    """Everything that the motion prior logs: `amp/...`; the band is where the discriminator's accuracy is held."""
    charts = []
    for name in names_in(records):
        if name.startswith("amp/"):
            title = name.removeprefix("amp/")
            healthy = accuracy_band if "accuracy" in title else None
            caption = "share that the discriminator tells apart; held within {:g} to {:g}".format(*accuracy_band)
            caption = caption if healthy else _CAPTIONS.get(name, "")
            charts.append(_curve(records, name, title, caption, healthy))
    return charts


def learner_charts(records: Sequence[LoggedMetrics]) -> list[Chart]:
    """All that is left: losses, rates, timing."""
    grouped = ("reward/", "amp/")
    names = [name for name in names_in(records) if name not in _PROGRESS and not name.startswith(grouped)]
    return [_curve(records, name, name) for name in names]


def names_in(records: Sequence[LoggedMetrics]) -> list[str]:
    """Every metric of any record, in order of first appearance, without those that only count."""
    return [name for name in dict.fromkeys(name for record in records for name in record) if name not in _STEP_AXES]


def unit_of(name: str) -> str:
    """The unit of a metric; empty where it has none."""
    return _UNITS.get(name, "1/s" if name.startswith("reward/") else "")


def thinned(values: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Means over stretches of equal length [<= most], of the numbers in each; NaN where there are none."""
    stretch = -(-len(values) // most)
    padded = np.concatenate([values, np.full(-len(values) % stretch, np.nan)]).reshape(-1, stretch)
    count = np.isfinite(padded).sum(axis=1)
    return np.where(count > 0, np.nansum(padded, axis=1) / np.maximum(count, 1), np.nan)


def smoothed(values: np.ndarray) -> np.ndarray:
    """A running mean over a twenty-fifth of the curve, of the numbers there are."""
    reach = max(1, len(values) // _SMOOTHED_OVER) // 2
    known = np.isfinite(values)
    sums, counts = (np.cumsum(np.concatenate([[0.0], x])) for x in (np.where(known, values, 0.0), known))
    index = np.arange(len(values))
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(values))
    count = counts[high] - counts[low]
    return np.where(count > 0, (sums[high] - sums[low]) / np.maximum(count, 1), np.nan)


def column(records: Sequence[LoggedMetrics], name: str) -> np.ndarray:
    """One metric over the records [T]; NaN where it is missing or null."""
    values = [record.get(name) for record in records]
    return np.array([np.nan if value is None else value for value in values], float)


def _curve(
    records: Sequence[LoggedMetrics],
    name: str,
    title: str,
    caption: str = "",
    healthy: tuple[float, float] | None = None,
) -> Chart:
    """The values as they were, pale, and their running mean."""
    x, y = thinned(column(records, "iteration")), thinned(column(records, name))
    traces = [
        line(x, y, "logged", MEASURED, width=1, opacity=0.35, hoverinfo="skip"),
        line(x, smoothed(y), title.replace("_", " "), MEASURED),
    ]
    return chart(
        title.replace("_", " "),
        traces,
        caption or _CAPTIONS.get(name, ""),
        xaxis=axis("iteration"),
        yaxis=axis(unit_of(name)),
        shapes=[_stripe(*healthy)] if healthy else [],
    )


def _stripe(low: float, high: float) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low,
        "y1": high,
        "fillcolor": MEASURED,
        "opacity": 0.12,
        "line": {"width": 0},
    }


def _meaning(term: str) -> str:
    """The first line of the term's docstring, without its full stop."""
    return (inspect.getdoc(TERMS[term]) or "").splitlines()[0].rstrip(".") if term in TERMS else ""
