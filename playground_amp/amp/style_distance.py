"""How far a policy's motion is from the demonstrations, in figures that no discriminator had a part in."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import wasserstein_distance

_LEAST_SPREAD = 1e-3  # rad, rad/s


def style_distance(policy: np.ndarray, demonstrations: np.ndarray) -> np.ndarray:
    """1-Wasserstein distance of each column, over the demonstrations' standard deviation.

    Args:
      policy: [T, 2 J] joint positions (rad) and velocities (rad/s) of the policy.
      demonstrations: [M, 2 J] of the demonstrations.

    Returns:
      [2 J]; 0: the same distribution, 1: apart by one standard deviation.
    """
    spread = np.maximum(demonstrations.std(axis=0), _LEAST_SPREAD)
    pairs: Sequence = list(zip(policy.T, demonstrations.T, strict=True))
    return np.array([wasserstein_distance(ours, theirs) for ours, theirs in pairs]) / spread
