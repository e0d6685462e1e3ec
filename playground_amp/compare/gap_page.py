"""The gap report as one HTML file. Everything is in it: it asks nothing of the network."""

from datetime import UTC, datetime
from pathlib import Path

from plotly.offline import get_plotlyjs

from playground_amp.compare import gap_charts
from playground_amp.compare.gap_report import HORIZONS, GapReport, joint_gaps, tilt_gaps
from playground_amp.compare.telling_gaps import unjudged_words, verdict_words
from playground_amp.outputs import write_output
from playground_amp.report.charts import Chart
from playground_amp.report.facts import REPORT_PAGE
from playground_amp.report.summary import Highlight
from playground_amp.report.templating import template_environment


def write_page(report: GapReport, path: Path) -> None:
    """Writes the page. Raises UserError if it cannot be written."""
    write_output(path, REPORT_PAGE, render(report).encode(), report.path)


def render(report: GapReport) -> str:
    """The page as text."""
    replays = report.replays
    gap: list[Chart] = [] if replays is None else gap_charts.gap_charts(report, replays)
    return (
        template_environment()
        .get_template("gap.html.j2")
        .render(
            report=report,
            word=report.named[0].cause.name if report.named else ("HEALTHY" if replays else "CANNOT TELL"),
            sentence=verdict_words(report),
            highlights=_highlights(report),
            unjudged=unjudged_words(report),
            gap=gap,
            load=[] if replays is None else gap_charts.load_charts(report, replays),
            imu=[] if replays is None else gap_charts.imu_charts(replays),
            timing=gap_charts.timing_charts(report),
            supply=gap_charts.supply_charts(report),
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            plotly=get_plotlyjs(),
        )
    )


def _highlights(report: GapReport) -> list[Highlight]:
    loop = report.evidence.signals.loop
    found = [
        Highlight("logged", f"{loop.seconds:.1f} s", f"{loop.steps} steps"),
        Highlight("period", f"{1e3 * loop.period:.2f} ms", f"98 % less than {1e3 * loop.late:.1f} ms late"),
        Highlight("ended", report.stop.partition(":")[0] or "–", report.stop.partition(": ")[2]),
    ]
    if report.replays is not None:
        joint, tilt = joint_gaps(report.replays), tilt_gaps(report.replays)
        worst = int(joint[1].argmax())
        note = f"after {HORIZONS[1]:g} s, {report.robot.joint_names[worst]}"
        found.append(Highlight("widest gap", f"{joint[1, worst]:.3f} rad", note))
        found.append(Highlight("attitude", f"{tilt[1]:.3f} rad", f"after {HORIZONS[1]:g} s, median"))
    return found
