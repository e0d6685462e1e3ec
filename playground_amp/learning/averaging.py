"""The policy that a run hands back: the average of the learner's weights over the last part of training.

The learner's own weights swing about the best it has found, each update by as much as the KL bound allows; their
average does not (Polyak and Juditsky 1992). Older weights fade as a power of the iteration, so that the average covers
the same share of a run however long it is (polynomial decay; Shamir and Zhang 2013).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.brax_api.learning import PPONetworkParams, running_statistics
from playground_amp.learning.ppo import Learner


class Average(NamedTuple):
    """Averaged weights, and the averaged scale of the observations that they were learned with."""

    normalizer: running_statistics.NestedMeanStd
    params: PPONetworkParams


def of_now(learner: Learner) -> Average:
    """What the learner has at the moment."""
    return Average(running_statistics.NestedMeanStd(learner.normalizer.mean, learner.normalizer.std), learner.params)


def follow(average: Average, learner: Learner, share: float, iteration: jax.Array) -> Average:
    """The average after `iteration` [], counted from 1: about the last `share` of them; 0: the last one alone.

    With s = share, iteration i has a weight proportional to i^(1/s - 1).
    """
    rate = 1.0 / jnp.maximum(1.0, share * iteration)
    return jax.tree.map(lambda old, new: old + rate * (new - old), average, of_now(learner))
