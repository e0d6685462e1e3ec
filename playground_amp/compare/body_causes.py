"""Causes that only the body shows: servos that are not what the hardware file says. Pure functions of the evidence."""

from collections.abc import Callable

import numpy as np

from playground_amp.compare.evidence import Evidence, Verdict
from playground_amp.compare.search import Explanation, Search

SAVED = 0.09  # of misfit (misfit.py) that a fault of the body must explain; healthy: 0.043 at most
_ENOUGH = 60  # moments and replays; of fewer it must explain more
_RIVAL = 0.85  # of the best one's, from which on two explanations cannot be told apart
_WEAKEST_LIMP = 0.2  # of its strength: a servo that does so little is dead
OF_JOINTS = ("wrong_sign", "zero_off", "weak_servo", "slack")  # faults of the body that one joint has
_LEAST = {"zero_off": 0.04, "tilted_imu": 0.05, "slack": 0.015, "weak_servo": 0.25}  # rad; share that is missing


def limp_servo(evidence: Evidence) -> Verdict:
    """A servo that answers and does nothing."""
    return _of_body(evidence, "weak_servo", lambda each: each.amount[0] < _WEAKEST_LIMP)


def tilted_imu(evidence: Evidence) -> Verdict:
    """An IMU that has turned on its plate."""
    told = evidence.told("IMU")
    if "tilted" in told:
        return Verdict(1.0, "", told, ("the robot was not held upright",))
    return _of_body(evidence, "tilted_imu")


def swapped_ids(evidence: Evidence) -> Verdict:
    """Two servos in each other's place."""
    return _of_posture(evidence, "swapped_ids") or _of_body(evidence, "swapped_ids")


def wrong_sign(evidence: Evidence) -> Verdict:
    """A servo that turns the other way."""
    return _of_posture(evidence, "wrong_sign") or _of_body(evidence, "wrong_sign")


def zero_off(evidence: Evidence) -> Verdict:
    """A servo whose zero is elsewhere."""
    return _of_posture(evidence, "zero_off") or _of_body(evidence, "zero_off")


def weak_servo(evidence: Evidence) -> Verdict:
    """A servo that gives less torque than it should."""
    return _of_body(evidence, "weak_servo", lambda each: each.amount[0] >= _WEAKEST_LIMP)


def slack(evidence: Evidence) -> Verdict:
    """Play between a servo and its joint."""
    return _of_body(evidence, "slack")


def _of_body(evidence: Evidence, fault: str, such: Callable[[Explanation], bool] = lambda each: True) -> Verdict:
    """What the search says of a fault of the body: it is named if it explains enough, and more than any other."""
    search = evidence.search
    own = [] if search is None else [each for each in search.explanations if each.candidate.fault == fault]
    own = [each for each in own if such(each)]
    if search is None or not own:
        return Verdict(0.0, "", "too little was logged" if search is None else "nothing speaks for it")
    best, first = own[0], search.explanations[0]
    share = max(best.saved, 0.0) / needed(search)
    if (least := _LEAST.get(fault)) is not None:
        share = min(share, best.size / least)
    if best is not first:
        share = min(share, 0.99)
    rivals = [each for each in search.explanations if each is not best and each.saved >= _RIVAL * best.saved]
    misfit = f"misfit {best.described.total:.1f} → {best.misfit.total:.1f} over {search.replays} replays"
    others = tuple(f"{each.candidate.fault} {_place(each)}".strip() for each in rivals) if best is first else ()
    return Verdict(share, _place(best), f"{_amount(best)}{misfit} and {search.moments} moments on the feet", others)


def needed(search: Search) -> float:
    """What a fault must save to be named: of few moments more, since they agree by chance."""
    return SAVED * max(1.0, _ENOUGH / max(search.moments + search.replays, 1))


def unjudged(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """By fault, the joints at which this log would not show it: it carries and moves them too little."""
    search = evidence.search
    if search is None:
        return dict.fromkeys(OF_JOINTS, evidence.names)
    blind = [place for place, effect in search.effects.items() if effect < needed(search)]
    found = {fault: tuple(" and ".join(joints) for one, joints in blind if one == fault) for fault in OF_JOINTS}
    return {fault: places for fault, places in found.items() if places}


def _of_posture(evidence: Evidence, fault: str) -> Verdict | None:
    """What limp joints say where run.py refused them; None: it did not, or something else explains them better."""
    told, posture = evidence.told("pose"), evidence.posture
    if not told or posture is None or not posture.faults:
        return None
    best, *others = posture.faults
    if best.fault != fault:
        return Verdict(0.0, "", "the joints' pose at the start does not speak for it")
    rivals = tuple(f"{each.fault} {' and '.join(each.joints)}" for each in others)
    return Verdict(1.0, " and ".join(best.joints), f"it would put the joints where they should be: {told}", rivals)


def _place(explanation: Explanation) -> str:
    return " and ".join(explanation.candidate.joints)


def _amount(explanation: Explanation) -> str:
    """What it amounts to, for a person."""
    amount = explanation.amount
    match explanation.candidate.fault:
        case "zero_off":
            return f"the joint is {amount[0]:+.2f} rad ({np.degrees(amount[0]):+.0f}°) from its reading: "
        case "weak_servo":
            return f"it has {max(amount[0], 0.0):.0%} of its torque: "
        case "slack":
            return f"it has {2 * amount[0]:.2f} rad ({np.degrees(2 * amount[0]):.0f}°) of play: "
        case "tilted_imu":
            turned = np.degrees(np.linalg.norm(amount))
            return f"turned by {turned:.0f}° about ({amount[0]:+.2f}, {amount[1]:+.2f}, 0): "
    return ""
