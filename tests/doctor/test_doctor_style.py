"""The doctor on the style reward, the order of an iteration, and on what pays."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from doctored import clips, config

from playground_amp.amp import discriminator as disc
from playground_amp.amp.features import feature_names
from playground_amp.amp.learner import MotionPrior, PriorState
from playground_amp.doctor import economy, style_checks, walking
from playground_amp.doctor.economy import Earnings, Idle
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.learning.iteration import IterationOutput, Trainer, TrainingState
from playground_amp.motion.demonstrations import reference_buffer
from playground_amp.robot.robot import load_robot

AMP = config().amp
FEATURE_SIZE = len(feature_names(load_robot("wildrobot")))


@pytest.fixture(scope="module")
def discriminator() -> ThrowAway:
    return ThrowAway(AMP, FEATURE_SIZE)


@pytest.fixture(scope="module")
def idle() -> dict[str, Idle]:
    return economy.roll_out(config(), np.array([0.5, 0.0, 0.0], np.float32))


def test_the_convention_of_the_project_is_healthy(discriminator: ThrowAway) -> None:
    checks = [style_checks.check_constants(), style_checks.check_bounds(), style_checks.check_learned(discriminator)]
    assert [check.findings for check in checks] == [(), (), ()]


def test_targets_of_0_and_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disc, "FAKE", 0.0)
    (written,) = style_checks.check_constants().findings
    assert written.startswith("the targets 1 and 0 do not go with the style reward")
    assert "pays 0.75 to a fake" in written
    (learned,) = style_checks.check_learned(ThrowAway(AMP, FEATURE_SIZE)).findings
    assert "still pays 0.7" in learned


def test_a_loss_that_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    # The constants are right, the loss does not use them: only learning shows it.
    right = disc.losses

    def zero_and_one(discriminator: Any, params: Any, real: jnp.ndarray, fake: jnp.ndarray) -> disc.Losses:
        parts = right(discriminator, params, real, fake)
        correct, wrong = discriminator(params, fake) + 1, discriminator(params, fake)
        return parts._replace(classification=parts.classification + 0.5 * jnp.mean(wrong**2 - correct**2))

    monkeypatch.setattr(disc, "losses", zero_and_one)
    assert style_checks.check_constants().passed
    assert not style_checks.check_learned(ThrowAway(AMP, FEATURE_SIZE)).passed


@pytest.mark.parametrize(
    ("pay", "words"),
    [
        (lambda answer: 1.0 - 0.25 * (answer - 1.0) ** 2, "dying is worthwhile"),
        (lambda answer: jnp.maximum(answer, 0.0), "outweighs the task"),
    ],
)
def test_a_pay_without_bounds(monkeypatch: pytest.MonkeyPatch, pay: Any, words: str) -> None:
    monkeypatch.setattr(disc, "style_reward", pay)
    (finding,) = style_checks.check_bounds().findings
    assert words in finding


def test_a_normalizer_fed_by_both_sides_is_healthy() -> None:
    assert style_checks.check_normalizer(AMP).passed


@pytest.mark.parametrize(("fed", "words"), [(0.0, "only the demonstrations"), (1.0, "only the policy's steps")])
def test_a_normalizer_fed_by_one_side(monkeypatch: pytest.MonkeyPatch, fed: float, words: str) -> None:
    def one_sided(self: MotionPrior, state: PriorState, *rollout: Any) -> tuple[PriorState, dict]:
        start, count = state.normalizer, 4 * 64
        share = count * fed / (count + 64)  # of 64 demonstrations at 0 from the start, and 256 rows at `fed`
        moved = dataclasses.replace(start, mean=start.mean + share)  # pyright: ignore
        return state._replace(normalizer=moved), {}

    monkeypatch.setattr(MotionPrior, "update", one_sided)
    (finding,) = style_checks.check_normalizer(AMP).findings
    assert f"the discriminator's normalizer is fed {words}" in finding


def test_style_is_scored_before_the_update_and_paid_by_its_weight() -> None:
    seen = style_checks.iterate_once(config())
    assert style_checks.check_order(seen).passed
    task = sum(weight for weight in config().reward_weights.values() if weight > 0) * config().env.control_dt
    assert seen.weight == pytest.approx(AMP.weight * task, rel=1e-4)


def test_style_scored_after_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Trainer._iterate

    def updated_first(self: Trainer, state: TrainingState) -> IterationOutput:
        assert self.prior is not None
        motion = jnp.zeros((4, FEATURE_SIZE)), jnp.zeros((4, 3)), state.key
        learned, _ = self.prior.update(state.prior, *motion)  # pyright: ignore[reportArgumentType]
        return right(self, state._replace(prior=learned))

    monkeypatch.setattr(Trainer, "_iterate", updated_first)
    (finding,) = style_checks.check_order(style_checks.iterate_once(config())).findings
    assert finding.startswith("style is scored after the discriminator's update")


def test_idle_behaviors_are_what_they_are_called(idle: dict[str, Idle]) -> None:
    assert idle[economy.STANDING].lived.all()
    assert idle[economy.STEPPING].lived.mean() > 0.5
    assert idle[economy.FALLING].lived.mean() < 0.5
    assert idle[economy.FALLING].reward[:, -1].max() == 0


def test_walking_pays_with_this_task(idle: dict[str, Idle], discriminator: ThrowAway) -> None:
    buffer = reference_buffer(load_robot(), clips())
    earned, style = economy.earnings(config(), buffer, discriminator, 0.1, idle)
    walked = Earnings(walking.task_reward(config(), clips()[2]), style)
    assert economy.check_walking_pays(earned, walked).passed
    assert economy.check_dying(earned).passed
    assert style > 0.7 * 0.1 / config().env.control_dt
    assert max(each.style for each in earned.values()) < 0.3 * style


def test_standing_that_pays_too_well() -> None:
    idle = {economy.STANDING: Earnings(4.0, 0.5), economy.STEPPING: Earnings(3.0, 0.5), economy.FALLING: Earnings(1, 0)}
    (finding,) = economy.check_walking_pays(idle, Earnings(4.0, 1.0)).findings
    assert finding.startswith(
        "standing earns 4.50 a second (task 4.00, style 0.50), walking as the demonstrations 5.00"
    )
    assert economy.check_walking_pays(idle, Earnings(5.5, 1.0)).passed


def test_dying_that_is_worthwhile() -> None:
    idle = {economy.STANDING: Earnings(-2, 0), economy.STEPPING: Earnings(-1, 0), economy.FALLING: Earnings(-0.5, 0)}
    (finding,) = economy.check_dying(idle).findings
    assert "an early end is worthwhile" in finding


def test_the_command_of_the_comparison_is_a_walk_straight_on() -> None:
    buffer = reference_buffer(load_robot(), clips())
    np.testing.assert_allclose(economy.walking_command(buffer), [0.27, 0, 0], atol=1e-6)
