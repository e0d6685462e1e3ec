"""Which single fault of the body explains a log best: all are tried, the best few are fitted."""

from typing import NamedTuple

import numpy as np

from playground_amp.compare.builds import Candidate, as_described, candidates
from playground_amp.compare.measured import Measured
from playground_amp.compare.misfit import Misfit, Witnesses, described_support, misfits, witnesses
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.robot.record import Robot

_SCREENED, _FITTED = (30, 14), (60, 36)  # moments on the feet, replays
_BEST = 5  # candidates that are fitted
_WORTH_FITTING = 0.05  # of misfit that a candidate must save
_ROUNDS, _FIRST_STEP = 4, 0.35  # of the fit; share of the first guess


class Explanation(NamedTuple):
    """A fault, what it amounts to, and what it leaves unexplained of what the hardware file does."""

    candidate: Candidate
    amount: tuple[float, ...]
    described: Misfit
    misfit: Misfit

    @property
    def saved(self) -> float:
        """How much of the misfit it explains."""
        return self.described.total - self.misfit.total


class Search(NamedTuple):
    """What single faults of the body explain, those that explain most first."""

    described: Misfit  # what the hardware file leaves unexplained
    explanations: tuple[Explanation, ...]
    moments: int  # with a sole on the floor, or hanging, that all were held against
    replays: int


def search_builds(robot: Robot, hardware: HardwareFile, motion: Measured) -> Search:
    """Tries every single fault of the body."""
    support = described_support(robot, motion)
    plain = as_described(robot.num_joints)
    few = witnesses(robot, motion, support, *_SCREENED)
    guesses = [(each, guess) for each in candidates(hardware, robot.joint_names) for guess in each.guesses]
    described, *tried = misfits(few, [plain, *(each.build(np.array(guess)) for each, guess in guesses)])
    screened = _best([Explanation(*pair, described, misfit) for pair, misfit in zip(guesses, tried, strict=True)])
    if screened[0].saved >= _WORTH_FITTING:
        few = witnesses(robot, motion, support, *_FITTED)
        (described,) = misfits(few, [plain])
        screened = _best([*(_fit(few, described, each) for each in screened[:_BEST]), *screened[_BEST:]])
    return Search(described, tuple(screened), len(few.feet), len(few.starts))


def _fit(seen: Witnesses, described: Misfit, start: Explanation) -> Explanation:
    """The amount that leaves least, by a pattern search (Hooke and Jeeves, 1961)."""
    candidate, center = start.candidate, np.array(start.amount)
    step = _FIRST_STEP * (float(np.abs(center).max()) if center.any() else 0.5) if center.size else 0.0
    trials = np.array([center])
    found: Explanation | None = None
    for _ in range(_ROUNDS if center.size else 1):
        results = misfits(seen, [candidate.build(amount) for amount in trials])
        here = [Explanation(candidate, tuple(a.tolist()), described, m) for a, m in zip(trials, results, strict=True)]
        better = min([*here, *([found] if found else [])], key=lambda each: each.misfit.total)
        if found is not None and better is found:
            step /= 2
        found, center = better, np.array(better.amount)
        trials = np.array([center + sign * step * axis for axis in np.eye(center.size) for sign in (-1, 1)])
    assert found is not None
    return found


def _best(explanations: list[Explanation]) -> list[Explanation]:
    """The best of each fault and place, the one that explains most first."""
    best: dict[tuple[str, tuple[str, ...]], Explanation] = {}
    for each in sorted(explanations, key=lambda each: -each.saved):
        best.setdefault((each.candidate.fault, each.candidate.joints), each)
    return list(best.values())
