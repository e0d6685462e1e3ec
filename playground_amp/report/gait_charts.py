"""The gait in pictures: joints, feet, contacts, torques and phase portraits, beside the reference motion."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from playground_amp.report.charts import (
    LEFT,
    LIMIT,
    MEASURED,
    SIDES,
    Chart,
    axis,
    band,
    chart,
    line,
    pale,
)
from playground_amp.report.cycles import POINTS, Band, Gait, spells, steady_rows
from playground_amp.report.program import Performance
from playground_amp.robot.joint_groups import bending_groups, joint_groups, leg_groups
from playground_amp.robot.record import Robot

_PERCENT = np.linspace(0, 100, POINTS)
_CONTACT_SECONDS = 4.0  # shown
_BASE_HEIGHT, _ROW_HEIGHT = 83, 27  # pixels of the chart of loads: without joints, and a joint


def joint_charts(robot: Robot, gait: Gait, reference: Gait | None) -> list[Chart]:
    """Joint angles over the cycle: of the legs in pairs, then of what else moves."""
    angles = reference and reference.joint_position
    return [
        _over_cycle(_words(group.name), "angle, rad", group.joints, gait.joint_position, angles)
        for group in joint_groups(robot)
    ]


def foot_chart(gait: Gait, reference: Gait | None) -> Chart:
    """Heights of the soles over the cycle."""
    soles = reference and reference.sole_height
    return _over_cycle("foot height", "lowest point of the sole, mm", (0, 1), gait.sole_height, soles, scale=1000.0)


def contact_chart(performance: Performance) -> Chart:
    """When each foot is on the floor, and when the gait clock wants it there."""
    rows = steady_rows(performance)[-round(_CONTACT_SECONDS / performance.control_dt) :]
    traces = []
    for foot, (side, color) in enumerate(SIDES):
        for flags, name, fill in (
            (performance.due_contact, f"{side}, due", pale(color)),
            (performance.foot_contact, f"{side} foot", color),
        ):
            begin, duration = spells(flags[rows, foot], performance.control_dt).T
            traces.append(
                go.Bar(
                    y=[name] * len(begin),
                    base=begin.round(3).tolist(),
                    x=duration.round(3).tolist(),
                    orientation="h",
                    marker={"color": fill},
                    hovertemplate="from %{base:.2f} s for %{x:.2f} s<extra></extra>",
                )
            )
    return chart(
        "contact pattern",
        traces,
        f"full bars: on the floor; pale bars: due there by the gait clock; the last {_CONTACT_SECONDS:g} s of the walk",
        barmode="overlay",
        bargap=0.35,
        hovermode="closest",
        xaxis=axis("time, s"),
        yaxis={"autorange": "reversed"},
        width="double",
    )


def load_chart(performance: Performance) -> Chart:
    """Torque of every joint over the whole program against its limit."""
    robot = performance.robot
    torque = np.abs(performance.joint_torque.astype(float))
    names = [_words(name) for name in robot.joint_names]
    rms = np.sqrt((torque**2).mean(axis=0))
    p99, most = np.quantile(torque, 0.99, axis=0), torque.max(axis=0)

    def marks(values: np.ndarray, name: str, symbol: str, color: str) -> go.Scatter:
        marker = {"symbol": symbol, "size": 10, "color": color, "line": {"width": 2, "color": color}}
        return go.Scatter(x=values.round(2).tolist(), y=names, name=name, mode="markers", marker=marker)

    traces = [
        go.Bar(x=rms.round(2).tolist(), y=names, name="RMS", orientation="h", marker={"color": LEFT}),
        marks(p99, "99 % stay below", "line-ns", MEASURED),
        marks(most, "largest", "circle-open", MEASURED),
        marks(robot.torque_limit, "limit", "line-ns", LIMIT),
    ]
    return chart(
        "torque against the limit",
        traces,
        "absolute, over the whole program of commands",
        hovermode="y unified",
        xaxis=axis("N·m", rangemode="tozero"),
        yaxis={"autorange": "reversed"},
        width="full",
        height=_BASE_HEIGHT + _ROW_HEIGHT * robot.num_joints,
        showlegend=True,
    )


def torque_charts(robot: Robot, gait: Gait) -> list[Chart]:
    """Torque of the legs' joints over the cycle, within their limits."""
    if gait.joint_torque is None:
        return []
    charts = []
    for group in leg_groups(robot):
        limit = float(robot.torque_limit[group.joints[0]])
        built = _over_cycle(f"{_words(group.name)} torque", "N·m", group.joints, gait.joint_torque, None)
        built.figure["layout"]["shapes"] = [_level(sign * limit) for sign in (-1, 1)]
        built.figure["layout"]["yaxis"]["range"] = [-1.1 * limit, 1.1 * limit]
        charts.append(built)
    return charts


def portrait_charts(robot: Robot, gait: Gait, reference: Gait | None) -> list[Chart]:
    """Joint angle against joint speed: a steady gait closes on itself."""
    charts = []
    for group in bending_groups(robot):
        traces = []
        for (side, color), index in zip(SIDES, group.joints, strict=True):
            for source, dash, width in ((gait, "solid", 2), (reference, "dot", 1.5)):
                if source is not None:
                    position, velocity = source.joint_position.mean[:, index], source.joint_velocity.mean[:, index]
                    name = side if source is gait else f"{side}, reference"
                    traces.append(line(position, velocity, name, color, dash=dash, width=width))
        title, x, y = f"{_words(group.name)} phase portrait", axis("angle, rad"), axis("speed, rad/s")
        charts.append(chart(title, traces, hovermode="closest", xaxis=x, yaxis=y))
    return charts


def _over_cycle(
    title: str,
    unit: str,
    columns: Sequence[int],
    measured: Band,
    reference: Band | None,
    scale: float = 1.0,
) -> Chart:
    """Mean and spread over the cycles for one column, or for the left and the right one; the reference dotted."""
    shown = SIDES if len(columns) > 1 else (("measured", MEASURED),)
    traces = []
    for index, (name, color) in zip(columns, shown, strict=True):
        low, mean, high = (scale * values[:, index] for values in (measured.low, measured.mean, measured.high))
        traces += [band(_PERCENT, low, high, color), line(_PERCENT, mean, name, color)]
        if reference is not None:
            curve = scale * reference.mean[:, index]
            traces.append(line(_PERCENT, curve, f"{name}, reference", color, dash="dot", width=1.5))
    return chart(title, traces, xaxis=axis("gait cycle, %"), yaxis=axis(unit))


def _level(height: float) -> dict[str, object]:
    dashed = {"color": LIMIT, "dash": "dash", "width": 1.5}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "line": dashed}


def _words(name: str) -> str:
    return name.replace("_", " ")
