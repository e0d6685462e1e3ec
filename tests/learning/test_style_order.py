"""Style is scored by the discriminator as it was while the robots moved, and paid by its weight."""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.learning.iteration import IterationOutput, Trainer, TrainingState
from playground_amp.paths import STANDARD

BEFORE, AFTER = 0.25, 1.0  # what the tell-tale prior pays before and after its update
SETTINGS = ("num_envs=2", "rollout_steps=2", "num_minibatches=1", "num_epochs=1", "symmetric=false")
NETWORKS = ("actor_layers=[4]", "critic_layers=[4]")


class Mark(NamedTuple):
    """What the tell-tale prior carries: its pay."""

    pay: jax.Array


class TellTale:
    """A motion prior that pays differently once it has been updated."""

    def init(self, key: jax.Array) -> Mark:
        return Mark(jnp.float32(BEFORE))

    def style(self, state: Mark, transitions: jax.Array, command: jax.Array) -> jax.Array:
        return jnp.full(transitions.shape[:-1], state.pay)

    def update(
        self, state: Mark, transitions: jax.Array, command: jax.Array, key: jax.Array
    ) -> tuple[Mark, dict[str, jax.Array]]:
        return Mark(jnp.float32(AFTER)), {}


@cache
def config(standing: float = 0.0) -> Config:
    """`standing`: the share of the robots that are told to."""
    return load_config(STANDARD, [*SETTINGS, *NETWORKS, f"env.commands.standing_share={standing}"])


def iterate_once(standing: float = 0.0) -> tuple[float, float]:
    """The mean style of an iteration with the tell-tale prior, and what a style of 1 was paid a step."""
    tell_tale: Any = TellTale()
    trainer = Trainer(config(standing), prior=tell_tale)
    state = trainer.init()
    long = jnp.full_like(state.statistics.mean_length, 2 * config().amp.ramp_episode_length)
    metrics = trainer.iterate(state._replace(statistics=state.statistics._replace(mean_length=long))).metrics
    style = float(metrics["amp/style_reward"])
    return style, float(metrics["amp/paid"]) / style


@pytest.mark.slow
def test_style_is_scored_before_the_update_and_paid_by_its_weight() -> None:
    style, pay = iterate_once()
    assert style == pytest.approx(BEFORE)
    task = sum(weight for weight in config().reward_weights.values() if weight > 0) * config().env.control_dt
    assert pay == pytest.approx(config().amp.weight * task, rel=1e-4)
    assert pay == pytest.approx(config().style_pay, rel=1e-4)


@pytest.mark.slow
def test_style_is_not_paid_for_standing() -> None:
    assert iterate_once(standing=1.0) == (pytest.approx(BEFORE), 0.0)


@pytest.mark.slow
def test_style_scored_after_the_update_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Trainer._iterate

    def updated_first(self: Trainer, state: TrainingState) -> IterationOutput:
        assert self.prior is not None
        learned, _ = self.prior.update(state.prior, jnp.zeros((4, 8)), jnp.zeros((4, 3)), state.key)  # pyright: ignore[reportArgumentType]
        return right(self, state._replace(prior=learned))

    monkeypatch.setattr(Trainer, "_iterate", updated_first)
    assert iterate_once()[0] == pytest.approx(AFTER)
