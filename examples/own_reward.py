"""Pays for a term of one's own, trains with it and judges the policy: `python examples/own_reward.py`.

The term is known to this process. For every command to know it, put the function into playground_amp/envs/rewards.py.
"""

import sys

import jax
import jax.numpy as jnp

from playground_amp.configs.loader import load_config
from playground_amp.envs.payment import add_term
from playground_amp.envs.rewards import RewardInputs
from playground_amp.gates.cells import Gate
from playground_amp.gates.gates import WALK
from playground_amp.gates.runner import run_gate
from playground_amp.gates.table import print_report
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import check_engine, prepare
from playground_amp.policies.opening import open_policy
from playground_amp.runs.loop import train

SETTINGS = [
    "reward_weights.base_sway=-0.05",
    "num_envs=512",
    "num_iterations=280",
    "checkpoint_dir=checkpoints/own_reward",
]


@add_term
def base_sway(s: RewardInputs) -> jax.Array:
    """Squared rates of the base's roll and pitch, rad²/s²: what a camera on the robot sees shaking."""
    return jnp.sum(s.readings.gyro_b[:2] ** 2)


def main(settings: list[str], gate: Gate = WALK) -> None:
    """Trains, then judges."""
    config = load_config(STANDARD, [*SETTINGS, *settings])
    prepare(check_engine(config.physics, training=True))
    result = train(config, use_wandb=False)
    assert result.checkpoint is not None, "stopped before there was a policy"
    policy = open_policy(result.checkpoint)
    print_report(run_gate(gate, policy.config, policy.controller))


if __name__ == "__main__":
    main(sys.argv[1:])
