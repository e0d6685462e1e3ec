"""What a discriminator could go by where there should be nothing to go by."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from scipy.stats import ks_2samp

from playground_amp.doctor.check import Check, listed
from playground_amp.doctor.replay import Sides
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.paths import shown_command

AREA = "features"
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
    return [_leak(*columns) for columns in zip(sides.names, sides.policy.T, sides.demonstrations.T, strict=True)]


def check_leaks(found: Sequence[Leak]) -> Check:
    """No feature alone tells demonstrations from their own replay; none is constant or not finite."""
    told = [leak for leak in found if leak.accuracy > _MOST and leak.finite]
    constant = [leak for leak in found if leak.constant]
    broken = [leak for leak in found if not leak.finite]
    findings = []
    if told:
        worst = max(told, key=lambda leak: leak.accuracy)
        findings.append(
            f"{in_words(found, told)}: alone tells demonstrations from their own replay (accuracy "
            f"{worst.accuracy:.2f} by {worst.name}, scale ratio {worst.scale_ratio:.3g}): the discriminator will learn "
            "this and no gait; a feature must follow from positions and velocities alone, as amp/features.py has it "
            "for both sides"
        )
    if constant:
        findings.append(
            f"{in_words(found, constant)}: the same number in every demonstration: a policy differs from it at every "
            "step and earns no style; computed motion does that: use clips recorded from physics "
            f"({shown_command('motion')} record)"
        )
    if broken:
        findings.append(f"{in_words(found, broken)}: not finite: look for the damaged clip (motion.py check)")
    worst = max(found, key=lambda leak: leak.accuracy)
    measured = f"{worst.accuracy:.2f} by {worst.name}"
    return Check(AREA, "what one feature alone tells", f"accuracy ≤ {_MOST}, not constant", measured, tuple(findings))


def check_own_replay(sides: Sides, found: Sequence[Leak], discriminator: ThrowAway) -> Check:
    """A discriminator trained on half of the steps must be at a loss before the other half."""
    rows = np.random.default_rng(0).permutation(len(sides.policy))
    learned, held_out = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    judge = discriminator.train(sides.demonstrations[learned], sides.policy[learned])
    accuracy = discriminator.accuracy(judge, sides.demonstrations[held_out], sides.policy[held_out])
    findings = ()
    if abs(accuracy - 0.5) > 0.05:
        leaked = sorted(found, key=lambda leak: -leak.accuracy)[:3]
        findings = (
            f"a throw-away discriminator tells demonstrations from their own replay with accuracy {accuracy:.2f}: the "
            "sides are described by different functions, so that even a perfect imitation is not paid; most by "
            f"{listed(leak.name for leak in leaked)}",
        )
    return Check(
        AREA, "a discriminator on demonstrations and their replay", "accuracy 0.50 ± 0.05", f"{accuracy:.2f}", findings
    )


def in_words(found: Sequence[Leak], chosen: Sequence[Leak]) -> str:
    """Names of chosen features, without saying twice what holds for both moments of a step, or for all of a part."""
    numbers = [leak.name.partition("/")[2] for leak in found if leak.name.startswith("before/")]
    before, after = (
        {leak.name.partition("/")[2] for leak in chosen if leak.name.startswith(f"{when}/")}
        for when in ("before", "after")
    )
    names: list[str] = []
    for some, suffix in (
        (before & after, ""),
        (before - after, " (before the step)"),
        (after - before, " (after the step)"),
    ):
        for part, group in groupby((number for number in numbers if number in some), key=_part):
            rows = list(group)
            whole = len(rows) == sum(_part(number) == part for number in numbers) and len(rows) > 1
            names += [part + suffix] if whole else [number + suffix for number in rows]
    return ", ".join(names)


def _part(number: str) -> str:
    return number.split("/")[0]


def _leak(name: str, policy: np.ndarray, real: np.ndarray) -> Leak:
    if not (np.isfinite(policy).all() and np.isfinite(real).all()):
        return Leak(name, 1.0, float("nan"), constant=False, finite=False)
    apart = max(float(np.std(real)), _LEAST_SPREAD)
    # Rounding to a thousandth of the spread: the sides may differ in the last bit, which no discriminator sees.
    distance = ks_2samp(np.rint(policy / (1e-3 * apart)), np.rint(real / (1e-3 * apart))).statistic  # pyright: ignore
    return Leak(
        name,
        0.5 + 0.5 * float(distance),
        float(np.std(policy)) / apart,
        constant=bool(np.ptp(real) < _LEAST_SPREAD),
        finite=True,
    )
