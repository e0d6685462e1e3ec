"""How recorded clips fared, for people."""

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.record.recorder import Take, criteria
from playground_amp.robot.record import Robot


def print_takes(robot: Robot, takes: Sequence[Take], console: Console | None = None) -> None:
    """A table: for each criterion its limit, the median and the worst over the takes, and how many failed."""
    table = Table("figure", "limit", "median", "worst", "failed", title=f"recorded clips of {robot.name}")
    for criterion in criteria(robot):
        values = np.array([getattr(take.figures, criterion.figure) for take in takes])
        failed = sum(criterion in take.failed for take in takes)
        table.add_row(
            criterion.figure,
            f"≤ {criterion.limit:g}",
            f"{np.median(values):.3g}",
            f"{values.max():.3g}",
            f"{failed} of {len(takes)}",
        )
    (console or Console()).print(table)
