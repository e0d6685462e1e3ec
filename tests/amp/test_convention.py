"""Targets, loss and style reward belong together: a sure fake is paid nothing, whatever is planted is seen."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.amp import discriminator as disc
from playground_amp.configs.loader import load_config
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.paths import STANDARD

SIZE = 64  # of made-up features
FAKE_PAY, REAL_PAY = 0.05, 0.9


def pay_of_the_targets() -> tuple[float, float]:
    """What a discriminator that answers its targets pays to a fake and to a demonstration."""
    fake, real = (float(disc.style_reward(jnp.float32(target))) for target in (disc.FAKE, disc.REAL))
    return fake, real


def bounds_of_the_pay() -> tuple[float, float]:
    """Least and most that any answer is paid."""
    answers = np.concatenate([[-1e6, -10.0, 10.0, 1e6], np.linspace(-3, 3, 601)])
    pay = np.asarray(disc.style_reward(jnp.asarray(answers, jnp.float32)))
    return float(pay.min()), float(pay.max())


def pay_after_learning() -> tuple[float, float]:
    """What a discriminator that has learned two sets which differ plainly pays to the fakes and to the others."""
    generator = np.random.default_rng(0)
    fake, real = (generator.standard_normal((2048, SIZE)) + shift for shift in (-1.0, 1.0))
    discriminator = ThrowAway(load_config(STANDARD).amp, SIZE)
    judge = discriminator.train(real, fake)
    return discriminator.style(judge, fake), discriminator.style(judge, real)


def test_a_sure_fake_is_paid_nothing_a_sure_demonstration_one() -> None:
    assert pay_of_the_targets() == pytest.approx((0, 1), abs=1e-6)


def test_every_pay_lies_between_nothing_and_one() -> None:
    # A negative one would make an early end worthwhile; one above 1, of an answer far out, would outweigh the task.
    assert bounds_of_the_pay() == pytest.approx((0, 1), abs=1e-6)


def test_what_is_plainly_false_is_not_paid_after_learning() -> None:
    fake, real = pay_after_learning()
    assert fake <= FAKE_PAY
    assert real >= REAL_PAY


def test_targets_of_0_and_1_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disc, "FAKE", 0.0)
    assert pay_of_the_targets() == pytest.approx((0.75, 1), abs=1e-6)
    assert pay_after_learning()[0] > 0.7


def test_a_loss_that_goes_its_own_way_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    # The constants are right, the loss does not use them: only learning shows it.
    right = disc.losses

    def zero_and_one(discriminator: Any, params: Any, real: jnp.ndarray, fake: jnp.ndarray) -> disc.Losses:
        parts = right(discriminator, params, real, fake)
        correct, wrong = discriminator(params, fake) + 1, discriminator(params, fake)
        return parts._replace(classification=parts.classification + 0.5 * jnp.mean(wrong**2 - correct**2))

    monkeypatch.setattr(disc, "losses", zero_and_one)
    assert pay_of_the_targets() == pytest.approx((0, 1), abs=1e-6)
    assert pay_after_learning()[0] > 0.7


@pytest.mark.parametrize(
    ("pay", "wrong"),
    [
        (lambda answer: 1.0 - 0.25 * (answer - 1.0) ** 2, lambda least, most: least < 0),
        (lambda answer: jnp.maximum(answer, 0.0), lambda least, most: most > 1),
    ],
    ids=["not bounded below", "not bounded above"],
)
def test_a_pay_without_bounds_is_seen(monkeypatch: pytest.MonkeyPatch, pay: Any, wrong: Any) -> None:
    monkeypatch.setattr(disc, "style_reward", pay)
    assert wrong(*bounds_of_the_pay())
