"""The robot of the cockpit does as wished."""

import json
import math

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from paths import BUNDLE

from playground_amp.cockpit.simulation import Simulation, Wishes, play_config
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.policies.opening import open_policy
from playground_amp.robot.record import Robot

# Over which time the robot in the box is told its velocity, s.
AVERAGING = json.loads((BUNDLE / "manifest.json").read_text())["config"]["env"]["velocity_average_time"]
WALK = Wishes(forward=0.3, sideways=0.0, yaw_rate=0.0, floor_friction=0.8)


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


def test_a_robot_of_another_build_stands_and_is_pushed(config: Config, robot: Robot) -> None:
    env = WildRobotEnv(play_config(config))
    still = Partial(lambda state: jnp.zeros(robot.num_joints))
    standing = Wishes(0.0, 0.0, 0.0, robot.floor_friction)
    simulation = Simulation(env, still, standing)
    before = simulation.moment.qpos
    for _ in range(10):
        simulation.step(standing)
    assert simulation.moment.qpos[2] == pytest.approx(robot.standing_height, rel=0.05)
    assert simulation.moment.joint_torque.shape == (robot.num_joints,)
    simulation.push(math.pi / 2, 0.3 * robot.weight, 0.1)
    for _ in range(5):
        simulation.step(standing)
    assert simulation.moment.qpos[1] > before[1] + 0.002
