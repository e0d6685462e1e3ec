"""What the loss takes for calm: a linear policy's answers to noise, and its answers while it is told to stand."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.learning.calm import CalmLoss, make_calm_loss
from playground_amp.paths import STANDARD

GAIN = jnp.array([[2.0], [0.0], [1.0]])  # of the one action to a reading, to one that does not matter, to the command
STD = jnp.array([0.5, 3.0, 1.0])
COMMAND = slice(2, 3)


def loss(**weights: float) -> CalmLoss | None:
    settings = [f"trainer.{key}={value}" for key, value in ({"smoothness": 0, "stillness": 0} | weights).items()]
    networks: Any = SimpleNamespace(
        policy_network=SimpleNamespace(apply=lambda normalizer, params, seen: seen["state"] @ params),
        parametric_action_distribution=SimpleNamespace(mode=lambda logits: logits),
    )
    return make_calm_loss(load_config(STANDARD, settings).trainer, networks, COMMAND)


def value(of: CalmLoss | None, *observations: tuple[float, float, float]) -> float:
    """Of robots at one moment."""
    return value_of(of, [[each] for each in observations])


def value_of(of: CalmLoss | None, observations: list[list[tuple[float, float, float]]]) -> float:
    """Of robots' moments."""
    assert of is not None
    data: Any = SimpleNamespace(observation={"state": jnp.array(observations)})
    params, normalizer = SimpleNamespace(policy=GAIN), SimpleNamespace(std={"state": STD})
    return float(of(params, normalizer, data, jax.random.PRNGKey(0)))  # pyright: ignore


def test_nothing_is_asked_for_by_no_weight() -> None:
    assert loss() is None


def test_an_answer_to_noise_costs_its_square() -> None:
    # A twentieth of each standard deviation: 2 × 0.5 / 20 of the reading and 1 × 1 / 20 of the command.
    expected = 0.1 * ((2 * 0.5 / 20) ** 2 + (1 / 20) ** 2)
    assert value(loss(smoothness=0.1), *[(0.3, 1.0, 0.0)] * 4000) == pytest.approx(expected, rel=0.1)


def test_an_action_costs_while_told_to_stand_alone() -> None:
    stands, walks = (0.5, 7.0, 0.0), (0.5, 7.0, 0.3)
    assert value(loss(stillness=0.2), stands) == pytest.approx(0.2 * 1.0**2)
    assert value(loss(stillness=0.2), walks) == 0
    assert value(loss(stillness=0.2), stands, walks) == pytest.approx(0.2 * 1.0**2 / 2)


def test_every_fourth_moment_is_asked_about() -> None:
    stands, walks = (0.5, 7.0, 0.0), (0.5, 7.0, 0.3)
    assert value_of(loss(stillness=0.2), [[stands, walks, walks, walks, walks]]) == pytest.approx(0.2 / 2)
