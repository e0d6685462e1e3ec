"""Demonstrations and policy move the discriminator's normalizer alike, so that neither is known by its scale."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.amp import learner
from playground_amp.amp.learner import MotionPrior
from playground_amp.amp.ref_buffer import ReferenceBuffer, command_kernel
from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.robot.scale import Scale

ROWS, SIZE = 64, 8
SETTINGS = (f"amp.batch_size={2 * ROWS}", "amp.num_updates=2", "amp.discriminator_layers=[8]")


def policys_share() -> tuple[float, float]:
    """Mean of the normalizer before and after two updates, with demonstrations at 0 and a policy at 1."""
    config = load_config(STANDARD, SETTINGS).amp
    prior = MotionPrior(config, ReferenceBuffer(jnp.zeros((1, ROWS, SIZE)), jnp.zeros((1, 3)), command_kernel(Scale())))
    state = prior.init(jax.random.key(0))
    start = float(np.abs(np.asarray(state.normalizer.mean)).max())
    state, _ = jax.jit(prior.update)(state, jnp.ones((ROWS, SIZE)), jnp.zeros((ROWS, 3)), jax.random.key(1))
    return start, float(np.asarray(state.normalizer.mean)[:SIZE].mean())


def test_both_sides_move_it_alike() -> None:
    # 64 demonstrations from the start, then two updates with 128 rows of each side: 256 of 576 are the policy's.
    assert policys_share() == pytest.approx((0, 256 / 576), abs=0.02)


@pytest.mark.parametrize(
    ("fed", "share"),
    [(lambda rows: rows[: 2 * ROWS], 0.0), (lambda rows: rows[2 * ROWS :], 256 / 320)],
    ids=["only demonstrations", "only the policy's steps"],
)
def test_one_side_alone_is_seen(monkeypatch: pytest.MonkeyPatch, fed: Callable, share: float) -> None:
    statistics = learner.running_statistics
    right = statistics.update

    def one_sided(state: object, rows: jax.Array) -> object:
        return right(state, fed(rows) if len(rows) == 4 * ROWS else rows)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(statistics, "update", one_sided)
    assert policys_share() == pytest.approx((0, share), abs=0.02)
    assert abs(share - 256 / 576) > 0.05
