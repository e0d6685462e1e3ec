"""The twin's page."""

import numpy as np
import pytest
import viser
from ports import free_port

from playground_amp.cockpit.server import start_server
from playground_amp.robot.robot import load_robot
from playground_amp.twin.control import truth
from playground_amp.twin.faults import inject
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.twin.window import TwinWindow, joints_html, state_html
from playground_amp.twin.world import World

ROBOT = load_robot("wildrobot")


@pytest.fixture
def world() -> World:
    world = World(ROBOT, hardware_of_robot(ROBOT, 1), lambda port, data: None)
    world.advance(0.01)
    return world


def test_the_tables_show_the_truth(world: World) -> None:
    inject(world, "hot_servo:left_hip_roll=90")
    shown = state_html(truth(world))
    assert '<td id="twin-stand"><b>held</b>' in shown
    assert "hot_servo:left_hip_roll=90" in shown
    assert "○○○○" in shown
    rows = joints_html(truth(world), ROBOT).split("<tr>")[1:]
    assert len(rows) == ROBOT.num_joints
    hot = [row for row in rows if "left_hip_roll" in row]
    assert '<span style="color:#c0392b">90 °C</span>' in hot[0]
    assert all(">limp<" in row for row in rows)


def test_it_is_drawn_with_its_push(world: World) -> None:
    world.body.push(np.array([0.0, 5.0, 0.0]), 1.0)
    server = start_server("127.0.0.1", free_port())
    try:
        TwinWindow(server, ROBOT, 1).draw(truth(world), 0.04)
        assert isinstance(server, viser.ViserServer)
    finally:
        server.stop()
