"""What the gates found about clips, as a table and a verdict."""

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.motion.checks import LIMITS, ClipFigures, Limit, within

_WIDTH_WITHOUT_TERMINAL = 110
_FAILED_SHOWN = 20


def print_report(checked: Sequence[ClipFigures], console: Console | None = None) -> None:
    """A line for each gate, with the worst clip, then the clips that failed; on stdout unless a console is given."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    table = Table(title=f"{len(checked)} {'clip' if len(checked) == 1 else 'clips'}", title_justify="left")
    for heading, justify in (("gate", "left"), ("limit", "right"), ("worst", "right"), ("median", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for heading in ("worst clip", "failed", ""):
        table.add_column(heading)
    for limit in LIMITS:
        table.add_row(*_row(limit, checked))
    console.print(table)
    failed = [each for each in checked if each.failed]
    color = "red" if failed else "green"
    console.print(f"[bold {color}]{len(checked) - len(failed)} of {len(checked)} clips pass every gate[/]")
    for each in failed[:_FAILED_SHOWN]:
        console.print(f"  {each.clip.name}: {', '.join(each.failed)}")
    if len(failed) > _FAILED_SHOWN:
        console.print(f"  and {len(failed) - _FAILED_SHOWN} more")


def _row(limit: Limit, checked: Sequence[ClipFigures]) -> tuple[str, ...]:
    values = np.array([each.figures[limit.figure] for each in checked])
    bound = f"{'≥' if limit.at_least else '≤'} {limit.limit:g} {limit.unit}".rstrip()
    title = limit.figure.replace("_", " ")
    if np.isnan(values).all():
        return title, bound, "-", "-", "", "-", "not measured"
    worst = int(np.nanargmin(values) if limit.at_least else np.nanargmax(values))
    failed = sum(not within(limit, value) for value in values)
    verdict = "[red]FAIL[/]" if failed else "[green]pass[/]"
    figures = (f"{values[worst]:.3g}", f"{np.nanmedian(values):.3g}")
    return title, bound, *figures, checked[worst].clip.name, f"{failed} of {len(checked)}", verdict
