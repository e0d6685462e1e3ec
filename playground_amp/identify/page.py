"""What was identified, in the terminal, as JSON and as a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from plotly.offline import get_plotlyjs
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from playground_amp.identify.bench import Bench, Segment
from playground_amp.identify.fitting import TIMESTEP
from playground_amp.identify.identification import Identification
from playground_amp.identify.servo_parameters import Servo
from playground_amp.identify.verdict import Constant
from playground_amp.outputs import json_object, write_output
from playground_amp.report.charts import ASKED, LIMIT, MEASURED, Chart, axis, chart, line
from playground_amp.report.facts import REPORT_PAGE
from playground_amp.report.templating import template_environment

IDENTIFICATION = json_object("an identification (JSON)", "constants", "held_out_error_rad")
_MARKS = {"told": "[green]told[/]", "roughly": "[yellow]roughly[/]", "not told": "[red]not told[/]"}
_MOST_CHARTS = 16  # segments shown: those held out first
_MOST_POINTS = 800


@dataclass(frozen=True)
class _Page:
    """What the template shows; its variables are these fields."""

    logs: Sequence[str]
    constants: Sequence[Constant]
    error: float
    held_out_error: float
    at_limit: float
    charts: list[Chart]
    made: str


def print_identification(found: Identification, console: Console | None = None) -> None:
    """The constants and what they foretell, on stdout unless a console is given."""
    console = console or Console()
    table = Table(title="the servo", title_justify="left")
    for heading in ("constant", "", "with 95 %", "meaning"):
        table.add_column(heading)
    for each in found.constants:
        table.add_row(each.name, _MARKS[each.verdict], escape(each.words), escape(each.meaning))
    console.print(table)
    console.print(
        f"foretold readings are off by {found.held_out_error:.4f} rad in stretches that were held out, "
        f"{found.error:.4f} rad in those that were fitted (root mean square); at its torque limit "
        f"{100 * found.at_limit:.0f} % of the time",
        soft_wrap=True,
        highlight=False,
    )


def plain_identification(found: Identification) -> dict[str, object]:
    """All of it as plain data; `identifiable` is the verdict "told"."""
    return {
        "constants": {
            each.name: {
                "value": each.value,
                "interval": list(each.interval),
                "unit": each.unit,
                "identifiable": each.told,
                "verdict": each.verdict,
                "not_apart_from": list(each.not_apart_from),
            }
            for each in found.constants
        },
        "error_rad": found.error,
        "held_out_error_rad": found.held_out_error,
        "at_limit": found.at_limit,
        "logs": [log.name for log in found.logs],
    }


def write_json(found: Identification, path: Path, *inputs: Path) -> None:
    """Writes `plain_identification`. Raises UserError."""
    write_output(path, IDENTIFICATION, f"{json.dumps(plain_identification(found), indent=1)}\n".encode(), *inputs)


def write_page(found: Identification, gravity: float, path: Path, *inputs: Path) -> None:
    """Writes the page, one HTML file. Raises UserError."""
    shown = [*((segment, "held out") for segment in found.held_out), *((segment, "fitted") for segment in found.fitted)]
    page = _Page(
        logs=[log.name for log in found.logs],
        constants=found.constants,
        error=found.error,
        held_out_error=found.held_out_error,
        at_limit=found.at_limit,
        charts=[_chart(segment, kind, found.fit.servo, gravity) for segment, kind in shown[:_MOST_CHARTS]],
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    html = template_environment().get_template("identification.html.j2").render(vars(page), plotly=get_plotlyjs())
    write_output(path, REPORT_PAGE, html.encode(), *inputs)


def _chart(segment: Segment, kind: str, servo: Servo, gravity: float) -> Chart:
    foretold = Bench([segment], gravity, TIMESTEP).readings(servo)[0]
    every = max(1, len(segment.time) // _MOST_POINTS)
    time = segment.time[::every]
    target = segment.order[np.searchsorted(segment.order_time, time, side="right") - 1]
    traces = [
        line(time, target, "target", ASKED, width=1, dash="dot"),
        line(time, segment.reading[::every], "read", MEASURED),
        line(time, foretold[::every], "foretold", LIMIT, width=1),
    ]
    load = segment.load
    return chart(
        f"{kind}, from {segment.start:.1f} s, {load.mass:.3g} kg at {load.distance:.3g} m",
        traces,
        xaxis=axis("s"),
        yaxis=axis("rad"),
        showlegend=True,
    )
