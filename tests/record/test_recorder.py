"""Recorded demonstrations: what is asked for, what is kept, and what they have to meet."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_up_walks import ROBOT
from rich.console import Console
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.envs.observations import observation_sizes
from playground_amp.learning.networks import make_networks
from playground_amp.paths import STANDARD
from playground_amp.record.recorder import Take, commands_to_record, criteria, record_takes, take_figures
from playground_amp.record.table import print_takes
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of

CONFIG = load_config(STANDARD, ["actor_layers=[16]", "critic_layers=[16]"])


def test_more_is_asked_for_than_the_task_commands() -> None:
    commands = CONFIG.env.commands
    chosen = commands_to_record(commands, Scale(), 60, seed=0)
    assert chosen.shape == (60, 3)
    assert not chosen[0].any()
    for column, (low, high) in zip(chosen.T, (commands.forward, commands.sideways, commands.yaw_rate), strict=True):
        assert column.min() <= low
        assert column.max() >= high


def test_another_robot_is_asked_for_steps_of_its_own_speed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = second_body(tmp_path_factory.mktemp("second"))
    scale = scale_of(load_robot(folder, "flat"))
    commands = load_config(STANDARD, [f"robot={folder}"]).env.commands
    forward, sideways, yaw_rate = commands_to_record(commands, scale, 0, seed=0).T
    straight = forward[(sideways == 0) & (yaw_rate == 0) & (forward != 0)]
    np.testing.assert_allclose(np.diff(straight), 0.05 * scale.speed, rtol=1e-4)


@pytest.fixture(scope="module")
def takes() -> list[Take]:
    """Of an untrained policy, which stands whatever it is asked for."""
    sizes = observation_sizes(ROBOT, history=1)
    networks = make_networks(CONFIG.trainer, ROBOT, sizes)
    policy = jax.tree.map(jnp.zeros_like, networks.policy_network.init(jax.random.PRNGKey(0)))
    normalizer = {name: {"state": fill(sizes["state"])} for name, fill in (("mean", np.zeros), ("std", np.ones))}
    commands = np.array([[0.0, 0, 0], [0.3, 0, 0]], np.float32)
    return record_takes(CONFIG, {"normalizer": normalizer, "policy": policy}, commands, seed=0)


def test_a_recorded_clip_is_labeled_with_what_was_reached(takes: list[Take]) -> None:
    standing, walking = takes
    assert standing.failed == ()
    assert walking.clip.command[0] == pytest.approx(0, abs=0.02)
    assert walking.figures.speed_error == pytest.approx(0.3, abs=0.02)
    assert standing.clip.qpos.shape == (200, ROBOT.nq)
    assert standing.clip.contact.all()
    assert standing.clip.joint_names == ROBOT.joint_names


def test_the_table_counts_what_failed(takes: list[Take]) -> None:
    text, fallen = io.StringIO(), takes[0]._replace(figures=takes[0].figures._replace(fell=1.0))
    failed = tuple(each for each in criteria(ROBOT) if each.figure == "fell")
    print_takes(ROBOT, [*takes, fallen._replace(failed=failed)], Console(file=text, width=100))
    (line,) = (line for line in text.getvalue().splitlines() if " fell " in line)
    assert "1 of 3" in line


def states(steps: int, forward: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Upright, at a forward speed."""
    qpos, qvel = np.zeros((steps, ROBOT.nq)), np.zeros((steps, ROBOT.nv))
    qpos[:, 3], qvel[:, 0] = 1.0, forward
    return qpos, qvel


def test_figures_against_arithmetic() -> None:
    qpos, qvel = states(100)
    qvel[:50, 0], qvel[50:, 0] = 0.4, 0.6
    qvel[:, 6 + 3] = -2.0
    torque = np.zeros((100, ROBOT.num_joints))
    torque[:, 3] = 2.2
    figures = take_figures(ROBOT, qpos, qvel, torque, np.array([0.6, 0.0, 0.0]), fell=True)

    assert figures.fell == 1.0
    assert figures.unsteady == pytest.approx(0.2)
    assert figures.speed_error == pytest.approx(0.1)  # 0.5 of 0.6 m/s
    assert figures.joint_speed == pytest.approx(2.0)
    assert figures.torque_p99 == pytest.approx(2.2)
    assert figures.torque_rms == pytest.approx(2.2 / 11**0.5)
    assert figures.power == pytest.approx(4.4)


def test_a_weak_servo_reaches_its_limit_sooner(tmp_path_factory: pytest.TempPathFactory) -> None:
    robot = load_robot(second_body(tmp_path_factory.mktemp("second")), "flat")
    neck = robot.joint_names.index("neck")
    qpos, qvel = np.zeros((10, robot.nq)), np.zeros((10, robot.nv))
    qpos[:, 3] = 1.0
    torque = np.zeros((10, robot.num_joints))
    torque[:, neck] = 0.45  # half of its limit of 0.9 N·m; the strongest servo has 1.5
    figures = take_figures(robot, qpos, qvel, torque, np.zeros(3), fell=False)

    assert figures.torque_p99 == pytest.approx(0.75)
    limits = {each.figure: each.limit for each in criteria(robot)}
    assert limits["torque_rms"] == pytest.approx(1.6 * 1.5 / 4.0)
    assert limits["unsteady"] == pytest.approx(0.05 * scale_of(robot).speed, rel=1e-5)
