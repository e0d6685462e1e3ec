"""The controls of the page."""

import math

import pytest
import viser

from playground_amp.cockpit.panel import Panel
from playground_amp.configs.schema import Config
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of


def test_controls_fit_the_robot(server: viser.ViserServer, robot: Robot, config: Config) -> None:
    panel = Panel(server, robot, config, (config.env.commands.forward[1], 0.0, 0.0))
    assert panel.wishes.forward == config.env.commands.forward[1]
    assert panel.wishes.floor_friction == pytest.approx(robot.floor_friction)
    assert panel.push_force == pytest.approx(8.0 * scale_of(robot).force, rel=0.05)


@pytest.mark.parametrize("sent", [math.nan, math.inf, -math.inf, 1e9, -1e9])
def test_whatever_a_browser_sends_stays_within_the_controls(
    server: viser.ViserServer, robot: Robot, config: Config, sent: float
) -> None:
    panel = Panel(server, robot, config, (0.0, 0.0, 0.0))
    for slider in (panel._forward, panel._yaw_rate, panel._friction, panel._latency, panel._strength, panel._speed):
        slider.handle.value = sent
        for end in ("min", "max"):  # a browser can send these too
            setattr(slider.handle._impl.props, end, sent)
    panel._push_to._impl.value = "nowhere"
    low, high = config.env.commands.forward
    assert min(low, 0.0) <= panel.wishes.forward <= high
    assert all(math.isfinite(value) for value in panel.wishes)
    assert 0 <= panel.wishes.latency <= config.env.control_dt
    assert 0.1 <= panel.speed <= 2.0
    assert panel.push_angle == 0.0
