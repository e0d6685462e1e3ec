"""Which single fault of the body explains a log best: all are tried, the best few are fitted."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

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
_SAME_SIZE = 1e-6
_STEP_FROM_ZERO = 0.5  # what stands for a first guess of 0


Told: TypeAlias = Callable[[str], None]  # what is being done


class Explanation(NamedTuple):
    """A fault, what it amounts to, and what it leaves unexplained of what the hardware file does."""

    candidate: Candidate
    amount: tuple[float, ...]
    described: Misfit
    misfit: Misfit

    @property
    def size(self) -> float:
        """How far it is from a healthy robot: rad, or the share of its torque that a servo lacks."""
        if self.candidate.fault == "weak_servo":
            return 1 - self.amount[0]
        return float(np.linalg.norm(self.amount))

    @property
    def saved(self) -> float:
        """How much of the misfit it explains."""
        return self.described.total - self.misfit.total


class Search(NamedTuple):
    """What single faults of the body explain, those that explain most first."""

    described: Misfit  # what the hardware file leaves unexplained
    explanations: tuple[Explanation, ...]
    effects: Mapping[tuple[str, tuple[str, ...]], float]  # by fault and joints: misfit that a mild one would have made
    moments: int  # with a sole on the floor, or hanging, that all were held against
    replays: int


def search_builds(robot: Robot, hardware: HardwareFile, motion: Measured, told: Told) -> Search:
    """Tries every single fault of the body. `told` hears which is fitted."""
    support = described_support(robot, motion)
    plain = as_described(robot.num_joints)
    few = witnesses(robot, motion, support, *_SCREENED)
    guesses = [(each, guess) for each in candidates(hardware, robot.joint_names) for guess in each.guesses]
    described, *tried = misfits(few, [plain, *(each.build(np.array(guess)) for each, guess in guesses)])
    all_of_them = [Explanation(*pair, described, misfit) for pair, misfit in zip(guesses, tried, strict=True)]
    effects, screened = _effects(all_of_them), _best(all_of_them)
    if screened[0].saved >= _WORTH_FITTING:
        few = witnesses(robot, motion, support, *_FITTED)
        (described,) = misfits(few, [plain])
        fitted = []
        for each in screened[:_BEST]:
            told(f"fitting {each.candidate.fault} {' and '.join(each.candidate.joints)}".strip())
            fitted.append(_fit(few, described, each))
        screened = _best([*fitted, *screened[_BEST:]])
    return Search(described, tuple(screened), effects, len(few.feet), len(few.starts))


def _effects(tried: list[Explanation]) -> dict[tuple[str, tuple[str, ...]], float]:
    """What each fault would have made of this log's misfit, if the robot had it in its mildest usual amount.

    A build that the robot does not have costs about what it saves where the robot has it: either way it is what the log
    has to say about it. Of an amount that may have two signs, the sign that costs more.
    """
    by_place: dict[tuple[str, tuple[str, ...]], list[Explanation]] = {}
    for each in tried:
        by_place.setdefault((each.candidate.fault, each.candidate.joints), []).append(each)
    effects = {}
    for place, them in by_place.items():
        mild = min(each.size for each in them) + _SAME_SIZE
        effects[place] = max(abs(each.saved) for each in them if each.size <= mild)
    return effects


def _fit(seen: Witnesses, described: Misfit, start: Explanation) -> Explanation:
    """The amount that leaves least, by a pattern search (Hooke and Jeeves, 1961)."""
    candidate = start.candidate

    def tried(amounts: list[np.ndarray]) -> Explanation:
        amounts = [np.maximum(amount, candidate.least) for amount in amounts]
        results = misfits(seen, [candidate.build(amount) for amount in amounts])
        pairs = zip(amounts, results, strict=True)
        found = [Explanation(candidate, tuple(amount.tolist()), described, misfit) for amount, misfit in pairs]
        return max(found, key=lambda each: each.saved)

    best = tried([np.array(start.amount)])
    if not start.amount:
        return best
    step = _FIRST_STEP * (max(np.abs(start.amount)) or _STEP_FROM_ZERO)
    for _ in range(_ROUNDS):
        center = np.array(best.amount)
        better = tried([center + sign * step * axis for axis in np.eye(center.size) for sign in (-1, 1)])
        if better.saved > best.saved:
            best = better
        else:
            step /= 2
    return best


def _best(explanations: list[Explanation]) -> list[Explanation]:
    """The best of each fault and place, the one that explains most first."""
    best: dict[tuple[str, tuple[str, ...]], Explanation] = {}
    for each in sorted(explanations, key=lambda each: -each.saved):
        best.setdefault((each.candidate.fault, each.candidate.joints), each)
    return list(best.values())
