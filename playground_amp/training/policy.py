"""Actor and critic: Brax's PPO networks at this project's settings, and the policy as plain arrays.

The actor sees the 44 numbers of the robot's own sensors, the critic what only a simulator knows besides.
"""

from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from brax.training.acme import running_statistics
from brax.training.agents.ppo import networks as ppo_networks

from playground_amp.configs.schema import TrainerConfig
from playground_amp.envs.observations import ACTOR_SIZE
from playground_amp.robot.robot import JOINT_NAMES

Policy = Callable[[Mapping[str, Any], Mapping[str, jax.Array], jax.Array | None], jax.Array]


def make_networks(
    trainer: TrainerConfig, observation_sizes: Mapping[str, tuple[int, ...] | int]
) -> ppo_networks.PPONetworks:
    """Brax's PPO networks: ELU, Gaussian actions with a learned standard deviation, normalised observations.

    The mean starts near the home pose (small last layer).
    """
    critic_key = "privileged_state" if "privileged_state" in observation_sizes else "state"
    return ppo_networks.make_ppo_networks(
        observation_sizes,
        len(JOINT_NAMES),
        preprocess_observations_fn=running_statistics.normalize,
        policy_hidden_layer_sizes=trainer.actor_layers,
        value_hidden_layer_sizes=trainer.critic_layers,
        activation=nn.elu,
        value_obs_key=critic_key,
        distribution_type="normal",
        noise_std_type="log",
        init_noise_std=trainer.init_std,
        mean_kernel_init_fn=jax.nn.initializers.orthogonal,
        mean_kernel_init_kwargs={"scale": 0.01},
    )


def policy_params(normalizer: running_statistics.RunningStatisticsState, policy: Any, value: Any) -> dict[str, Any]:
    """The policy as nested dicts of NumPy arrays: what a checkpoint holds."""
    plain = {"normalizer": {"mean": normalizer.mean, "std": normalizer.std}, "policy": policy, "value": value}
    return jax.tree.map(np.asarray, plain)


def make_policy(trainer: TrainerConfig) -> Policy:
    """The function (policy_params, observation {"state": [..., 44]}, key or None) → action [..., 11].

    Without a key it is deterministic: the mean of the action distribution.
    """
    networks = make_networks(trainer, {"state": ACTOR_SIZE})

    def policy(params: Mapping[str, Any], observation: Mapping[str, jax.Array], key: jax.Array | None) -> jax.Array:
        scale = params["normalizer"]
        normalizer = running_statistics.NestedMeanStd(
            mean={"state": scale["mean"]["state"]}, std={"state": scale["std"]["state"]}
        )
        logits = networks.policy_network.apply(normalizer, params["policy"], {"state": observation["state"]})
        distribution = networks.parametric_action_distribution
        return distribution.mode(logits) if key is None else distribution.sample(logits, key)

    return policy
