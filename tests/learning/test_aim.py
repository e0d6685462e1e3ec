"""What training corrects by feedback: speeds ahead and the torque of joints, measured on robots without noise."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.envs import rewards
from playground_amp.learning.aim import Aim, Aiming
from playground_amp.learning.rollout import Walked
from playground_amp.paths import DEFAULT_ROBOT, STANDARD
from playground_amp.robot.robot import load_robot

ROBOTS, STEPS, WATCHED = 16, 20, 4
ROBOT = load_robot(DEFAULT_ROBOT)
CONFIG = load_config(
    STANDARD,
    overrides=[
        f"trainer.num_envs={ROBOTS}",
        "trainer.aim.speed=0.05",
        "trainer.aim.torque_price=0.3",
        f"trainer.aim.watched={WATCHED / ROBOTS}",
    ],
)


def walked(speed: float, command: tuple[float, float, float] = (0.5, 0.0, 0.0), torque: float = 0.5) -> Walked:
    """All robots are asked for one command, and walk ahead at one speed with one torque in each joint."""
    shape = (ROBOTS, STEPS)
    return Walked(
        command=jnp.broadcast_to(jnp.asarray(command), (*shape, 3)),
        holds=jnp.full(shape, True),
        velocity=jnp.broadcast_to(jnp.asarray([speed, 0.0, 0.0]), (*shape, 3)),
        torque=jnp.full((*shape, ROBOT.num_joints), torque),
        ended=jnp.zeros(shape, bool),
    )


def followed(aiming: Aiming, steps: Walked, iterations: int) -> Aim:
    aim, follow = aiming.init(), jax.jit(aiming.follow)
    for _ in range(iterations):
        aim, _ = follow(aim, steps)
    return aim


@pytest.fixture(scope="module")
def aiming() -> Aiming:
    return Aiming(CONFIG, ROBOT)


def test_nothing_is_paid_before_anything_is_known(aiming: Aiming) -> None:
    np.testing.assert_array_equal(aiming.paid(aiming.init(), walked(0.3)), 0.0)


def test_who_is_slow_is_asked_for_more_and_who_is_fast_for_less(aiming: Aiming) -> None:
    slow, fast = (followed(aiming, walked(speed), 40).more for speed in (0.45, 0.55))
    assert slow[2] > 0.05 > 0 > fast[2]
    np.testing.assert_array_equal(slow[jnp.array([0, 1, 3])], 0.0)  # speeds that nobody was asked for
    assert followed(aiming, walked(0.0), 400).more[2] == pytest.approx(0.3)


@pytest.mark.parametrize(("more", "asked", "boost"), [(-0.2, 0.4, 1.0), (0.06, 0.53, 1.3), (0.3, 0.55, 2.5)])
def test_what_it_pays_is_what_the_terms_pay_for_another_speed(
    aiming: Aiming, more: float, asked: float, boost: float
) -> None:
    aim = aiming.init()._replace(more=jnp.array([0.0, 0.0, more, 0.0]))
    steps, weights = walked(0.52), CONFIG.paid_weights

    def pay(speed: float) -> float:
        inputs: Any = SimpleNamespace(
            command=jnp.array([speed, 0, 0]), average_velocity=jnp.array([0.52, 0, 0]), scale=aiming._scale
        )
        terms = ("velocity_tracking", "velocity_progress")
        return 0.02 * sum(weights[name] * float(getattr(rewards, name)(inputs)) for name in terms)

    np.testing.assert_allclose(aiming.paid(aim, steps), boost * pay(asked) - pay(0.5), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(aiming.paid(aim, walked(0.52, (0.5, 0.1, 0.0))), 0.0)  # not straight ahead


def test_a_policy_that_is_off_by_a_share_comes_right(aiming: Aiming) -> None:
    """One that goes at 0.85 of the speed that pays, as noise and effort would have it."""
    aim, told, follow = aiming.init(), {}, jax.jit(aiming.follow)
    for _ in range(200):
        aim, told = follow(aim, walked(0.85 * 0.5 * (1 + float(aim.more[2]))))
    assert abs(float(told["aim/short_3"])) < 0.01


def test_a_joint_has_a_price_while_it_has_too_much_torque(aiming: Aiming) -> None:
    limit = float(ROBOT.torque_limit.max())
    dear = followed(aiming, walked(0.5, torque=0.4 * limit), 30)
    assert float(dear.price.min()) > 0.5
    paid = aiming.paid(dear._replace(more=jnp.zeros(4)), walked(0.5, torque=0.4 * limit))
    np.testing.assert_allclose(paid, -0.02 * 0.4 * float(dear.price.sum()), rtol=1e-5)
    np.testing.assert_array_equal(followed(aiming, walked(0.5, torque=0.3 * limit), 30).price, 0.0)
    standing = walked(0.0, (0.0, 0.0, 0.0), torque=0.4 * limit)
    np.testing.assert_array_equal(aiming.paid(dear, standing), 0.0)


def test_only_robots_without_noise_that_hold_a_heading_at_their_speed_are_asked(aiming: Aiming) -> None:
    free = walked(0.4)._replace(holds=jnp.zeros((ROBOTS, STEPS), bool))
    np.testing.assert_array_equal(followed(aiming, free, 40).steps, 0.0)
    noisy = walked(0.5)._replace(velocity=walked(0.5).velocity.at[WATCHED:].set(0.0))
    assert float(followed(aiming, noisy, 40).more[2]) == pytest.approx(0.0, abs=1e-6)
    short = walked(0.4)._replace(ended=walked(0.4).ended.at[:, 9::10].set(True))  # episodes of ten steps
    np.testing.assert_array_equal(followed(aiming, short, 40).steps, 0.0)


def test_a_new_speed_starts_the_count_again(aiming: Aiming) -> None:
    aim = followed(aiming, walked(0.5), 3)
    assert int(aim.since[0]) == 3 * STEPS - 1
    aim, _ = aiming.follow(aim, walked(0.5, (0.6, 0.0, 0.0)))
    assert int(aim.since[0]) == STEPS - 1
