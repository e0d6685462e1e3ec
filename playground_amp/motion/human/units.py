"""How long a file's unit of length is: as the user says, as the format says, or as a person's legs tell."""

import math

from playground_amp.errors import UserError

# Meters a unit. "cmu": files of CMU's collection count in inches over 0.45.
UNITS = {"m": 1.0, "cm": 0.01, "inch": 0.0254, "mm": 0.001, "foot": 0.3048, "cmu": 0.0254 / 0.45}
_CHILDREN, _PEOPLE = (0.35, 0.75), (0.35, 1.3)  # m from hip to ankle, of anybody; the longest are giants'
_ADULTS, _SPREAD = 0.82, 0.06  # m, mean and standard deviation
_ADULT_SHARE, _GIANT_DENSITY = 0.9, 1e-3  # of recordings; per m, of legs that are hardly anybody's


def require_unit(text: str) -> str:
    """A unit by its name, or a number of meters. Raises UserError if it is neither."""
    if text not in UNITS and not _is_length(text):
        raise UserError(f"--unit can be {', '.join(UNITS)} or a number of meters above 0, found {text!r}")
    return text


def meters(unit: str) -> float:
    """How long a unit is that `require_unit` lets pass, m."""
    return UNITS[unit] if unit in UNITS else float(unit)


def fitting_units(legs: float) -> list[str]:
    """The units in which legs of such a length, hip to ankle, are a person's, the likeliest first.

    Raises UserError if there is none.
    """
    low, high = _PEOPLE
    fitting = {name: legs * meter for name, meter in UNITS.items() if low <= legs * meter <= high}
    if not fitting:
        raise UserError(
            f"the legs are {legs:.3g} long, hip to ankle: that is no person's in {', '.join(UNITS)}; "
            "give --unit, a number of meters"
        )
    return sorted(fitting, key=lambda name: -_likelihood(fitting[name]))


def _likelihood(legs: float) -> float:
    """How often legs of so many m are met, a m: mostly grown-ups', now and then a child's of any age."""
    off = (legs - _ADULTS) / _SPREAD
    adult = _ADULT_SHARE * math.exp(-(off**2) / 2) / (_SPREAD * math.sqrt(2 * math.pi))
    youngest, oldest = _CHILDREN
    child = (1 - _ADULT_SHARE) / (oldest - youngest) if youngest <= legs <= oldest else 0.0
    return adult + child + _GIANT_DENSITY


def _is_length(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False
