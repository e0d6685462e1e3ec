"""Reward terms from elsewhere are paid like those of the package."""

from typing import Any, cast

import jax
import jax.numpy as jnp
import pytest

from playground_amp.cockpit.simulation import play_config
from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.envs import payment
from playground_amp.envs.payment import add_term, check_names, known_weights, weighted_terms
from playground_amp.envs.rewards import RewardInputs
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates.gates import WALK
from playground_amp.gates.runner import gate_config
from playground_amp.paths import STANDARD

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


def test_who_only_judges_leaves_terms_of_others_out(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = {"torque": -0.03, "their_own": 1.0}
    assert known_weights(theirs) == {"torque": -0.03}
    config = changed(load_config(STANDARD), {"reward_weights": theirs})
    assert gate_config(config, WALK).reward_weights == {"torque": -0.03}
    assert play_config(config).reward_weights == {"torque": -0.03}
    assert capsys.readouterr().err.count("terms that are not known here are left out") == 1
    with pytest.raises(UserError, match=r"unknown reward term reward_weights\.their_own"):
        WildRobotEnv(config)  # which trains


def test_a_name_is_taken_once() -> None:
    def torque(s: RewardInputs) -> jax.Array:
        return three(s)

    with pytest.raises(ValueError, match="there is a reward term torque already"):
        add_term(torque)
    assert add_term(payment.TERMS["torque"]) is payment.TERMS["torque"]  # the same one again
