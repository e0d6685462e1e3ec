"""What figures have to be: every limit that an episode of a gate or a recorded demonstration is held against.

A row a limit. Numbers are WildRobot's; another robot's are scaled by what `scales_with` names.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Dimension, scale_of, times

ServoLimit = Literal["torque_limit", "speed_limit"]  # of the robot's best servo
Count = Literal["count"]  # the step in which the robot's joints are read


@dataclass(frozen=True)
class Criterion:
    """A limit on one figure of an episode.

    Over "each episode" it is met in a cell when enough of the cell's episodes are within the limit; over the "mean",
    when the mean of those that did not fall is: how many may fall is for the criterion of `survived` to say.
    """

    figure: str  # field of EpisodeFigures, or of TakeFigures
    bound: Literal["at least", "at most"]
    limit: float
    unit: str
    meaning: str
    source: str
    scales_with: Dimension | ServoLimit | Count | None = None  # None: the same for every robot
    over: Literal["each episode", "mean"] = "each episode"
    required_share: float = 1.0  # of the cell's episodes

    def holds(self, value: float | None) -> bool:
        """Whether a figure is within the limit; one that is not a number, or that could not be measured, is not."""
        if value is None:
            return False
        return value >= self.limit if self.bound == "at least" else value <= self.limit

    def worst(self, values: Iterable[float | None]) -> float | None:
        """The figure farthest on the wrong side; None where none was measured."""
        measured = [value for value in values if value is not None]
        if not measured:
            return None
        return min(measured) if self.bound == "at least" else max(measured)

    def scaled_for(self, robot: Robot) -> "Criterion":
        """The same criterion for a robot of other measures."""
        return dataclasses.replace(self, limit=times(self.limit, _ratio(self.scales_with, robot)))


def _ratio(measure: Dimension | ServoLimit | Count | None, robot: Robot) -> float:
    if measure is None:
        return 1.0
    if measure == "count":
        own, unit = (each.hardware for each in (robot, load_robot(DEFAULT_ROBOT)))
        if not own or not unit:
            return _WITHOUT_COUNTS
        return max(own.count / unit.count, 1.0)  # a servo with finer counts creeps as far
    if measure in ("torque_limit", "speed_limit"):
        own, unit = (getattr(each, measure).max() for each in (robot, load_robot(DEFAULT_ROBOT)))
        return float(own / unit)
    return getattr(scale_of(robot), measure)


SPEED_TOLERANCE = 0.10
_WITHOUT_COUNTS = 2.0  # times WildRobot's, of robots that say nothing of theirs: derived servos are soft, and creep

WALKS = (
    Criterion("survived", "at least", 1.0, "", "no fall", "a robot that falls once in 50 m is not walking"),
    Criterion("distance_share", "at least", 1.0, "of the way", "covers the distance before the time limit",
              "the time that the slowest speed allowed would take"),
    Criterion("speed_error", "at most", SPEED_TOLERANCE, "", "mean speed from rest, off the commanded one by",
              "a command is followed when a person would not see the difference"),
    Criterion("lateral_error", "at most", 1.0, "m", "largest distance from the straight line",
              "2 % of the way: what a heading command has to hold", "length"),
    Criterion("heading_error", "at most", 0.35, "rad", "mean absolute heading error",
              "20 degrees: rules out walking sideways or backwards along the line"),
    Criterion("alternation", "at least", 0.99, "of steps", "touchdowns that follow one of the other foot",
              "walking is left, right, left; a stumble in a hundred steps may be caught"),
    Criterion("step_length_ratio", "at least", 0.8, "", "step length over speed × half the gait cycle, shorter foot",
              "shorter steps at that speed are shuffling"),
    Criterion("step_asymmetry", "at most", 0.15, "", "left and right step length apart by", "more is a limp"),
    Criterion("swing_clearance", "at least", 0.015, "m", "peak of the sole's lowest point, median swing, lower foot",
              "half of what the gait plans for, 30 mm for WildRobot", "length"),
    Criterion("joint_torque", "at most", 1.5, "N·m", "mean absolute torque of the most loaded joint",
              "well under the servos' limit, so that they do not overheat",
              "torque_limit"),
)  # fmt: skip

OBEYS = (
    Criterion("velocity_error", "at most", 0.05, "m/s", "mean velocity off the commanded one by",
              "a quarter of the slowest command, so that standing is no answer to it", "speed", over="mean"),
    Criterion("yaw_rate_error", "at most", 0.1, "rad/s", "mean yaw rate off the commanded one by",
              "a fifth of the turning command", "rate", over="mean"),
)  # fmt: skip

IS_FRUGAL = (
    Criterion("torque_rms", "at most", 1.3, "N·m", "root mean square torque of all joints",
              "a third of the servos' limit", "torque_limit", over="mean"),
    Criterion("power", "at most", 15.0, "W", "mean mechanical power of all joints, braking counted like driving",
              "at 0.5 m/s a cost of transport of 0.74 for WildRobot", "power", over="mean"),
)  # fmt: skip

LIFTS_ITS_FEET = (
    Criterion("alternation", "at least", 0.95, "of steps", "touchdowns that follow one of the other foot",
              "left, right, left: a foot that slides after the other one does not come down", over="mean"),
    Criterion("swing_clearance", "at least", 0.01, "m", "peak of the sole's lowest point, median swing, lower foot",
              "a third of what the gait plans for; floors have edges, and a foot that is dragged trips", "length",
              over="mean"),
)  # fmt: skip

OBEYS_ROUGHLY = (
    Criterion("velocity_error", "at most", 0.1, "m/s", "mean velocity off the commanded one by",
              "half of the slowest command: standing is no answer to it", "speed", over="mean"),
    Criterion("yaw_rate_error", "at most", 0.25, "rad/s", "mean yaw rate off the commanded one by",
              "half of the turning command", "rate", over="mean"),
)  # fmt: skip

KEEPS_PACE = (
    Criterion("speed_error", "at most", 0.2, "", "mean speed from rest, off the commanded one by",
              "four fifths of what was asked: who gets nowhere has not mastered the ground", over="mean"),
)  # fmt: skip

IS_STILL = (
    Criterion("survived", "at least", 1.0, "", "no fall", "a robot that falls over while it stands is of no use"),
    Criterion("power", "at most", 0.5, "W", "mean mechanical power of all joints, braking counted like driving",
              "a twentieth of what a walk takes: whoever stands moves nothing", "power"),
    Criterion("joint_travel", "at most", 0.0105, "rad", "range within 2 s of the joint that moves most, once it stands",
              "two counts of the servos and half a one of give: who answers counts shows one or two; who trembles, ten",
              "count"),
)  # fmt: skip

# Of a recorded demonstration (record/recorder.py).
_STAYS_UP = Criterion("fell", "at most", 0.0, "", "no fall", "a demonstration of falling teaches that")
_SPARES_SERVOS = (
    Criterion("joint_speed", "at most", 10.0, "rad/s", "the fastest joint", "what the servo gives", "speed_limit"),
    Criterion("torque_rms", "at most", 1.6, "N·m", "root mean square torque of all joints",
              "40 % of what the servo gives", "torque_limit"),
)  # fmt: skip
IS_DEMONSTRATION = (
    _STAYS_UP,
    Criterion("unsteady", "at most", 0.05, "", "mean velocities of the first and the second half apart by, m/s, rad/s",
              "a clip is labeled with one velocity", "speed"),
    *_SPARES_SERVOS,
)  # fmt: skip

# Of a clip that a policy followed (record/followed.py).
IS_FOLLOWED = (
    _STAYS_UP,
    Criterion("joint_error", "at most", 0.08, "rad", "mean distance of the joints from the clip's",
              "a fifth of what the legs' joints swing by: more is another motion"),
    Criterion("speed_error", "at most", 0.05, "m/s", "mean velocity off the clip's by",
              "what a command may be off by", "speed"),
    *_SPARES_SERVOS,
)  # fmt: skip


def survives(share: float) -> Criterion:
    """Of the episodes of a cell of randomized robots, that share has to end without a fall."""
    source = "one fall in a hundred episodes is what 128 of them can tell from none"
    return Criterion("survived", "at least", 1.0, "", "no fall", source, required_share=share)


def arrives(share: float, source: str) -> tuple[Criterion, ...]:
    """In another simulator, that share of the episodes has to arrive on its feet."""
    return (
        Criterion("survived", "at least", 1.0, "", "no fall", source, required_share=share),
        Criterion("distance_share", "at least", 1.0, "of the way", "covers the distance before the time limit",
                  "standing still is no walk", required_share=share),
    )  # fmt: skip
