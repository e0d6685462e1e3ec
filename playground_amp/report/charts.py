"""Charts of the report as Plotly figures: what they have in common. Colors and fonts of the page are set in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

LEFT, RIGHT, MEASURED, ASKED, LIMIT = "#3b82f6", "#f97316", "#10a37f", "#8b93a1", "#dc3545"
SIDES = (("left", LEFT), ("right", RIGHT))
Width = Literal["single", "double", "full"]  # columns of the page
_DIGITS = 4  # significant
_PALE = 0.18


@dataclass(frozen=True)
class Chart:
    """A chart with its words."""

    title: str
    caption: str
    figure: dict[str, Any]  # Plotly's data and layout
    width: Width = "single"


def chart(title: str, traces: Sequence[Any], caption: str = "", *, width: Width = "single", **layout: Any) -> Chart:
    """A chart of Plotly traces; `layout` is added to what all charts share."""
    figure = go.Figure(data=list(traces))
    shared = {
        "template": go.layout.Template(),
        "height": 260,
        "margin": {"l": 52, "r": 10, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "showlegend": False,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    figure.update_layout(**shared | layout)
    figure.update_xaxes(zeroline=False, automargin=True)
    figure.update_yaxes(zeroline=False, automargin=True)
    return Chart(title, caption, figure.to_plotly_json(), width)


def axis(title: str = "", **more: object) -> dict[str, object]:
    """An axis with its title."""
    return {"title": {"text": title}, **more}


def line(x: np.ndarray, y: np.ndarray, name: str, color: str, **more: Any) -> go.Scatter:
    """A line; `width`, `dash` and `opacity` as in Plotly."""
    shape = {"color": color, "width": more.pop("width", 2), "dash": more.pop("dash", "solid")}
    return go.Scatter(x=rounded(x), y=rounded(y), name=name, mode="lines", line=shape, **more)


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, color: str) -> go.Scatter:
    """The area between two curves over x."""
    return go.Scatter(
        x=rounded(np.concatenate([x, x[::-1]])),
        y=rounded(np.concatenate([high, low[::-1]])),
        fill="toself",
        fillcolor=pale(color),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def pale(color: str) -> str:
    """The color #rrggbb, mostly transparent."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_PALE})"


def rounded(values: np.ndarray) -> list[float | None]:
    """Plain numbers of four significant digits, which keep the file small; None where there is no number."""
    return [float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None for value in np.asarray(values, float)]
