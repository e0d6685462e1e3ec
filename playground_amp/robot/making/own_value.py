"""A value of the training configuration that a robot has of its own."""

from typing import NamedTuple


class OwnValue(NamedTuple):
    """A value of the training configuration in SI units."""

    value: float | list[float]
    origin: str  # in words
