"""The policy that a run hands back is the average of its last weights."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fake_trainer import fake_config
from second_body import second_body

from playground_amp.brax_api.learning import running_statistics
from playground_amp.learning import averaging
from playground_amp.learning.iteration import Trainer
from playground_amp.learning.networks import policy_params

SMALL = ("num_envs=8", "rollout_steps=2", "actor_layers=[8]", "critic_layers=[8]")


class FakeLearner:
    """One weight and one feature, both counting the iterations."""

    def __init__(self, value: float) -> None:
        self.params = jnp.float32(value)
        self.normalizer: Any = running_statistics.NestedMeanStd(jnp.float32(value), jnp.float32(1.0))


def weights_after(iterations: int, share: float) -> np.ndarray:
    """What each iteration's weights count for, and the start's (first), in the average."""
    shares = []
    for counted in range(iterations + 1):
        average: Any = averaging.of_now(FakeLearner(float(counted == 0)))  # pyright: ignore[reportArgumentType]
        for iteration in range(1, iterations + 1):
            learner: Any = FakeLearner(float(counted == iteration))
            average = averaging.follow(average, learner, share, jnp.int32(iteration))
        assert average.normalizer.mean == average.params
        assert average.normalizer.std == 1.0
        shares.append(float(average.params))
    return np.array(shares)


def test_the_whole_run_counts_alike_at_share_1() -> None:
    np.testing.assert_allclose(weights_after(8, 1.0), [0.0] + 8 * [1 / 8], rtol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_the_last_alone_counts_at_share_0_and_while_the_share_is_less_than_one_iteration(share: float) -> None:
    np.testing.assert_array_equal(weights_after(5, share), [0, 0, 0, 0, 0, 1])


def test_older_weights_fade_as_a_power_of_the_iteration() -> None:
    weights = weights_after(60, 0.25)
    assert weights.sum() == pytest.approx(1.0, abs=1e-5)
    cubes = np.array([(j - 1) * (j - 2) * (j - 3) for j in range(61)])  # about j^3: 3 = 1 / 0.25 - 1
    np.testing.assert_allclose(weights[4:] / weights[60], cubes[4:] / cubes[60], rtol=1e-3)


@pytest.mark.slow
def test_training_hands_back_the_average_and_goes_on_with_its_own_weights(tmp_path: Path) -> None:
    robot = second_body(tmp_path)  # so that PPO trains another build too, mirrored as that one is
    trainer = Trainer(fake_config("unused", *SMALL, "average_share=1.0", f"robot={robot}"))
    state, seen = trainer.init(), []
    for _ in range(3):
        state = trainer.iterate(state).state
        seen.append(jax.device_get((state.learner.params, state.learner.normalizer)))
    mean = jax.tree.map(lambda *x: np.mean(x, axis=0), *seen)
    expected = policy_params(
        trainer.config.trainer, trainer.env.env.engine.robot, mean[1], mean[0].policy, mean[0].value
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-5), trainer.policy(state).params, expected)
    spread = jax.tree.map(lambda *x: np.abs(x[0] - x[2]).max(), *(params.policy for params, _ in seen))
    assert max(jax.tree.leaves(spread)) > 1e-4
    assert expected["policy"]["params"]["std_logparam"]["log_value"].shape == (13,)  # a mean for each of its joints
