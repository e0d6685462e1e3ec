"""The page of another robot: its scene, its controls and its figures, built and shown on a server without a visitor."""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
import pytest
import viser
from second_body import second_body
from test_cockpit import free_port

from playground_amp.cockpit.panel import Panel
from playground_amp.cockpit.readouts import Readouts, Status
from playground_amp.cockpit.scene import Scene, arrow
from playground_amp.cockpit.server import start_server
from playground_amp.cockpit.simulation import Moment
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.paths import STANDARD
from playground_amp.robot.looks import body_names
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load_config(STANDARD, flags={"robot": second_body(tmp_path_factory.mktemp("second"))})


@pytest.fixture(scope="module")
def robot(config: Config) -> Robot:
    return load_robot(config.robot, "flat")


@pytest.fixture
def server() -> Iterator[viser.ViserServer]:
    server = start_server("127.0.0.1", free_port())
    yield server
    server.stop()


def test_every_body_stands_where_it_is(server: viser.ViserServer, robot: Robot) -> None:
    scene = Scene(server, robot)
    qpos = robot.home_qpos.copy()
    qpos[:3] += [10.0, 0.0, 0.02]
    scene.show(qpos, np.array([0.0, 3.0, 0.0]), 0.04)
    bodies = {body_names(robot)[index]: frame for index, frame in scene._bodies.items()}
    assert set(bodies) >= {robot.base_name, "l_knee_link", "r_ankle_roll_link"}
    np.testing.assert_allclose(bodies[robot.base_name].position, qpos[:3])
    assert scene._world.position[0] == pytest.approx(-10.0)  # further than a step: the world jumps after it
    assert scene._arrow.visible
    head = scene._arrow.points[0, 1]
    np.testing.assert_allclose(head, qpos[:3], atol=1e-5)
    distance = np.linalg.norm(server.initial_camera.position - server.initial_camera.look_at)
    assert distance == pytest.approx(1.85 * scale_of(robot).length, abs=0.01)


def test_a_push_of_the_same_share_of_the_weight_is_as_long_beside_the_robot(robot: Robot) -> None:
    scale = scale_of(robot)
    tail, head = arrow(np.zeros(3), np.array([8.0 * scale.force, 0.0, 0.0]), scale)
    small, _ = arrow(np.zeros(3), np.array([8.0, 0.0, 0.0]), Scale())
    np.testing.assert_allclose(tail / scale.length, small)
    np.testing.assert_allclose(small, [-0.16, 0.0, 0.0])  # 8 N at 0.02 m/N
    np.testing.assert_array_equal(head, 0.0)


def test_controls_fit_the_robot(server: viser.ViserServer, robot: Robot, config: Config) -> None:
    panel = Panel(server, robot, config, (config.env.commands.forward[1], 0.0, 0.0))
    assert panel.wishes.forward == config.env.commands.forward[1]
    assert panel.wishes.floor_friction == pytest.approx(robot.floor_friction)
    assert panel.push_force == pytest.approx(8.0 * scale_of(robot).force, rel=0.05)


def test_the_torque_shown_is_of_the_joint_nearest_its_limit(
    server: viser.ViserServer, robot: Robot, config: Config
) -> None:
    readouts = Readouts(server, robot, config)
    torque = 0.5 * robot.torque_limit
    torque[0] = -0.9 * robot.torque_limit[0]
    moment = Moment(
        qpos=jnp.asarray(robot.home_qpos),
        heading=jnp.float32(0.0),
        velocity=jnp.zeros(3),
        joint_torque=jnp.asarray(torque),
        power=jnp.float32(1.0),
        reward_terms={"alive": jnp.float32(1.0)},
        fallen=jnp.bool_(False),
    )
    readouts.take(moment, Panel(server, robot, config, (0.0, 0.0, 0.0)).wishes)
    readouts.show(Status("made up", "", pushes=0, falls=0, rate=50.0))
    assert f"peak of {robot.torque_limit[0]:g}" in readouts._figures.content
    assert f'id="measured-torque-peak">{0.9 * robot.torque_limit[0]:.2f}<' in readouts._figures.content
