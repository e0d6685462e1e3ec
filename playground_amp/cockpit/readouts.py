"""The figures beside the picture: speed, torque, power, falls, rewards, and the policy in use."""

import html
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import viser

from playground_amp.cockpit.simulation import Moment, Wishes
from playground_amp.configs.schema import Config
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

_AVERAGED = 1.0  # s over which figures are averaged
_CHARTED = 10.0  # s of the speed chart
_BACKWARDS, _BEYOND = 0.4, 0.2  # m/s of WildRobot that the chart shows below zero, and above the fastest command
_STYLE = "padding:0.4em 1em;font-size:0.85em;font-variant-numeric:tabular-nums"


class Status(NamedTuple):
    """What is shown beside the measurements."""

    policy: str
    notice: str  # empty: nothing to say
    pushes: int
    falls: int
    rate: float  # Hz, control steps a second as measured


class Readout(NamedTuple):
    """A figure on the page."""

    label: str
    value: str
    unit: str


class _Measured(NamedTuple):
    velocity: np.ndarray  # [3]
    torque_rms: float  # N·m over the joints
    torque: np.ndarray  # [J] N·m, its absolute value
    power: float  # W
    rewards: np.ndarray  # [n]


class Readouts:
    """Collects what is measured and puts averages on the page."""

    def __init__(self, server: viser.ViserServer, robot: Robot, config: Config):
        self._torque_limit, self._control_dt = robot.torque_limit, config.env.control_dt
        self._samples: deque[_Measured] = deque(maxlen=round(_AVERAGED / self._control_dt))
        self._chart: deque[tuple[float, float, float]] = deque()  # s, asked and measured m/s
        self._time, self._terms = 0.0, ()
        speed = scale_of(robot).speed
        shown = (-_BACKWARDS * speed, config.env.commands.forward[1] + _BEYOND * speed)
        panel = server.gui.add_panel()
        with panel.add_tab("Measured", viser.Icon.GAUGE):
            self._figures = server.gui.add_html("")
            self._plot = server.gui.add_uplot(
                data=(np.zeros(1), np.zeros(1), np.zeros(1)),
                series=(
                    {"label": "s"},
                    {"label": "asked m/s", "stroke": "#9aa3ad", "width": 2},
                    {"label": "forward m/s", "stroke": "#f2731f", "width": 2},
                ),
                scales={"x": {"time": False}, "y": {"range": shown}},
                height=160,
            )
            self._rewards = server.gui.add_html("")
        panel.dock_left()

    def forget(self) -> None:
        """Resets averages and chart."""
        self._samples.clear()
        self._chart.clear()

    def take(self, moment: Moment, wishes: Wishes) -> None:
        """Takes in one control step."""
        torque = np.asarray(moment.joint_torque, float)
        self._time += self._control_dt
        self._samples.append(
            _Measured(
                np.asarray(moment.velocity),
                float(np.sqrt(np.mean(torque**2))),
                np.abs(torque),
                float(moment.power),
                np.array(list(moment.reward_terms.values())),
            )
        )
        self._terms = tuple(moment.reward_terms)
        self._chart.append((self._time, wishes.forward, float(np.mean([s.velocity[0] for s in self._samples]))))
        while self._chart[0][0] < self._time - _CHARTED:
            self._chart.popleft()

    def show(self, status: Status) -> None:
        """Puts it on the page."""
        if not self._samples:
            return
        velocity = np.mean([sample.velocity for sample in self._samples], axis=0)
        peak = np.max([sample.torque for sample in self._samples], axis=0)
        hottest = int(np.argmax(peak / self._torque_limit))
        figures = {
            "forward": Readout("forward", f"{velocity[0]:.2f}", "m/s"),
            "sideways": Readout("to the left", f"{velocity[1]:.2f}", "m/s"),
            "yaw-rate": Readout("turn", f"{velocity[2]:.2f}", "rad/s"),
            "torque-rms": Readout(
                "torque, joints' RMS", f"{np.mean([s.torque_rms for s in self._samples]):.2f}", "N·m"
            ),
            "torque-peak": Readout(f"torque, peak of {self._torque_limit[hottest]:g}", f"{peak[hottest]:.2f}", "N·m"),
            "power": Readout("power", f"{np.mean([s.power for s in self._samples]):.1f}", "W"),
            "pushes": Readout("pushed", f"{status.pushes}", "times"),
            "falls": Readout("fallen", f"{status.falls}", "times"),
            "rate": Readout("control loop", f"{status.rate:.0f}", "Hz"),
        }
        self._figures.content = figures_html(status, figures)
        times, asked, measured = (np.array(column) for column in zip(*self._chart, strict=True))
        self._plot.data = (times, asked, measured)
        means = np.mean([sample.rewards for sample in self._samples], axis=0)
        self._rewards.content = rewards_html(dict(zip(self._terms, means.tolist(), strict=True)))


def figures_html(status: Status, figures: Mapping[str, Readout]) -> str:
    """A table of figures by name; the value of each is the element `measured-<name>`."""
    rows = "".join(
        f'<tr><td>{label}</td><td style="text-align:right"><b id="measured-{name}">{value}</b></td>'
        f'<td style="padding-left:0.4em">{unit}</td></tr>'
        for name, (label, value, unit) in figures.items()
    )
    notice = f'<div id="notice" style="color:#c0392b">{html.escape(status.notice)}</div>'
    policy = f'<div id="policy" style="overflow-wrap:anywhere">{html.escape(status.policy)}</div>'
    return f'<div style="{_STYLE}">{policy}{notice}<table style="width:100%">{rows}</table></div>'


def rewards_html(rewards: Mapping[str, float]) -> str:
    """A bar a reward term, to the right where it pays and to the left where it costs; in reward a second."""
    largest = max((abs(value) for value in rewards.values()), default=0.0) or 1.0
    rows = "".join(
        f'<tr><td>{name}</td><td style="text-align:right;padding:0 0.4em" id="reward-{name}">{value:.2f}</td>'
        f'<td style="width:40%">{_bar(value / largest)}</td></tr>'
        for name, value in rewards.items()
    )
    return f'<div style="{_STYLE}"><b>reward a second</b><table style="width:100%">{rows}</table></div>'


def _bar(share: float) -> str:
    """A bar of -1 to 1 around the middle of its cell."""
    width, left = 50 * abs(share), 50 + 50 * min(share, 0.0)
    color = "#f2731f" if share < 0 else "#2b8a3e"
    bar = f'<div style="position:absolute;left:{left:.1f}%;width:{width:.1f}%;height:100%;background:{color}"></div>'
    return f'<div style="position:relative;height:0.6em;background:rgba(128,128,128,0.15)">{bar}</div>'
