"""How far a policy's motion is from the demonstrations, coordination and time included.

Compared column by column, legs that move right but at the wrong time count as right. Here stretches of motion are
compared as a whole: all joints at once over some tenths of a second, along many directions (sliced Wasserstein
distance; Bonneel et al. 2015). Directions are taken among those in which the demonstrations vary, each over how much
they do: what they never do counts for much.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import wasserstein_distance

from playground_amp.amp.windows import drawn, pieces

SECONDS = (0.1, 0.2, 0.3)  # of the windows
_PROJECTIONS, _DRAWN = 64, 4096  # of each length, windows of each side
_LEAST_SPREAD = 1e-3  # rad, rad/s
_LEAST_SHARE = 0.1  # of a column's spread: a direction in which the demonstrations vary less is noise


def sliced_distance(
    policy: Sequence[np.ndarray], demonstrations: Sequence[np.ndarray], rate: float, seed: int = 0
) -> float | None:
    """Sliced 1-Wasserstein distance of windows, mean over their lengths and over directions.

    Args:
      policy: clips [T, 2 J] of joint positions (rad) and velocities (rad/s).
      demonstrations: likewise.
      rate: frames a second.
      seed: of the windows drawn and of the directions.

    Returns:
      0: the same motion, 1: apart by one standard deviation in every direction; None if no clip is long enough.
    """
    generator = np.random.default_rng(seed)
    distances = []
    for seconds in SECONDS:
        length = round(seconds * rate) + 1
        sides = [pieces(side, length, 1) for side in (policy, demonstrations)]
        if not all(sides):
            return None
        walked, shown = (drawn(side, length, _DRAWN, generator).rows for side in sides)
        distances.append(_distance(walked, shown, generator))
    return float(np.mean(distances))


def _distance(walked: np.ndarray, shown: np.ndarray, generator: np.random.Generator) -> float:
    """Of windows [N, n] and [M, n]."""
    mean, spread = shown.mean(axis=0), np.maximum(shown.std(axis=0), _LEAST_SPREAD)
    walked, shown = (walked - mean) / spread, (shown - mean) / spread
    variance, axes = np.linalg.eigh(shown.T @ shown / len(shown))
    whiten = axes / np.maximum(np.sqrt(np.maximum(variance, 0.0)), _LEAST_SHARE)
    directions = generator.standard_normal((len(spread), _PROJECTIONS))
    directions = whiten @ (directions / np.linalg.norm(directions, axis=0))
    pairs: Sequence = list(zip((walked @ directions).T, (shown @ directions).T, strict=True))
    return float(np.mean([wasserstein_distance(ours, theirs) for ours, theirs in pairs]))
