"""What is going to happen, in the order of its times. Time is the twin's own, s; nothing here looks at a clock."""

import heapq
import itertools
import math
from collections.abc import Callable

Action = Callable[[float], None]  # is given the time that it was entered for


class Agenda:
    """Actions by time; those of one time as they were entered."""

    def __init__(self, before: Action = lambda _: None) -> None:
        """`before` each action something else may have to get to its time."""
        self._before = before
        self.now = 0.0  # s, of the action that was done last
        self._heap: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()

    def add(self, time: float, action: Action) -> None:
        """Enters an action; one whose time has passed comes next."""
        heapq.heappush(self._heap, (time, next(self._numbers), action))

    @property
    def next_time(self) -> float:
        """Of the first action; infinite if there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def run_until(self, time: float) -> None:
        """Does all that is due by then; actions may enter others."""
        while self._heap and self._heap[0][0] <= time:
            due, _, action = heapq.heappop(self._heap)
            self.now = max(self.now, due)
            self._before(due)
            action(due)
