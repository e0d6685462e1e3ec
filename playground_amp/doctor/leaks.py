"""What a discriminator could go by where there should be nothing to go by."""

from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

from playground_amp.doctor.check import Check, listed
from playground_amp.doctor.feature_agreement import AREA, Sides, in_words
from playground_amp.doctor.throwaway import ThrowAway

_MOST = 0.55  # accuracy; one half is a guess
_LEAST_SPREAD = 1e-5  # 1, m/s, rad/s, rad, m: a feature that varies less is constant


class Leak(NamedTuple):
    """What one feature gives away."""

    name: str
    accuracy: float  # of the best threshold on this feature alone
    scale_ratio: float  # standard deviation on the policy's side over that of the demonstrations
    constant: bool  # in the demonstrations
    finite: bool  # on both sides


def leaks(sides: Sides) -> list[Leak]:
    """Each feature's leak, in order. The accuracy is ½ + ½ of the Kolmogorov-Smirnov distance."""
    return [_leak(sides, column) for column in range(len(sides.names))]


def check_leaks(found: list[Leak]) -> Check:
    """No feature alone tells demonstrations from their own replay; none is constant or not finite."""
    names = [leak.name for leak in found]
    told = [column for column, leak in enumerate(found) if leak.accuracy > _MOST]
    constant = [column for column, leak in enumerate(found) if leak.constant]
    broken = [column for column, leak in enumerate(found) if not leak.finite]
    findings = []
    if told:
        worst = max(told, key=lambda column: found[column].accuracy)
        findings.append(
            f"{in_words(told, names)}: alone tells demonstrations from their own replay (accuracy "
            f"{found[worst].accuracy:.2f} by {names[worst]}, scale ratio {found[worst].scale_ratio:.3g}): "
            "the discriminator will learn this and no gait; see what the replay says of it"
        )
    if constant:
        findings.append(
            f"{in_words(constant, names)}: the same number in every demonstration: a policy differs from it at every "
            "step and earns no style; leave the feature out, or use clips recorded from physics"
        )
    if broken:
        findings.append(f"{in_words(broken, names)}: not finite: look for the damaged clip (motion.py check)")
    worst = max(found, key=lambda leak: leak.accuracy)
    measured = f"{worst.accuracy:.2f} by {worst.name}"
    return Check(AREA, "what one feature alone tells", f"accuracy ≤ {_MOST}, not constant", measured, tuple(findings))


def check_own_replay(sides: Sides, discriminator: ThrowAway) -> Check:
    """A discriminator trained on half of the steps must be at a loss before the other half."""
    rows = np.random.default_rng(0).permutation(len(sides.policy))
    learned, held_out = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    judge = discriminator.train(sides.demonstrations[learned], sides.policy[learned])
    accuracy = discriminator.accuracy(judge, sides.demonstrations[held_out], sides.policy[held_out])
    findings = ()
    if abs(accuracy - 0.5) > 0.05:
        leaked = sorted(leaks(sides), key=lambda leak: -leak.accuracy)[:3]
        findings = (
            f"a throw-away discriminator tells demonstrations from their own replay with accuracy {accuracy:.2f}: the "
            "sides are described by different functions, so that even a perfect imitation is not paid; most by "
            f"{listed(leak.name for leak in leaked)}",
        )
    return Check(
        AREA, "a discriminator on demonstrations and their replay", "accuracy 0.50 ± 0.05", f"{accuracy:.2f}", findings
    )


def _leak(sides: Sides, column: int) -> Leak:
    policy, real = sides.policy[:, column], sides.demonstrations[:, column]
    finite = bool(np.isfinite(policy).all() and np.isfinite(real).all())
    if not finite:
        return Leak(sides.names[column], 1.0, float("nan"), constant=False, finite=False)
    apart = max(float(np.std(real)), _LEAST_SPREAD)
    # Rounding to a thousandth of the spread: the sides may differ in the last bit, which no discriminator sees.
    distance = ks_2samp(np.rint(policy / (1e-3 * apart)), np.rint(real / (1e-3 * apart))).statistic  # pyright: ignore
    return Leak(
        sides.names[column],
        0.5 + 0.5 * float(distance),
        float(np.std(policy)) / apart,
        constant=bool(np.ptp(real) < _LEAST_SPREAD),
        finite=True,
    )
