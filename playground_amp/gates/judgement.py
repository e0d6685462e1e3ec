"""Episodes held against the criteria of their cell. No engine, no JAX."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from playground_amp.gates.cells import Cell
from playground_amp.rollouts.criteria import Criterion
from playground_amp.rollouts.figures import EpisodeFigures


@dataclass(frozen=True)
class CriterionResult:
    """A criterion over the episodes of one cell; None where no episode had the figure."""

    criterion: Criterion
    worst: float | None
    mean: float | None
    failed_episodes: tuple[int, ...]
    passed: bool


@dataclass(frozen=True)
class Survival:
    """The share of episodes without a fall, and its 95 % interval by Wilson's score."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class CellResult:
    """All criteria of a cell, and the figures of its episodes."""

    cell: Cell
    gait_cycle: float  # s
    results: tuple[CriterionResult, ...]
    episodes: tuple[EpisodeFigures, ...]

    @property
    def passed(self) -> bool:
        """Whether every criterion is met."""
        return all(result.passed for result in self.results)

    @property
    def failed_figures(self) -> tuple[str, ...]:
        """The figures whose criteria are not met."""
        return tuple(result.criterion.figure for result in self.results if not result.passed)

    @property
    def survival(self) -> Survival:
        """How many episodes passed without a fall, and how sure that is."""
        survivors = sum(episode.survived > 0 for episode in self.episodes)
        interval = binomtest(survivors, len(self.episodes)).proportion_ci(method="wilson")
        return Survival(survivors / len(self.episodes), float(interval.low), float(interval.high))

    def mean(self, figure: str) -> float | None:
        """The mean of a figure over the episodes without a fall that have it, over all if all fell."""
        return _mean(_values(figure, _survivors(self.episodes) or self.episodes))


def judge_cell(cell: Cell, gait_cycle: float, episodes: Sequence[EpisodeFigures]) -> CellResult:
    """Every criterion of a cell over its episodes."""
    results = tuple(_judge(criterion, episodes) for criterion in cell.criteria)
    return CellResult(cell, gait_cycle, results, tuple(episodes))


def _judge(criterion: Criterion, episodes: Sequence[EpisodeFigures]) -> CriterionResult:
    values = _values(criterion.figure, episodes)
    failed = tuple(index for index, value in enumerate(values) if not criterion.holds(value))
    if criterion.over == "mean":
        values = _values(criterion.figure, _survivors(episodes))
        passed = criterion.holds(_mean(values))
    else:
        passed = 1 - len(failed) / len(values) >= criterion.required_share
    return CriterionResult(criterion, criterion.worst(values), _mean(values), failed, passed)


def _survivors(episodes: Sequence[EpisodeFigures]) -> list[EpisodeFigures]:
    return [episode for episode in episodes if episode.survived > 0]


def _values(figure: str, episodes: Sequence[EpisodeFigures]) -> list[float | None]:
    return [getattr(episode, figure) for episode in episodes]


def _mean(values: Sequence[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return sum(measured) / len(measured) if measured else None
