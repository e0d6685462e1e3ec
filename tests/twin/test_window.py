"""The twin's page."""

from collections.abc import Iterator

import numpy as np
import pytest
from ports import free_port

from playground_amp.cockpit.server import start_server
from playground_amp.robot.robot import load_robot
from playground_amp.twin.control import Question, truth
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


@pytest.fixture
def page() -> Iterator[TwinWindow]:
    server = start_server("127.0.0.1", free_port())
    yield TwinWindow(server, ROBOT, free_port())
    server.stop()


def test_it_is_drawn_with_its_push(page: TwinWindow, world: World) -> None:
    world.body.push(np.array([0.0, 5.0, 0.0]), 1.0)
    page.draw(truth(world), 0.04)
    assert page._scene._arrow.visible
    assert "held" in page._state.content


def test_what_is_pressed_is_asked_and_what_is_refused_is_said(
    page: TwinWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(port: int, question: Question) -> dict:
        asked.append(question)
        if question["do"] == "fault":
            raise ValueError("there is no fault <b>")
        return {}

    monkeypatch.setattr("playground_amp.twin.window.ask", ask)
    page._heading = np.pi / 2
    page._push()
    page._kind.value, page._place.value = "frozen_imu", "left_hip_roll"
    page._have_fault()
    page._kind._impl.value = "whatever a browser sends"
    page._have_fault()
    page.pass_on()
    push, of_robot, unknown = asked
    assert push["force"] == pytest.approx([0.0, 5.0, 0.0])
    assert of_robot == {"do": "fault", "name": "frozen_imu"}
    assert unknown == {"do": "fault", "name": "whatever a browser sends:left_hip_roll"}
    assert "there is no fault &lt;b&gt;" in page._notice.content
