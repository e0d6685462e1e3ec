"""Reward terms from elsewhere are paid like those of the package."""

from typing import Any, cast

import jax
import jax.numpy as jnp
import pytest

from playground_amp.envs import payment
from playground_amp.envs.payment import add_term, check_names, weighted_terms
from playground_amp.envs.rewards import RewardInputs
from playground_amp.errors import UserError

NO_INPUTS = cast(Any, None)


def three(s: RewardInputs) -> jax.Array:
    """Three."""
    return jnp.float32(3.0)


def test_a_term_from_elsewhere_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment, "TERMS", dict(payment.TERMS))
    with pytest.raises(UserError, match=r"unknown reward term reward_weights\.three"):
        check_names({"three": 1.0})
    assert add_term(three) is three
    check_names({"three": 1.0})
    assert float(weighted_terms(NO_INPUTS, {"three": 2.0}, 0.02)["three"]) == pytest.approx(0.12)  # 2 · 0.02 · 3


def test_a_name_is_taken_once() -> None:
    def torque(s: RewardInputs) -> jax.Array:
        return three(s)

    with pytest.raises(ValueError, match="there is a reward term torque already"):
        add_term(torque)
    assert add_term(payment.TERMS["torque"]) is payment.TERMS["torque"]  # the same one again
