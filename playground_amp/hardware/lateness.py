"""How late a loop was, over hours, in memory that does not grow."""

import numpy as np

_BIN = 1e-5  # s
_BINS = 10_000  # the last one holds all that is 100 ms late or more


class LatenessMeter:
    """Counts steps by their lateness."""

    def __init__(self) -> None:
        self._steps = np.zeros(_BINS, np.int64)
        self.worst = 0.0  # s
        self.skipped = 0  # deadlines that passed unused

    def add(self, lateness: float, skipped: int) -> None:
        """One step, s behind its deadline."""
        self._steps[min(int(max(lateness, 0.0) / _BIN), _BINS - 1)] += 1
        self.worst = max(self.worst, lateness)
        self.skipped += skipped

    @property
    def steps(self) -> int:
        """How many were added."""
        return int(self._steps.sum())

    def quantile(self, share: float) -> float:
        """Of the lateness, s, rounded up to 0.01 ms; NaN without steps."""
        if not self.steps:
            return float("nan")
        return float(_BIN * (np.searchsorted(np.cumsum(self._steps), share * self.steps) + 1))
