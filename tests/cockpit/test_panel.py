"""The controls of the page."""

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
