"""The constants that explain bench logs best, and how well the logs can tell them."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from mujoco import minimize
from scipy import stats

from playground_amp.identify.bench import Bench, Segment
from playground_amp.identify.bench_log import shortened
from playground_amp.identify.servo_parameters import NAMES, PARAMETERS, Servo, bounds, from_fit, slope, to_fit

TIMESTEP = 0.001  # s
CONFIDENCE = 0.95
_SHORT = 0.6  # s of the pieces that the search begins with
_FORGOTTEN = 0.4  # s from a segment's start, whose exact state is not known
# Steps of differences: stick and slip, limits and play make the residuals rough, seen from near.
_WIDE, _NARROW = 2e-2, 1e-3
_COARSE = 0.35  # share of the time of the fits whose physics step is twice as long
_FEW, _TRIED = 3, 10  # starts that are gone on from, and for how many iterations
_ITERATIONS = 40
_USUAL_ITERATIONS = 10  # that a fit takes: by which its share is told
_CLOSEST = 0.015  # of a value: no servo is like its model to less
_MARGIN = 2.5  # counts are no noise: they bias what depends on small movements
_OUTLIER = 4.0  # times the median size of residuals, from where on they count less
_STARTS = {"gain": (0.5, 1.0, 2.0), "delay": (0.0, 0.02, 0.04), "torque_limit": (0.5, 1.0)}


class _Problem(NamedTuple):
    """A nonlinear least-squares problem in variables [10]."""

    residuals: Callable[[np.ndarray], np.ndarray]  # [T, P] rad of P columns [10, P]
    jacobian: Callable[[np.ndarray, float], np.ndarray]  # [T, 10], by central differences of a step


class Fit(NamedTuple):
    """Constants found."""

    value: np.ndarray  # [10]
    half_width: np.ndarray  # [10] of the interval at `CONFIDENCE`; infinite: the logs say nothing
    residual: np.ndarray  # [T] rad
    correlation: np.ndarray  # [10, 10] of what is found
    damping_in_all: float  # N·m·s/rad, of joint and servo together: told even where the two are not
    damping_in_all_half_width: float

    @property
    def servo(self) -> Servo:
        """The constants by name."""
        return Servo(*self.value)


def prediction_error(segments: Sequence[Segment], servo: Servo, gravity: float) -> float:
    """Root mean square of prediction minus reading in segments that may be of other logs, rad."""
    found = Bench(segments, gravity, TIMESTEP).readings(servo)
    off = [(f - s.reading)[s.time - s.start >= _FORGOTTEN] for f, s in zip(found, segments, strict=True)]
    return float(np.sqrt(np.mean(np.concatenate(off) ** 2)))


def fit_servo(
    segments: Sequence[Segment],
    start: Servo,
    gravity: float,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> Fit:
    """The servo that explains the readings of segments best.

    Levenberg and Marquardt from the best of a few starts. Intervals are those of a least-squares fit whose residuals
    are alike within a segment and independent between segments (the cluster-robust sandwich; Liang and Zeger,
    Biometrika 1986), and wider by what a physics step twice as long would have found. `report_progress` is told about
    the share that is done, and what comes next.
    """
    short = _problem(shortened(segments, _SHORT), gravity, 2 * TIMESTEP, _FORGOTTEN / 4)
    coarse, fine = (_problem(segments, gravity, step, _FORGOTTEN) for step in (2 * TIMESTEP, TIMESTEP))
    tried = [_least(short, x, _WIDE, _TRIED) for x in _best_starts(short, to_fit(np.array(start, float)))]
    begun = min(tried, key=lambda x: float(np.sum(short.residuals(x[:, None]) ** 2)))
    first = _least(_told(coarse, report_progress, 0.0, "coarsely"), begun, _NARROW, _ITERATIONS)
    x = _least(_told(fine, report_progress, _COARSE, "finely"), first, _NARROW, _ITERATIONS)
    residual, jacobian = fine.residuals(x[:, None])[:, 0], fine.jacobian(x, _NARROW)
    groups = np.concatenate([np.full(len(s.time), index) for index, s in enumerate(segments)])
    counted = np.concatenate([s.time - s.start >= _FORGOTTEN for s in segments])
    covariance = _sandwich(jacobian[counted], residual[counted], groups[counted])
    deviation = np.sqrt(np.diag(covariance))
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, max(len(segments) - 1, 1))
    value = from_fit(x)
    with np.errstate(invalid="ignore"):
        correlation = covariance / np.outer(deviation, deviation)
    half_width = np.abs(slope(value)) * (_MARGIN * quantile * deviation + np.abs(x - first))
    half_width = np.maximum(half_width, _CLOSEST * np.abs(value))
    half_width[NAMES.index("delay")] += TIMESTEP  # a simulated target acts from the next physics step on
    viscous = [NAMES.index("damping"), NAMES.index("velocity_gain")]
    change, model = slope(value)[viscous], np.abs(slope(value) * (x - first))[viscous].sum()
    in_all = np.sqrt(change @ covariance[np.ix_(viscous, viscous)] @ change)
    return Fit(
        value=value,
        half_width=half_width,
        residual=residual[counted],
        correlation=correlation,
        damping_in_all=float(value[viscous].sum()),
        damping_in_all_half_width=float(_MARGIN * quantile * in_all + model),
    )


def _problem(segments: Sequence[Segment], gravity: float, timestep: float, forgotten: float) -> _Problem:
    bench = Bench(segments, gravity, timestep)
    weight = np.concatenate([(s.time - s.start >= forgotten).astype(float) for s in segments])
    reading = np.concatenate([segment.reading for segment in segments])

    def residuals(x: np.ndarray) -> np.ndarray:
        found = np.concatenate(bench.readings_of_several(from_fit(x)))
        return weight[:, None] * (found - reading[:, None])

    def jacobian(x: np.ndarray, step: float) -> np.ndarray:
        both = np.concatenate([np.eye(len(x)), -np.eye(len(x))], axis=1) * step
        found = residuals(x.reshape(-1, 1) + both)
        return (found[:, : len(x)] - found[:, len(x) :]) / (2 * step)

    return _Problem(residuals, jacobian)


def _told(problem: _Problem, report_progress: Callable[[float, str], None], begun: float, words: str) -> _Problem:
    """The same problem, which tells of each iteration: it begins when the share `begun` of all is done."""
    counted, whole = itertools.count(), (_COARSE if begun == 0 else 1 - _COARSE)

    def jacobian(x: np.ndarray, step: float) -> np.ndarray:
        report_progress(begun + whole * min(next(counted) / _USUAL_ITERATIONS, 0.95), f"fitting {words}")
        return problem.jacobian(x, step)

    return problem._replace(jacobian=jacobian)


def _least(problem: _Problem, start: np.ndarray, step: float, iterations: int) -> np.ndarray:
    least, most = bounds()
    x, _ = minimize.least_squares(
        start,
        problem.residuals,
        bounds=[least[:, None], most[:, None]],
        jacobian=lambda x, _: problem.jacobian(x, step),
        max_iter=iterations,
        xtol=1e-5,
        verbose=minimize.Verbosity.SILENT,
    )
    return np.asarray(x).reshape(-1)


def _best_starts(problem: _Problem, middle: np.ndarray) -> np.ndarray:
    """The best few of a grid around a middle [10]: [few, 10]."""
    least, most = bounds()
    columns = []
    for changes in itertools.product(*_STARTS.values()):
        column = middle.copy()
        for name, change in zip(_STARTS, changes, strict=True):
            index = NAMES.index(name)
            parameter = PARAMETERS[index]
            column[index] = column[index] + np.log(change) if parameter.positive else change / parameter.scale
        columns.append(np.clip(column, least, most))
    starts = np.array(columns).T
    return starts[:, np.argsort(np.sum(np.abs(problem.residuals(starts)), axis=0))[:_FEW]].T


def _sandwich(jacobian: np.ndarray, residual: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Covariance of the variables."""
    bread = np.linalg.pinv(jacobian.T @ jacobian)
    scores = np.array([jacobian[group == g].T @ residual[group == g] for g in np.unique(group)])
    groups, (readings, variables) = len(scores), jacobian.shape
    correction = groups / max(groups - 1, 1) * (readings - 1) / (readings - variables)
    robust = correction * bread @ (scores.T @ scores) @ bread
    white = bread * (residual @ residual) / (readings - variables)
    wider = np.sqrt(np.maximum(np.diag(white) / np.diag(robust), 1.0))
    return robust * np.outer(wider, wider)
