"""What is looked for in a bench log: the constants of the simulated servo, with the range in which each may lie."""

from typing import NamedTuple

import numpy as np


class ServoParameter(NamedTuple):
    """One constant."""

    name: str
    unit: str
    meaning: str
    least: float
    most: float
    scale: float  # a usual size: what steps and tolerances of the fit are in
    positive: bool = True  # ratios matter, not differences: fitted by its logarithm


# Ranges hold the small servos of bipeds of 0.2 to 1.5 m: from 0.2 to 60 N·m.
PARAMETERS = (
    ServoParameter("armature", "kg·m²", "inertia of rotor and gears, seen at the joint", 1e-5, 1.0, 0.02),
    ServoParameter("damping", "N·m·s/rad", "viscous friction of the joint", 1e-4, 10.0, 0.1),
    ServoParameter("friction", "N·m", "dry friction", 1e-4, 10.0, 0.05),
    ServoParameter("gain", "N·m/rad", "torque for an error of position", 0.1, 1000.0, 20.0),
    ServoParameter("velocity_gain", "N·m·s/rad", "the servo's torque against its speed, while on", 1e-3, 20.0, 0.5),
    ServoParameter("delay", "s", "from a target's time in the log until it acts", -0.02, 0.12, 0.01, False),
    ServoParameter("torque_limit", "N·m", "at rest", 0.02, 100.0, 4.0),
    ServoParameter("droop", "s/rad", "torque limit lost with speed: 1 / (speed without load)", 0.0, 1.0, 0.1, False),
    ServoParameter("backlash", "rad", "play of the gears to either side", 0.0, 0.2, 0.02, False),
    ServoParameter("offset", "rad", "what the servo reads where the load hangs straight down", -0.6, 0.6, 0.05, False),
)
NAMES = tuple(parameter.name for parameter in PARAMETERS)


class Servo(NamedTuple):
    """The constants of N servos, [N] each; units as in `PARAMETERS`."""

    armature: np.ndarray
    damping: np.ndarray
    friction: np.ndarray
    gain: np.ndarray
    velocity_gain: np.ndarray
    delay: np.ndarray
    torque_limit: np.ndarray
    droop: np.ndarray
    backlash: np.ndarray
    offset: np.ndarray


def to_fit(values: np.ndarray) -> np.ndarray:
    """Values [10, ...] as the fit sees them: logarithms of what is positive, and the rest in units of its scale."""
    return np.stack([np.log(value / p.scale) if p.positive else value / p.scale for p, value in _pairs(values)])


def from_fit(fitted: np.ndarray) -> np.ndarray:
    """The inverse of `to_fit`."""
    return np.stack([p.scale * np.exp(value) if p.positive else p.scale * value for p, value in _pairs(fitted)])


def slope(values: np.ndarray) -> np.ndarray:
    """Change of each value [10] with its fitted form, to turn intervals of one into the other's."""
    return np.array([value if p.positive else p.scale for p, value in _pairs(values)])


def bounds() -> tuple[np.ndarray, np.ndarray]:
    """Least and most [10], as the fit sees them."""
    least, most = np.array([[p.least, p.most] for p in PARAMETERS]).T
    return to_fit(least), to_fit(most)


def _pairs(values: np.ndarray) -> zip:
    return zip(PARAMETERS, values, strict=True)
