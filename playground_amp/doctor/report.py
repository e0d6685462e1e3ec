"""What the doctor found, for people: a table of the checks, then what is wrong, a line each."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from playground_amp.doctor.check import Check, findings_of
from playground_amp.doctor.leaks import Leak
from playground_amp.motion.likeness import Likeness

_WIDTH_WITHOUT_TERMINAL = 140
_LEAKS_SHOWN = 5


def print_checks(checks: Sequence[Check], source: str, console: Console | None = None) -> None:
    """A line for each check and the verdict, on stdout unless a console is given."""
    console = _console(console)
    table = Table(title=f"motion prior on {source}", title_justify="left")
    for heading in ("", "check", "wanted", "measured", ""):
        table.add_column(heading)
    for index, check in enumerate(checks):
        area = check.area if index == 0 or checks[index - 1].area != check.area else ""
        last = index == len(checks) - 1 or checks[index + 1].area != check.area
        verdict = "[green]pass[/]" if check.passed else "[red]FAIL[/]"
        texts = (escape(text) for text in (area, check.title, check.wanted, check.measured))
        table.add_row(*texts, verdict, end_section=last)
    console.print(table)
    findings = findings_of(checks)
    failed = sum(not check.passed for check in checks)
    verdict = f"[bold red]{failed} of {len(checks)} checks failed[/]" if findings else "[bold green]healthy[/]"
    console.print(verdict)
    for finding in findings:
        console.print(f"- {escape(finding)}", soft_wrap=True, highlight=False)


def print_leaks(leaks: Sequence[Leak], console: Console | None = None) -> None:
    """The features that give most away between demonstrations and their replay."""
    console = _console(console)
    table = Table(title="largest leaks of one feature", title_justify="left")
    for heading in ("feature", "accuracy alone", "scale ratio", "constant", "finite"):
        table.add_column(heading)
    for leak in sorted(leaks, key=lambda leak: -leak.accuracy)[:_LEAKS_SHOWN]:
        flags = ("yes" if flag else "no" for flag in (leak.constant, leak.finite))
        table.add_row(leak.name, f"{leak.accuracy:.3f}", f"{leak.scale_ratio:.3f}", *flags)
    console.print(table)


def print_likeness(columns: Mapping[str, Likeness], console: Console | None = None) -> None:
    """How alike motions are to the demonstrations, a column each."""
    console = _console(console)
    table = Table(title="how alike to the demonstrations (0: alike; judge: 0.5)", title_justify="left")
    for heading in ("measure", *columns):
        table.add_column(heading)
    measured = {name: dict(alike.rows) for name, alike in columns.items()}
    for measure in dict.fromkeys(measure for rows in measured.values() for measure in rows):
        table.add_row(measure, *(rows.get(measure, "–") for rows in measured.values()))
    console.print(table)


def _console(console: Console | None) -> Console:
    console = console or Console()
    return console if console.is_terminal else Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
