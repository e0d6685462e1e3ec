"""What this project takes from Brax to learn with: running statistics, networks, PPO's loss and its adaptive rate."""

from brax.training.acme import running_statistics
from brax.training.agents.ppo.losses import PPONetworkParams, compute_ppo_loss
from brax.training.agents.ppo.networks import PPONetworks, make_inference_fn, make_ppo_networks
from brax.training.agents.ppo.optimizer import adaptive_kl_learning_rate
from brax.training.distribution import NormalDistribution
from brax.training.networks import MLP, FeedForwardNetwork
from brax.training.types import Policy, Transition, UInt64

__all__ = [
    "MLP",
    "FeedForwardNetwork",
    "NormalDistribution",
    "PPONetworkParams",
    "PPONetworks",
    "Policy",
    "Transition",
    "UInt64",
    "adaptive_kl_learning_rate",
    "compute_ppo_loss",
    "make_inference_fn",
    "make_ppo_networks",
    "running_statistics",
]
