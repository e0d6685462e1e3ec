"""The cockpit without its page: the robot does as wished, newer policies are found, mistakes are told at once."""

import json
import math
import socket
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from deployable import CONFIG
from second_body import second_body

from playground_amp.cli import play
from playground_amp.cockpit.first_command import first_command
from playground_amp.cockpit.readouts import Readout, Status, figures_html, rewards_html
from playground_amp.cockpit.scene import ground_mesh, shape_mesh
from playground_amp.cockpit.simulation import Simulation, Wishes, play_config
from playground_amp.configs.loader import load_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.policies.opening import open_policy
from playground_amp.policies.source import FixedPolicy
from playground_amp.robot.looks import body_names, visible_shapes
from playground_amp.robot.record import Heights
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "policies" / "walk"
# Over which time the robot in the box is told its velocity, s.
AVERAGING = json.loads((BUNDLE / "manifest.json").read_text())["config"]["env"]["velocity_average_time"]
WALK = Wishes(forward=0.3, sideways=0.0, yaw_rate=0.0, floor_friction=0.8)
ROBOT = load_robot("wildrobot", "flat")


@pytest.fixture(scope="module")
def shared_simulation() -> Simulation:
    source = open_policy(BUNDLE)
    env = WildRobotEnv(play_config(source.config))
    return Simulation(env, source.controller(env), WALK)


@pytest.fixture
def simulation(shared_simulation: Simulation) -> Simulation:
    shared_simulation.reset(WALK)
    return shared_simulation


def mean_velocity(simulation: Simulation, wishes: Wishes, steps: int) -> np.ndarray:
    """Mean velocity [3] over the last 50 of so many steps."""
    velocities = []
    for _ in range(steps):
        simulation.step(wishes)
        velocities.append(simulation.moment.velocity)
    return np.mean(velocities[-50:], axis=0)


def test_the_robot_does_as_wished(simulation: Simulation) -> None:
    slow = mean_velocity(simulation, WALK, 150)
    fast = mean_velocity(simulation, WALK._replace(forward=0.6), 150)
    turning = mean_velocity(simulation, WALK._replace(yaw_rate=0.6), 150)
    standing = mean_velocity(simulation, WALK._replace(forward=0.0), 150)
    assert slow[0] == pytest.approx(0.3, abs=0.06)
    assert fast[0] == pytest.approx(0.6, abs=0.1)
    assert turning[2] > 0.2  # how well it turns is for gates to judge
    assert np.abs(standing).max() < 0.05
    assert not simulation.moment.fallen


def test_without_a_yaw_rate_the_heading_is_held(simulation: Simulation) -> None:
    mean_velocity(simulation, WALK._replace(yaw_rate=0.8), 100)
    mean_velocity(simulation, WALK, 50)
    before = float(simulation.moment.heading)
    mean_velocity(simulation, WALK, 250)
    assert abs(float(simulation.moment.heading) - before) < 0.15


def test_a_push_drives_it_sideways_and_it_walks_on(simulation: Simulation) -> None:
    mean_velocity(simulation, WALK, 105)
    simulation.push(math.pi / 2, 8.0, 0.2)
    assert simulation.push_w == pytest.approx([0.0, 8.0, 0.0], abs=1.0)
    sideways = []
    for _ in range(20):
        simulation.step(WALK)
        sideways.append(float(simulation.moment.velocity[1]))
    assert simulation.push_w is None
    # 0.12 m/s as averaged over 0.25 s; the walk's own sway, averaged like this, stays under 0.05 m/s
    assert max(sideways) > 0.12 * 0.25 / AVERAGING
    after = mean_velocity(simulation, WALK, 150)
    assert after[0] == pytest.approx(0.3, abs=0.06)
    assert not simulation.moment.fallen


def test_on_ice_it_gets_nowhere(simulation: Simulation) -> None:
    assert mean_velocity(simulation, WALK._replace(floor_friction=0.0), 60)[0] < 0.15


def test_late_targets_and_weak_motors_are_felt(simulation: Simulation) -> None:
    def torques(wishes: Wishes) -> np.ndarray:
        simulation.reset(wishes)
        return np.array([(simulation.step(wishes), simulation.moment.joint_torque)[1] for _ in range(25)])

    late, weak = WALK._replace(latency=0.02), WALK._replace(motor_strength=0.5)
    assert np.abs(torques(late) - torques(WALK)).max() > 0.1
    assert np.abs(torques(weak)).max() <= 2.0 + 1e-3  # half of 4 N·m


