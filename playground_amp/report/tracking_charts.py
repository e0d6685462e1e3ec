"""Commanded against measured velocity over the program, as charts and as a table."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from playground_amp.report.charts import ASKED, MEASURED, Chart, axis, chart, line, rounded
from playground_amp.report.program import Performance
from playground_amp.robot.scale import scale_of

SETTLING = 1.0  # s of a stage that its mean leaves out, for WildRobot
_AVERAGED_OVER = 0.7  # s, about a gait cycle of WildRobot: the sway within it is no error
_QUANTITIES = (("forward", "m/s"), ("to the left", "m/s"), ("turning", "rad/s"))


@dataclass(frozen=True)
class StageResult:
    """What a stage asked for and got: (forward m/s, to the left m/s, yaw rate rad/s), mean after settling."""

    name: str
    asked: tuple[float, ...]
    measured: tuple[float, ...] | None  # None: the robot fell before

    @property
    def error(self) -> tuple[float, ...] | None:
        """Measured less asked for."""
        if self.measured is None:
            return None
        return tuple(got - asked for got, asked in zip(self.measured, self.asked, strict=True))


def stage_results(performance: Performance) -> list[StageResult]:
    """One line a stage."""
    settling = round(SETTLING * scale_of(performance.robot).time / performance.control_dt)
    results = []
    for index, stage in enumerate(performance.stages):
        rows = np.flatnonzero(performance.stage == index)[settling:]
        measured = tuple(performance.velocity[rows].mean(axis=0).tolist()) if rows.size else None
        results.append(StageResult(stage.name, stage.command, measured))
    return results


def tracking_charts(performance: Performance) -> list[Chart]:
    """One chart a velocity."""
    time, charts = performance.time, []
    cycle = max(1, round(_AVERAGED_OVER * scale_of(performance.robot).time / performance.control_dt))
    for index, (name, unit) in enumerate(_QUANTITIES):
        measured = performance.velocity[:, index].astype(float)
        traces = [
            line(time, measured, "measured", MEASURED, width=1, opacity=0.25, hoverinfo="skip"),
            line(time, _running_mean(measured, cycle), "measured, over a gait cycle", MEASURED),
            line(time, performance.command[:, index], "commanded", ASKED, dash="dash"),
        ]
        x, y = axis("time, s"), axis(f"{name}, {unit}")
        charts.append(chart(f"velocity {name}", traces, width="full", xaxis=x, yaxis=y))
    return charts


def path_chart(performance: Performance) -> Chart:
    """The way over the floor, seen from above, a color a stage."""
    traces = []
    for index, stage in enumerate(performance.stages):
        rows = np.flatnonzero(performance.stage == index)
        if rows.size:
            x, y = performance.qpos[rows, 0], performance.qpos[rows, 1]
            traces.append(go.Scatter(x=rounded(x), y=rounded(y), name=stage.name, mode="lines", line={"width": 3}))
    return chart(
        "path over the floor",
        traces,
        "seen from above",
        hovermode="closest",
        width="full",
        height=340,
        showlegend=True,
        xaxis=axis("x, m"),
        yaxis=axis("y, m", scaleanchor="x"),
    )


def _running_mean(values: np.ndarray, rows: int) -> np.ndarray:
    """Over so many rows, centered; over what there is of them at the ends."""
    window = np.ones(rows)
    return np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")
