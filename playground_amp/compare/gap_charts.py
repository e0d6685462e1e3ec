"""The gap report's charts."""

import numpy as np
import plotly.graph_objects as go

from playground_amp.compare.gap_report import HORIZONS, GapReport, Replays, joint_gaps
from playground_amp.compare.misfit import unexplained_torque
from playground_amp.report.charts import ASKED, LIMIT, MEASURED, RIGHT, Chart, axis, chart, line, rounded

_MOST_POINTS = 1500  # a line


def gap_charts(report: GapReport, replays: Replays) -> list[Chart]:
    """How far prediction and measurement part: by horizon, and joint by joint when."""
    joint = joint_gaps(replays)
    names = list(report.robot.joint_names)
    bars = [
        go.Bar(y=names, x=rounded(joint[place]), orientation="h", name=f"{horizon:g} s")
        for place, horizon in enumerate(HORIZONS)
    ]
    charts = [
        chart(
            "gap after a horizon",
            bars,
            "root mean square of measured less predicted joint angle, open loop from measured states",
            width="full",
            height=80 + 34 * len(names),
            showlegend=True,
            xaxis=axis("rad"),
            yaxis={"autorange": "reversed"},
        )
    ]
    time = replays.motion.time[replays.gap.start]
    tilt = line(time, replays.gap.tilt[:, replays.steps[1]], "attitude", MEASURED)
    charts.append(_over_time("attitude", [tilt], f"gap after {HORIZONS[1]:g} s, rad", "full"))
    charts += [
        _over_time(
            name,
            [
                line(time, replays.gap.joint[:, replays.steps[place], number], f"after {HORIZONS[place]:g} s", color)
                for place, color in ((0, MEASURED), (1, RIGHT))
            ],
            "measured less predicted, rad",
        )
        for number, name in enumerate(names)
    ]
    return charts


def load_charts(report: GapReport, replays: Replays) -> list[Chart]:
    """Torque that the servos' droop means against that which the motion takes, where the robot stands on one foot."""
    stance, robot = replays.stance, report.robot
    charts = []
    missing = unexplained_torque(robot, stance, replays.motion.position)
    for number, name in enumerate(robot.joint_names):
        known = np.isfinite(stance.needed[:, number])
        if not known.any():
            continue
        x, y = stance.given[known, number], stance.given[known, number] + missing[known, number]
        points = go.Scatter(x=rounded(x), y=rounded(y), mode="markers", marker={"size": 3, "color": MEASURED})
        most = float(robot.torque_limit[number])
        ends = np.array([-most, most])
        same = line(ends, ends, "as described", ASKED, dash="dash")
        shown = chart(name, [points, same], hovermode="closest", xaxis=axis("by droop, N·m"), yaxis=axis("needed, N·m"))
        charts.append(shown)
    return charts


def timing_charts(report: GapReport) -> list[Chart]:
    """Periods, lateness and ages."""
    log, names = report.log, report.robot.joint_names
    every = _thinning(len(log.time))
    time = log.time[every]
    period = np.gradient(log.step_start)[every] if len(log.time) > 1 else np.zeros(1)
    ages = [
        line(time, 1e3 * log.joint_age[every, place], name, _color(place), width=1) for place, name in enumerate(names)
    ]
    return [
        _over_time("control period", [line(time, 1e3 * period, "period", MEASURED, width=1)], "ms", "double"),
        _over_time("lateness", [line(time, 1e3 * log.lateness[every], "late", MEASURED, width=1)], "ms", "single"),
        _over_time("ages of the readings", ages, "ms", "full"),
    ]


def supply_charts(report: GapReport) -> list[Chart]:
    """Voltage, temperature and torque against the limits."""
    log, names, limits = report.log, report.robot.joint_names, report.evidence.hardware.limits
    every = _thinning(len(log.time))
    time = log.time[every]

    def of_joints(values: np.ndarray) -> list[go.Scatter]:
        return [line(time, values[every, place], name, _color(place), width=1) for place, name in enumerate(names)]

    def limit(value: float) -> go.Scatter:
        return line(time[[0, -1]], np.full(2, value), "limit", LIMIT, dash="dash")

    saturated = report.evidence.signals.joints.saturated
    bars = go.Bar(y=list(names), x=rounded(100 * saturated), orientation="h", marker={"color": MEASURED})
    return [
        _over_time("voltage", [*of_joints(log.voltage), limit(limits.voltage_low)], "V"),
        _over_time("temperature", [*of_joints(log.temperature), limit(limits.temperature_high)], "°C"),
        chart(
            "saturation",
            [bars],
            "share of steps in which target less position asks for more torque than the servo has",
            height=80 + 20 * len(names),
            xaxis=axis("% of the steps"),
            yaxis={"autorange": "reversed"},
        ),
    ]


def imu_charts(replays: Replays) -> list[Chart]:
    """What the IMU says against what feet that lie flat say."""
    time, tilt = replays.motion.time, replays.stance.tilt
    every = _thinning(len(time))
    charts = []
    for place, name in enumerate(("roll", "pitch")):
        traces = [
            line(time[every], tilt[every, foot, place], side, color, width=1)
            for foot, (side, color) in enumerate((("left sole", MEASURED), ("right sole", RIGHT)))
        ]
        charts.append(_over_time(f"{name} of soles that lie flat", traces, "by IMU and joints, rad", "double"))
    return charts


def _over_time(title: str, traces: list[go.Scatter], unit: str, width: str = "single") -> Chart:
    return chart(
        title,
        traces,
        width=width,  # pyright: ignore[reportArgumentType]
        showlegend=len(traces) in (2, 3),
        xaxis=axis("time, s"),
        yaxis=axis(unit),
    )


def _thinning(rows: int) -> slice:
    return slice(None, None, max(1, rows // _MOST_POINTS))


def _color(place: int) -> str:
    """A color a joint."""
    palette = ("#3b82f6", "#f97316", "#10a37f", "#8b5cf6", "#dc3545", "#0ea5e9", "#a16207", "#ec4899")
    return palette[place % len(palette)]
