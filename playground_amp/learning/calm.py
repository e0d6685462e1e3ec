"""What is added to PPO's loss to make a policy calm: answers that noise does not change, and none when it stands."""

from collections.abc import Callable
from typing import cast

import jax
import jax.numpy as jnp

from playground_amp.brax_api.learning import PPONetworkParams, PPONetworks, Transition
from playground_amp.configs.schema import TrainerConfig
from playground_amp.envs.commands import asks_to_stand
from playground_amp.untyped import Params

_LITTLE = 0.05  # noise that must not change an action, in standard deviations of each number observed
_APART = 4  # every so many steps are asked about: those between would say the same, and all of them take their time

CalmLoss = Callable[[PPONetworkParams, Params, Transition, jax.Array], jax.Array]


def make_calm_loss(config: TrainerConfig, networks: PPONetworks, command: slice) -> CalmLoss | None:
    """The function (params, normalizer, transitions [N, T], key) → loss []; None if the configuration asks for none.

    It is `smoothness` times the mean squared change of the action by a little noise on the observation (Mysore et al.
    2021, CAPS), and `stillness` times the mean squared action while the robot is told to stand. An action is the mean
    of its distribution: what exploration adds is nobody's fault. One step of four is asked: drawing the noise and
    answering twice took nearly half of an update's time.

    Args:
      config: of the run.
      networks: the policy's and the critic's.
      command: where the actor's observation has the velocity asked for, at its newest moment; 0 is to stand.
    """
    if not config.smoothness and not config.stillness:
        return None

    def answer(params: PPONetworkParams, normalizer: Params, observation: Params) -> jax.Array:
        logits = networks.policy_network.apply(normalizer, params.policy, observation)
        return networks.parametric_action_distribution.mode(logits)

    def calm_loss(params: PPONetworkParams, normalizer: Params, data: Transition, key: jax.Array) -> jax.Array:
        seen = cast(dict[str, jax.Array], jax.tree.map(lambda x: x[:, ::_APART], data.observation))
        action = answer(params, normalizer, seen)
        loss = jnp.zeros(())
        if config.smoothness:
            noise = _LITTLE * normalizer.std["state"] * jax.random.normal(key, seen["state"].shape)
            change = answer(params, normalizer, seen | {"state": seen["state"] + noise}) - action
            loss += config.smoothness * jnp.mean(jnp.sum(change**2, axis=-1))
        if config.stillness:
            stands = asks_to_stand(seen["state"][..., command])
            loss += config.stillness * jnp.mean(stands * jnp.sum(action**2, axis=-1))
        return loss

    return calm_loss
