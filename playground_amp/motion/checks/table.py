"""What the gates found about clips, as tables and a verdict."""

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.motion.checks.bounds import Bound
from playground_amp.motion.checks.judge import CheckedClip

_WIDTH_WITHOUT_TERMINAL = 110
_FAILED_SHOWN = 20


def print_report(checked: Sequence[CheckedClip], console: Console | None = None, *, warn: bool = False) -> None:
    """A line for each gate, with the worst clip, then the clips that failed; on stdout unless a console is given.

    `warn`: what is out of bounds is a warning, since a policy that follows the clips is their judge.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    for kind, is_recorded in (("", False), (" recorded from physics", True)):
        of_kind = [each for each in checked if each.clip.is_recorded == is_recorded]
        if of_kind:
            title = f"{len(of_kind)} {'clip' if len(of_kind) == 1 else 'clips'}{kind}"
            console.print(_table(of_kind, title, "[yellow]warning[/]" if warn else "[red]FAIL[/]"))
    failed = [each for each in checked if each.failed]
    color = "green" if not failed else "yellow" if warn else "red"
    console.print(f"[bold {color}]{len(checked) - len(failed)} of {len(checked)} clips pass every gate[/]")
    for each in failed[:_FAILED_SHOWN]:
        console.print(f"  {each.clip.name}: {', '.join(each.failed)}")
    if len(failed) > _FAILED_SHOWN:
        console.print(f"  and {len(failed) - _FAILED_SHOWN} more")
    if failed and warn:
        console.print(
            "The joints of the exact motion would need that much; a policy that follows it gives way a little."
        )


def _table(checked: Sequence[CheckedClip], title: str, failure: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading, justify in (("gate", "left"), ("limit", "right"), ("worst", "right"), ("median", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for heading in ("worst clip", "failed", ""):
        table.add_column(heading)
    for bound in checked[0].bounds:
        table.add_row(*_row(bound, checked, failure))
    return table


def _row(bound: Bound, checked: Sequence[CheckedClip], failure: str) -> tuple[str, ...]:
    values = np.array([each.value(bound) for each in checked])
    limit = f"{'≥' if bound.at_least else '≤'} {bound.limit:.3g} {bound.unit}".rstrip()
    title = bound.figure.replace("_", " ")
    if np.isnan(values).all():
        return title, limit, "-", "-", "", "-", "not measured"
    worst = int(np.nanargmin(values) if bound.at_least else np.nanargmax(values))
    failed = sum(not bound.holds(value) for value in values)
    verdict = failure if failed else "[green]pass[/]"
    figures = (f"{values[worst]:.3g}", f"{np.nanmedian(values):.3g}")
    return title, limit, *figures, checked[worst].clip.name, f"{failed} of {len(checked)}", verdict