def test_a_reset_puts_it_back(simulation: Simulation) -> None:
    mean_velocity(simulation, WALK, 100)
    assert simulation.moment.qpos[0] > 0.3
    simulation.reset(WALK)
    assert abs(simulation.moment.qpos[0]) < 0.01


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_anyway(*_) -> None:
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


def error_of(*arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        play.main([str(argument) for argument in arguments])
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.usefixtures("nothing_compiles")
class TestMistakes:
    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert f"port {port} is taken" in error_of("--checkpoint", BUNDLE, "--port", port)

    def test_an_address_of_another_machine(self):
        assert "cannot listen on 192.0.2.1:8080" in error_of("--checkpoint", BUNDLE, "--host", "192.0.2.1")

    def test_no_port(self):
        assert "'70000' is no port" in error_of("--checkpoint", BUNDLE, "--port", "70000")

    def test_no_such_checkpoint(self, tmp_path: Path):
        assert "No such file" in error_of("--checkpoint", tmp_path / "final_iter_1.pkl", "--port", free_port())

    def test_a_folder_of_something_else(self, tmp_path: Path):
        assert "is no folder of a run" in error_of("--checkpoint", tmp_path, "--port", free_port())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_at_first_it_walks_at_a_pace_that_suits_its_size(tmp_path: Path) -> None:
    standard = ROOT / "playground_amp/configs/wildrobot_phase3_training.yaml"
    small = load_config(standard, flags={"robot": second_body(tmp_path)})
    slow = load_config(standard, ["env.commands.forward=[-0.1, 0.2]"])
    scale = scale_of(load_robot(small.robot, "flat"))
    for config, speed in ((CONFIG, 0.3), (small, 0.3 * scale.speed), (slow, 0.2)):
        source = FixedPolicy("made up", config, lambda _: jax.tree_util.Partial(jnp.zeros))
        assert first_command(source, None) == (pytest.approx(speed), 0.0, 0.0)
        assert first_command(source, (0.1, 0.0, 0.0)) == (0.1, 0.0, 0.0)


def test_what_is_shown_is_escaped() -> None:
    status = Status(policy="<b>", notice="a & b", pushes=0, falls=0, rate=50.0)
    text = figures_html(status, {"falls": Readout("fallen", "0", "times")})
    assert "&lt;b&gt;" in text
    assert "a &amp; b" in text
    assert '<b id="measured-falls">0</b>' in text


def test_bars_are_in_proportion() -> None:
    text = rewards_html({"alive": 0.5, "torque": -0.25})
    assert "left:50.0%;width:50.0%" in text
    assert "left:25.0%;width:25.0%" in text


def test_the_drawn_robot_is_as_tall_as_the_real_one() -> None:
    shapes = visible_shapes(ROBOT)
    names = body_names(ROBOT)
    assert {names[shape.body] for shape in shapes} == set(names) - {"world"}
    mesh = [shape_mesh(shape) for shape in shapes if names[shape.body] == "torso"]
    head = max(part.bounds[1][2] for part in mesh)
    assert 0.17 < head < 0.22  # above the waist's yaw axis, which is 0.508 m up at the home pose
    for shape, part in zip([s for s in shapes if names[s.body] == "torso"], mesh, strict=True):
        reach = (
            np.array(shape.size) if shape.kind != "capsule" else np.array([shape.size[0]] * 2 + [sum(shape.size[:2])])
        )
        extents = sorted(part.bounds[1] - part.bounds[0])
        assert extents[2] <= 2 * np.linalg.norm(reach) + 1e-6
    assert ROBOT.home_qpos[2] == pytest.approx(0.46)


def test_uneven_ground_is_drawn_where_it_is() -> None:
    assert ROBOT.ground is None
    ground = Heights(np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]]), half_length=2.0, half_width=1.0)
    vertices, faces = ground_mesh(ground)
    assert vertices[[0, 2, 3]].tolist() == [[-2.0, -1.0, 0.0], [2.0, -1.0, 0.2], [-2.0, 1.0, 0.3]]
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert len(faces) == 4
    assert (normals[:, 2] > 0).all()
    assert np.abs(normals[:, 2]).sum() / 2 == pytest.approx(4.0 * 2.0)  # together they cover the rectangle
