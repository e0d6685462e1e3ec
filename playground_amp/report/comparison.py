"""Two runs side by side in one HTML file: what was set otherwise, how they learned, what gates found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from plotly.offline import get_plotlyjs

from playground_amp.outputs import write_output
from playground_amp.report.charts import LEFT, RIGHT, Chart, axis, chart, line
from playground_amp.report.facts import REPORT_PAGE, LoggedMetrics, RunFacts
from playground_amp.report.judged import JudgedCell, JudgedGate
from playground_amp.report.learning_charts import column, names_in, smoothed, thinned, unit_of
from playground_amp.report.repeat import Change, changes
from playground_amp.report.templating import template_environment

_COLORS = (LEFT, RIGHT)


@dataclass(frozen=True)
class GateRow:
    """A figure of a cell that both runs were judged by, or one of them."""

    gate: str
    cell: str
    figure: str
    limit: str
    means: tuple[float | None, float | None]
    passed: tuple[bool | None, bool | None]  # None: not judged


@dataclass(frozen=True)
class Comparison:
    """What the template shows; its variables are these fields."""

    names: tuple[str, str]
    colors: tuple[str, str]
    runs: tuple[RunFacts, RunFacts]
    changes: list[Change]  # `default`: the first run's value
    curves: list[Chart]
    gates: list[GateRow]
    made: str


def write_comparison(first: RunFacts, second: RunFacts, path: Path) -> None:
    """Writes the page. Raises UserError if it cannot be written."""
    page = (
        template_environment()
        .get_template("comparison.html.j2")
        .render(vars(compare(first, second)), plotly=get_plotlyjs())
    )
    write_output(path, REPORT_PAGE, page.encode(), first.checkpoint, second.checkpoint)


def compare(first: RunFacts, second: RunFacts) -> Comparison:
    """What differs between two runs, and what came of it."""
    names = first.folder.resolve().name, second.folder.resolve().name
    if names[0] == names[1]:
        names = f"{names[0]} (A)", f"{names[1]} (B)"
    return Comparison(
        names=names,
        colors=_COLORS,
        runs=(first, second),
        changes=changes(second.config, first.config),
        curves=_curves(names, (first.records, second.records)),
        gates=gate_rows(first, second),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def gate_rows(first: RunFacts, second: RunFacts) -> list[GateRow]:
    """Every figure of every cell that the policies themselves were judged by."""
    own = [
        {f"{gate.gate} {gate.where}": gate for gate in run.gates if gate.checkpoint.sha256 == run.sha256}
        for run in (first, second)
    ]
    rows = []
    for gate in dict.fromkeys([*own[0], *own[1]]):
        judged = [_cells(each.get(gate)) for each in own]
        for cell in dict.fromkeys([*judged[0], *judged[1]]):
            rows += _cell_rows(gate, cell, [each.get(cell) for each in judged])
    return rows


def _cells(gate: JudgedGate | None) -> dict[str, JudgedCell]:
    return {cell.name: cell for cell in gate.cells} if gate else {}


def _cell_rows(gate: str, cell: str, judged: Sequence[JudgedCell | None]) -> list[GateRow]:
    checks = [{check.figure: check for check in each.checks} if each else {} for each in judged]
    rows = []
    for figure in dict.fromkeys([*checks[0], *checks[1]]):
        a, b = (each.get(figure) for each in checks)
        check = a or b
        assert check is not None
        limit = next((limit for each in judged if each and (limit := each.limit_of(check))), None)
        shown = f"{limit.sign} {limit.limit:g} {limit.unit}".rstrip() if limit else ""
        means = a.mean if a else None, b.mean if b else None
        rows.append(GateRow(gate, cell, check.words, shown, means, (a.passed if a else None, b.passed if b else None)))
    return rows


def _curves(names: tuple[str, str], records: tuple[Sequence[LoggedMetrics], Sequence[LoggedMetrics]]) -> list[Chart]:
    """A chart for every metric that both runs logged, a line for each run."""
    both = [name for name in names_in(records[0]) if name in set(names_in(records[1]))]
    return [_curve(metric, names, records) for metric in both]


def _curve(
    metric: str, names: tuple[str, str], records: tuple[Sequence[LoggedMetrics], Sequence[LoggedMetrics]]
) -> Chart:
    traces = [
        line(thinned(column(logged, "iteration")), smoothed(thinned(column(logged, metric))), name, color)
        for name, logged, color in zip(names, records, _COLORS, strict=True)
    ]
    return chart(
        metric.replace("_", " "), traces, xaxis=axis("iteration"), yaxis=axis(unit_of(metric)), showlegend=True
    )
