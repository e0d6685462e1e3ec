"""What is likely wrong, from figures: a table of pure functions, each from the evidence to a verdict.

A cause is named where its figure reaches its threshold. Thresholds lie between what healthy robots leave (logs of
walks, turns and stands, pushed and not) and what faults do, with a margin to both; none is of one log.
"""

from playground_amp.compare.body_causes import (
    limp_servo,
    slack,
    swapped_ids,
    tilted_imu,
    weak_servo,
    wrong_sign,
    zero_off,
)
from playground_amp.compare.evidence import Cause, Evidence, Verdict
from playground_amp.compare.signal_causes import (
    brown_out,
    frozen_imu,
    hot_servo,
    late_answers,
    late_computer,
    lost_bytes,
    lost_line,
    silent_servo,
)


def dead_servo(evidence: Evidence) -> Verdict:
    """A servo that does not answer, or that answers and does nothing."""
    return max(silent_servo(evidence), limp_servo(evidence), key=lambda verdict: verdict.share)


CAUSES = (
    Cause("frozen_imu", "the IMU says the same for ever, or nothing", "look at its cable; restart it", frozen_imu),
    Cause("brown_out", "the supply's voltage gives way", "charge the battery; look at plugs and wires", brown_out),
    Cause("hot_servo", "a servo is too hot", "let it cool; look why it carries so much", hot_servo),
    Cause("late_answers", "answers come late", "fewer servos on the line, a faster baud rate, a better adapter",
          late_answers),
    Cause("lost_bytes", "a line loses answers", "look at its cable, its ground and its plugs", lost_bytes),
    Cause("dead_servo", "a servo does not answer, or does nothing", "look at its plug, its id and its LED", dead_servo),
    Cause("lost_line", "a serial line is dead", "look at the board's USB plug and its supply", lost_line),
    Cause("late_computer", "the computer is late", "end other programs; give run.py real-time priority", late_computer),
    Cause("swapped_ids", "two servos are in each other's place", "swap their ids: calibrate", swapped_ids),
    Cause("wrong_sign", "a servo turns the wrong way", "turn its direction round: calibrate", wrong_sign),
    Cause("zero_off", "a servo's zero is off", "set its zero anew: calibrate", zero_off),
    Cause("tilted_imu", "the IMU has turned", "fasten it; take its axes anew: calibrate", tilted_imu),
    Cause("weak_servo", "a servo is weak", "look at its wire; change it", weak_servo),
    Cause("slack", "a horn or a gear is loose", "tighten the horn's screw; look at the gear", slack),
)  # fmt: skip
# The order is that of their likelihood where several are named: what comes first can bring the later ones about.
