"""One update of PPO by arithmetic: a time-out is bootstrapped, a fall is not; the rate follows the KL divergence."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.brax_api.learning import PPONetworks, Transition, make_inference_fn, make_ppo_networks
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import TrainerConfig
from playground_amp.learning.ppo import Learner, init_learner, make_optimizer, make_update
from playground_amp.paths import STANDARD

GAMMA, VALUE = 0.9, 2.0


def trainer(**settings: Any) -> TrainerConfig:
    """One robot, one epoch, one minibatch, plain one-step targets."""
    plain = {"num_envs": 1, "num_minibatches": 1, "num_epochs": 1, "gamma": GAMMA, "gae_lambda": 0.0}
    given = plain | {"entropy_cost": 0.0, "max_grad_norm": 1e9, **settings}
    return load_config(STANDARD, [f"trainer.{key}={value}" for key, value in given.items()]).trainer


def networks() -> PPONetworks:
    return make_ppo_networks(
        {"state": 1, "privileged_state": 1},
        1,
        policy_hidden_layer_sizes=(1,),
        value_hidden_layer_sizes=(1,),
        policy_obs_key="state",
        value_obs_key="privileged_state",
        distribution_type="normal",
        noise_std_type="log",
    )


COMMAND = slice(0, 1)
OBSERVATION = {"state": jnp.zeros(1), "privileged_state": jnp.zeros(1)}


def learner(config: TrainerConfig) -> Learner:
    """One that values every situation at 2: the critic's last bias is 2 and its other weights are 0."""
    start = init_learner(config, networks(), OBSERVATION, jax.random.PRNGKey(0))
    value: Any = jax.tree.map(jnp.zeros_like, start.params.value)
    last = value["params"]["hidden_1"]
    value["params"]["hidden_1"] = last | {"bias": jnp.full_like(last["bias"], VALUE)}
    params = start.params.replace(value=value)  # pyright: ignore
    optimizer: Any = make_optimizer(config).init(params)
    return start._replace(params=params, optimizer=optimizer)


def transitions(start: Learner, *steps: tuple[float, float]) -> Transition:
    """One robot's steps [1, T], each with its (discount, truncation) and a reward of 1; it observes zeros."""
    act = make_inference_fn(networks())((start.normalizer, start.params.policy, start.params.value))
    seen = jax.tree.map(lambda x: jnp.broadcast_to(x, (1, len(steps), *x.shape)), OBSERVATION)
    action, policy_extras = act(seen, jax.random.PRNGKey(2))
    discount, truncation = jnp.array(steps).T[:, None]
    return Transition(
        observation=seen,
        action=action,
        reward=jnp.ones((1, len(steps))),
        discount=discount,
        next_observation=jax.tree.map(lambda x: x[None, None], OBSERVATION),
        extras={"policy_extras": policy_extras, "state_extras": {"truncation": truncation}},  # pyright: ignore
    )


GOES_ON, FALLS, TIME_IS_OUT = (1.0, 0.0), (0.0, 0.0), (0.0, 1.0)  # as rollout.collect marks them


@pytest.mark.parametrize(
    ("steps", "errors"),
    [
        # The target is 1 + 0.9 × 2, the value 2.
        ([GOES_ON], [0.8]),
        # Nothing comes after a fall: the target is 1.
        ([FALLS], [-1.0]),
        # What would have come is not known, and was not the robot's doing: the value stands, nothing is learned of it.
        ([TIME_IS_OUT], [0.0]),
        # The step before the time-out counts on what the critic expects there; the step before a fall does too.
        ([GOES_ON, TIME_IS_OUT], [0.8, 0.0]),
        ([GOES_ON, FALLS], [0.8, -1.0]),
        ([FALLS, GOES_ON], [-1.0, 0.8]),
    ],
)
def test_a_time_out_is_bootstrapped_and_a_fall_is_not(steps: list[tuple[float, float]], errors: list[float]) -> None:
    config = trainer(value_loss_weight=1.0)
    start = learner(config)
    _, metrics = make_update(config, networks(), COMMAND)(start, transitions(start, *steps), jax.random.PRNGKey(1))
    assert float(metrics["value_loss"]) == pytest.approx(0.5 * np.mean(np.square(errors)), abs=1e-6)


def test_an_advantage_is_carried_back_up_to_an_end_and_no_further() -> None:
    config = trainer(gae_lambda=1.0, value_loss_weight=1.0)
    start = learner(config)
    update = make_update(config, networks(), COMMAND)
    # With lambda 1 the target is the sum of rewards: 1 + 0.9 × 1 before the fall, 1 at it, 1 + 0.9 × 2 after it.
    _, metrics = update(start, transitions(start, GOES_ON, FALLS, GOES_ON), jax.random.PRNGKey(1))
    errors = [1 + 0.9 * 1 - 2, 1 - 2, 1 + 0.9 * 2 - 2]
    assert float(metrics["value_loss"]) == pytest.approx(0.5 * np.mean(np.square(errors)), abs=1e-6)


def test_an_update_moves_the_critic_towards_its_target_and_counts_what_it_saw() -> None:
    config = trainer(value_loss_weight=1.0, lr=1e-3)
    start = learner(config)
    after, metrics = make_update(config, networks(), COMMAND)(start, transitions(start, FALLS), jax.random.PRNGKey(1))

    def value(learner: Learner) -> float:
        return float(networks().value_network.apply(start.normalizer, learner.params.value, OBSERVATION))

    # Adam's first step is as long as its rate, against the gradient: down, from 2 towards 1.
    rate = float(metrics["learning_rate"])
    assert value(start) == VALUE
    assert value(after) == pytest.approx(VALUE - rate, rel=1e-3)
    assert int(after.normalizer.count.lo) == 1  # pyright: ignore
    assert float(metrics["skipped_updates"]) == 0


def test_an_update_that_is_not_finite_is_left_out_and_counted() -> None:
    config = trainer()
    start = learner(config)
    broken = transitions(start, GOES_ON)._replace(reward=jnp.full((1, 1), jnp.nan))
    after, metrics = make_update(config, networks(), COMMAND)(start, broken, jax.random.PRNGKey(1))
    assert float(metrics["skipped_updates"]) == 1
    jax.tree.map(np.testing.assert_array_equal, after.params, start.params)
