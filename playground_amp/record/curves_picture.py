"""Hips, knees and ankles over the gait cycle in a picture and a table: the person, and what came of the recording."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.motion.picture import write_picture
from playground_amp.record.leg_curves import CYCLE, JOINTS, LegCurves, kept

_LINES = {
    "person": {"color": "black", "lw": 2.5, "alpha": 0.35},
    "clip": {"color": "tab:gray", "ls": "--"},
    "demonstration": {"color": "tab:blue"},
    "policy": {"color": "tab:orange"},
}
_WIDTH_WITHOUT_TERMINAL = 120


def save_curves(person: LegCurves, speeds: Sequence[Sequence[LegCurves]], path: Path) -> None:
    """Writes a PNG: a row a speed, each with the person's curves behind those of that speed.

    Raises:
      UserError: the file cannot be written, or another one is in its place.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    shape = len(speeds), len(JOINTS)
    figure, axes = pyplot.subplots(
        *shape, figsize=(10, 2.6 * len(speeds)), sharex=True, sharey="col", squeeze=False, layout="constrained"
    )
    for row, curves in zip(axes, speeds, strict=True):
        for column, axis in enumerate(row):
            for each in (person, *curves):
                axis.plot(100 * CYCLE, each.angles[:, column], label=each.source, **_LINES[each.source])
        row[0].set_ylabel(f"{curves[0].speed:.2f} m/s, rad")
    for axis, joint in zip(axes[0], JOINTS, strict=True):
        axis.set_title(joint)
    for axis in axes[-1]:
        axis.set_xlabel("gait cycle from the leg furthest back, %")
    axes[0, 0].legend(fontsize="small")
    try:
        write_picture(figure, path)
    finally:
        pyplot.close(figure)


def print_curves(person: LegCurves, speeds: Sequence[Sequence[LegCurves]], console: Console | None = None) -> None:
    """A table: for each speed and source the correlation with the person's curve, the swing over it, the offset."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    title = "what is kept of the person: correlation, swing over the person's, offset in rad"
    table = Table("m/s", "of", "cycle, s", *JOINTS, title=title, title_justify="left")
    swings = [f"swings {swing:.2f} rad" for swing in np.ptp(person.angles, axis=0)]
    table.add_row(f"{person.speed:.2f}", person.source, f"{person.cycle_time:.2f}", *swings)
    for curves in speeds:
        for each in curves:
            alike = map(str, kept(each, person))
            table.add_row(f"{each.speed:.2f}", each.source, f"{each.cycle_time:.2f}", *alike)
    console.print(table)
