"""What a figure of a clip may be."""

from typing import NamedTuple

import numpy as np


class Bound(NamedTuple):
    """A figure of a clip and what it may be at most, or at least."""

    figure: str  # a field of the record of figures
    limit: float
    unit: str
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a figure is in bounds; what could not be measured (NaN) is not held against a clip."""
        return bool(np.isnan(value) or (value >= self.limit if self.at_least else value <= self.limit))
