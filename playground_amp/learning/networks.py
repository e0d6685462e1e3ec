"""Actor and critic: Brax's PPO networks at this project's settings, and the policy as plain arrays.

The actor sees what the robot's own sensors deliver, of one moment or of the last few; the critic what only a simulator
knows besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.brax_api.learning import (
    FeedForwardNetwork,
    NormalDistribution,
    PPONetworks,
    make_ppo_networks,
    running_statistics,
)
from playground_amp.configs.schema import TrainerConfig
from playground_amp.envs.observations import observation_mirrors, observation_sizes
from playground_amp.learning import symmetry
from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror
from playground_amp.robot.record import Robot
from playground_amp.untyped import Params

Mirrors = Mapping[str, Mirror]
Policy = Callable[[Mapping[str, Params], Mapping[str, jax.Array], jax.Array | None], jax.Array]
_ACTOR_KEY, _CRITIC_KEY = "state", "privileged_state"


def make_networks(trainer: TrainerConfig, robot: Robot, sizes: Mapping[str, Params]) -> PPONetworks:
    """The actor and the critic of a configuration, over observations {"state", "privileged_state"} of these sizes."""
    networks = _plain_networks(trainer, robot, sizes)
    if not trainer.symmetric:
        return networks
    mirrors = observation_mirrors(robot, int(np.prod(sizes[_ACTOR_KEY])))  # Brax gives shapes
    return replace(
        networks,  # pyright: ignore[reportArgumentType]  (a dataclass that pyright does not see as one)
        policy_network=_averaged(networks.policy_network, mirrors, partial(_symmetric_policy, robot, mirrors)),
        value_network=_averaged(networks.value_network, mirrors, partial(_symmetric_value, mirrors)),
    )


def policy_params(trainer: TrainerConfig, robot: Robot, normalizer: Params, policy: Params, value: Params) -> Params:
    """The policy as nested dicts of NumPy arrays, those of plain networks: what a checkpoint holds."""
    if trainer.symmetric:
        mirrors = observation_mirrors(robot, len(normalizer.mean[_ACTOR_KEY]))
        normalizer = symmetry.symmetric_normalizer(normalizer, mirrors)
        policy, value = _symmetric_policy(robot, mirrors, policy), _symmetric_value(mirrors, value)
    plain = {"normalizer": {"mean": normalizer.mean, "std": normalizer.std}, "policy": policy, "value": value}
    return jax.tree.map(np.asarray, plain)


def make_policy(trainer: TrainerConfig, robot: Robot) -> Policy:
    """The function (policy_params, observation {"state": [..., A history]}, key or None) → action [..., J].

    Without a key it is deterministic: the mean of the action distribution.
    """
    networks = _plain_networks(trainer, robot, observation_sizes(robot, history=1))  # inputs of any size will do

    def policy(params: Params, observation: Mapping[str, jax.Array], key: jax.Array | None) -> jax.Array:
        scale = params["normalizer"]
        normalizer = running_statistics.NestedMeanStd(mean=scale["mean"][_ACTOR_KEY], std=scale["std"][_ACTOR_KEY])
        logits = networks.policy_network.apply(normalizer, params["policy"], observation[_ACTOR_KEY])
        distribution = networks.parametric_action_distribution
        return distribution.mode(logits) if key is None else distribution.sample(logits, key)

    return policy


def _plain_networks(trainer: TrainerConfig, robot: Robot, sizes: Mapping[str, Params]) -> PPONetworks:
    """Brax's PPO networks: ELU, Gaussian actions with a learned standard deviation, normalized observations.

    The mean starts near the home pose (small last layer).
    """
    networks = make_ppo_networks(
        sizes,
        robot.num_joints,
        preprocess_observations_fn=running_statistics.normalize,  # pyright: ignore[reportArgumentType]
        policy_hidden_layer_sizes=trainer.actor_layers,
        value_hidden_layer_sizes=trainer.critic_layers,
        activation=elu,
        policy_obs_key=_ACTOR_KEY,
        value_obs_key=_CRITIC_KEY,
        distribution_type="normal",
        noise_std_type="log",
        init_noise_std=trainer.init_std,
        mean_kernel_init_fn=jax.nn.initializers.orthogonal,
        mean_kernel_init_kwargs={"scale": 0.01},
    )
    if trainer.exploration == 1.0:  # times 1.0 would compile to another program, and train to other bits
        return networks
    narrowed = _Narrowed(robot.num_joints, trainer.exploration)
    return replace(networks, parametric_action_distribution=narrowed)  # pyright: ignore[reportArgumentType]


class _Narrowed(NormalDistribution):
    """Gaussian actions of a share of the learned standard deviation."""

    def __init__(self, event_size: int, share: float) -> None:
        super().__init__(event_size)
        self._share = share

    def create_dist(self, parameters: Params) -> Params:
        mean, std = parameters
        return super().create_dist((mean, self._share * std))


@jax.custom_jvp
def elu(x: jax.Array) -> jax.Array:
    """ELU by `exp`: a third of the time of JAX's own on a CPU, which takes `expm1`. Near 0 it is off by up to 6e-8."""
    return jnp.where(x > 0, x, jnp.exp(jnp.minimum(x, 0.0)) - 1.0)


@elu.defjvp
def _elu_slope(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    y = elu(*primals)  # its slope follows from it: no second exponential
    return y, tangents[0] * (jnp.minimum(y, 0.0) + 1.0)


def _averaged(network: FeedForwardNetwork, mirrors: Mirrors, average: Callable[[Params], Params]) -> FeedForwardNetwork:
    """The network with its weights and its normalizer averaged with their mirror image at every use."""

    def apply(normalizer: Params, params: Params, observation: Mapping[str, jax.Array]) -> Params:
        normalizer = symmetry.symmetric_normalizer(normalizer, mirrors)
        return network.apply(normalizer, average(params), observation)

    return FeedForwardNetwork(init=network.init, apply=apply)


def _symmetric_policy(robot: Robot, mirrors: Mirrors, params: Params) -> Params:
    return symmetry.symmetric_policy(params, mirrors[_ACTOR_KEY], mirror.joints(robot))


def _symmetric_value(mirrors: Mirrors, params: Params) -> Params:
    return symmetry.symmetric_value(params, mirrors[_CRITIC_KEY])
