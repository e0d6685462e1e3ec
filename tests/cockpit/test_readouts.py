"""The figures on the page."""

import jax.numpy as jnp
import viser

from playground_amp.cockpit.readouts import Readout, Readouts, Status, figures_html, rewards_html
from playground_amp.cockpit.simulation import Moment, Wishes
from playground_amp.configs.schema import Config
from playground_amp.robot.record import Robot


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
    readouts.take(moment, Wishes(0.0, 0.0, 0.0, robot.floor_friction))
    readouts.show(Status("made up", "", pushes=0, falls=0, rate=50.0))
    assert f"peak of {robot.torque_limit[0]:g}" in readouts._figures.content
    assert f'id="measured-torque-peak">{0.9 * robot.torque_limit[0]:.2f}<' in readouts._figures.content


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
