"""What a fit tells of each constant: its value and interval, or that the logs cannot tell it, and from what not."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.identify.fitting import Fit
from playground_amp.identify.servo_parameters import NAMES, PARAMETERS, ServoParameter

TOLD = 0.05  # of its value: half of an interval that tells a constant
_GUESSED = 0.5  # of its value: half of an interval that says nothing any more
_ALIKE = 0.9  # correlation of two that the logs cannot tell apart


class Constant(NamedTuple):
    """One constant of the servo."""

    name: str
    unit: str
    meaning: str
    value: float
    half_width: float  # of the interval at 95 %
    verdict: str  # "told", "roughly" or "not told"
    words: str
    not_apart_from: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether the logs identify it."""
        return self.verdict == "told"

    @property
    def interval(self) -> tuple[float, float]:
        """At 95 %."""
        return self.value - self.half_width, self.value + self.half_width


def constants_of(fit: Fit) -> list[Constant]:
    """The verdict on each constant of `PARAMETERS`, and on the two viscous ones together."""
    found = [_constant(p, index, fit) for index, p in enumerate(PARAMETERS)]
    total = ServoParameter("damping_in_all", "N·m·s/rad", "damping and velocity gain together", 0, 0, 0)
    return [*found, _judged(total, fit.damping_in_all, fit.damping_in_all_half_width, ())]


def constant(constants: Sequence[Constant], name: str) -> Constant:
    """The one of a name."""
    return next(each for each in constants if each.name == name)


def _constant(parameter: ServoParameter, index: int, fit: Fit) -> Constant:
    alike = np.abs(np.nan_to_num(fit.correlation[index])) > _ALIKE
    others = tuple(name for name, same in zip(NAMES, alike, strict=True) if same and name != parameter.name)
    return _judged(parameter, float(fit.value[index]), float(fit.half_width[index]), others)


def _judged(parameter: ServoParameter, value: float, half: float, others: tuple[str, ...]) -> Constant:
    size, unit = abs(value), parameter.unit
    if half <= TOLD * size:
        verdict, words, others = "told", f"{value:.4g} ± {half:.2g} {unit}", ()
    elif half <= _GUESSED * size:
        verdict, words = "roughly", f"between {value - half:.3g} and {value + half:.3g} {unit}"
    elif np.isfinite(half):
        most = max(abs(value - half), abs(value + half))
        verdict, words = "not told", f"the logs cannot tell it; at most {most:.2g} {unit} in size"
    else:
        verdict, words = "not told", "the logs say nothing of it"
    if others:
        words += f"; not apart from {', '.join(others)}"
    return Constant(parameter.name, unit, parameter.meaning, value, half, verdict, words, others)
