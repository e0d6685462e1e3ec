"""Proximal policy optimization on Brax's parts: its loss with GAE, its networks, its adaptive learning rate.

The learning rate follows the KL divergence of each update (Schulman et al. 2017; Rudin et al. 2022). An update whose
gradient is not finite is left out and counted.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax

from playground_amp.brax_api.learning import (
    PPONetworkParams,
    PPONetworks,
    Transition,
    UInt64,
    adaptive_kl_learning_rate,
    compute_ppo_loss,
    running_statistics,
)
from playground_amp.configs.schema import TrainerConfig
from playground_amp.learning.calm import make_calm_loss
from playground_amp.untyped import Params

# A feature that hardly varies for a while, like pushes before they begin, must not come as thousands when it does.
_LEAST_DEVIATION = 0.01
_NEVER_GIVE_UP = 2**30  # the loop decides when repeated bad updates end a run


class Learner(NamedTuple):
    """Everything that PPO carries from iteration to iteration."""

    params: PPONetworkParams
    optimizer: optax.ApplyIfFiniteState
    normalizer: running_statistics.RunningStatisticsState


UpdateFunction = Callable[[Learner, Transition, jax.Array], tuple[Learner, dict[str, jax.Array]]]


def make_optimizer(config: TrainerConfig) -> optax.GradientTransformation:
    """Adam with an adjustable rate behind a bound on the gradient's norm; skips updates that are not finite."""
    adam = optax.inject_hyperparams(optax.adam)(learning_rate=config.lr)
    clipped = optax.chain(optax.clip_by_global_norm(config.max_grad_norm), adam)
    # On one long vector: a loop over each of twenty arrays takes as long to compile as all the rest of the update.
    return optax.flatten(optax.apply_if_finite(clipped, max_consecutive_errors=_NEVER_GIVE_UP))


def init_learner(config: TrainerConfig, networks: PPONetworks, observation: Params, key: jax.Array) -> Learner:
    """A learner at the start. `observation`: one robot's, for its shapes."""
    policy_key, value_key = jax.random.split(key)
    params = PPONetworkParams(
        policy=networks.policy_network.init(policy_key),  # pyright: ignore[reportCallIssue]  (flax's dataclass)
        value=networks.value_network.init(value_key),  # pyright: ignore[reportCallIssue]
    )
    optimizer = make_optimizer(config).init(params)  # pyright: ignore[reportArgumentType]  (any pytree will do)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, jnp.float32), observation)
    return Learner(params, cast(optax.ApplyIfFiniteState, optimizer), running_statistics.init_state(shapes))


def taught(learner: Learner, params: Params, steps: int) -> Learner:
    """A learner at its start with the networks of a policy file, and its normalizer as it was after so many steps."""
    scale = jax.tree.map(jnp.asarray, params["normalizer"])
    normalizer = learner.normalizer.replace(  # pyright: ignore[reportAttributeAccessIssue]  (flax's dataclass)
        mean=scale["mean"],
        std=scale["std"],
        count=UInt64(hi=jnp.uint32(steps >> 32), lo=jnp.uint32(steps & 0xFFFFFFFF)),  # pyright: ignore
        summed_variance=jax.tree.map(lambda std: std**2 * steps, scale["std"]),
    )
    networks = PPONetworkParams(policy=params["policy"], value=params["value"])  # pyright: ignore
    return learner._replace(params=jax.tree.map(jnp.asarray, networks), normalizer=normalizer)


def make_update(config: TrainerConfig, networks: PPONetworks, command: slice) -> UpdateFunction:
    """The function (learner, transitions [N, T], key) → (learner, metrics): all epochs over one rollout.

    `command`: where the actor's observation has the velocity asked for.
    """
    minibatch = _make_minibatch(config, networks, command)

    def epoch(normalizer: Params, data: Transition, carry: tuple, key: jax.Array) -> tuple[tuple, dict]:
        shuffle_key, loss_key = jax.random.split(key)
        order = jax.random.permutation(shuffle_key, config.num_envs).reshape(config.num_minibatches, -1)
        keys = jax.random.split(loss_key, config.num_minibatches)

        def from_order(carry: tuple, batch: tuple[jax.Array, jax.Array]) -> tuple[tuple, dict]:
            chosen, batch_key = batch
            return minibatch(normalizer, carry, (jax.tree.map(lambda x: x[chosen], data), batch_key))

        return jax.lax.scan(from_order, carry, (order, keys))

    def update(learner: Learner, data: Transition, key: jax.Array) -> tuple[Learner, dict[str, jax.Array]]:
        skipped_before = learner.optimizer.total_notfinite
        carry, history = jax.lax.scan(
            partial(epoch, learner.normalizer, data),
            (learner.params, learner.optimizer),
            jax.random.split(key, config.num_epochs),
        )
        params, opt_state = carry
        # After the epochs, so that the KL divergence compares distributions under one normalizer.
        normalizer = _update_normalizer(learner.normalizer, data.observation)
        metrics = {
            "policy_loss": jnp.mean(history["policy_loss"]),
            "value_loss": jnp.mean(history["v_loss"]),
            "entropy_loss": jnp.mean(history["entropy_loss"]),
            "kl": jnp.mean(history["kl_mean"]),
            "action_std": jnp.mean(history["policy_dist_mean_std"]),
            "learning_rate": history["learning_rate"][-1, -1],
            "skipped_updates": opt_state.total_notfinite - skipped_before,
        }
        return Learner(params, opt_state, normalizer), metrics

    return update


def _make_minibatch(
    config: TrainerConfig, networks: PPONetworks, command: slice
) -> Callable[[Params, tuple, tuple[Transition, jax.Array]], tuple[tuple, dict]]:
    """The function (normalizer, (params, optimizer), (transitions, key)) → ((params, optimizer), Brax's metrics)."""
    optimizer = make_optimizer(config)
    loss = partial(
        compute_ppo_loss,
        ppo_network=networks,
        entropy_cost=config.entropy_cost,
        discounting=config.gamma,
        gae_lambda=config.gae_lambda,
        clipping_epsilon=config.clip_epsilon,
        vf_coefficient=config.value_loss_weight,
    )

    calm_loss = make_calm_loss(config, networks, command)

    def total(params: PPONetworkParams, normalizer: Params, data: Transition, key: jax.Array) -> tuple:
        value, metrics = loss(params, normalizer, data, key)
        if calm_loss is None:
            return value, metrics
        return value + calm_loss(params, normalizer, data, jax.random.fold_in(key, 1)), metrics

    def minibatch(normalizer: Params, carry: tuple, batch: tuple[Transition, jax.Array]) -> tuple[tuple, dict]:
        params, opt_state = carry
        data, key = batch
        gradient, metrics = jax.grad(total, has_aux=True)(params, normalizer, data, key)
        _, rate = adaptive_kl_learning_rate(
            opt_state.inner_state, metrics["kl_mean"], config.desired_kl, *config.lr_range
        )
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), metrics | {"learning_rate": rate}

    return minibatch


def _update_normalizer(
    normalizer: running_statistics.RunningStatisticsState, observation: Params
) -> running_statistics.RunningStatisticsState:
    """The statistics with the observations [N, T, ...] of a rollout; as they were if that makes them not finite."""
    updated = running_statistics.update(normalizer, observation, std_min_value=_LEAST_DEVIATION)
    finite = jnp.stack([jnp.isfinite(x).all() for x in jax.tree.leaves(updated)]).all()
    return jax.tree.map(lambda new, old: jnp.where(finite, new, old), updated, normalizer)
