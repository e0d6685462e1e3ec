"""What 'trained' means: the gates, as data.

`walk`: does it walk? `robust`: does it do all that it is asked, whatever robot, floor and shove it meets?
`transfer`: does it walk in simulators that it was not trained in?
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.gates.cells import Cell, Check, Gate, Physics, Shove, seeded
from playground_amp.rollouts.recording import Segment

SPEED_TOLERANCE = 0.10

WALK_CHECKS = (
    Check("survived", "at least", 1.0, "", "no fall", "a robot that falls once in 50 m is not walking"),
    Check("distance_share", "at least", 1.0, "of the way", "covers the distance before the time limit",
          "the time that the slowest speed allowed would take"),
    Check("speed_error", "at most", SPEED_TOLERANCE, "", "mean speed from rest, off the commanded one by",
          "a command is followed when a person would not see the difference"),
    Check("lateral_error", "at most", 1.0, "m", "largest distance from the straight line",
          "2 % of the way: what a heading command has to hold"),
    Check("heading_error", "at most", 0.35, "rad", "mean absolute heading error",
          "20 degrees: rules out walking sideways or backwards along the line"),
    Check("alternation", "at least", 0.99, "of steps", "touchdowns that follow one of the other foot",
          "walking is left, right, left; a stumble in a hundred steps may be caught"),
    Check("step_length_ratio", "at least", 0.8, "", "step length over speed × half the gait cycle, shorter foot",
          "shorter steps at that speed are shuffling"),
    Check("step_asymmetry", "at most", 0.15, "", "left and right step length apart by", "more is a limp"),
    Check("swing_clearance", "at least", 0.015, "m", "peak of the sole's lowest point, median swing, lower foot",
          "half of the 30 mm that the gait of this robot plans for"),
    Check("joint_torque", "at most", 1.5, "N·m", "mean absolute torque of the most loaded joint",
          "HTD-45H: well under its limit of 4 N·m, so that it does not overheat"),
)  # fmt: skip


def distance_cell(name: str, speed: float, distance: float, episodes: int, checks: tuple[Check, ...]) -> Cell:
    """Straight ahead over `distance` m at `speed` m/s, in the time that the slowest speed allowed would take."""
    seconds = distance / (speed * (1 - SPEED_TOLERANCE))
    return Cell(name, (Segment(seconds, forward=speed),), episodes, checks, distance=distance)


WALK = Gate(
    name="walk",
    cells=seeded([distance_cell(f"walk {speed} m/s", speed, 50.0, 20, WALK_CHECKS) for speed in (0.3, 0.5)]),
    ranked_by="speed_error",
)

OBEYED = (
    Check("velocity_error", "at most", 0.05, "m/s", "mean velocity off the commanded one by",
          "a quarter of the slowest command, so that standing is no answer to it", over="mean"),
    Check("yaw_rate_error", "at most", 0.1, "rad/s", "mean yaw rate off the commanded one by",
          "a fifth of the turning command", over="mean"),
)  # fmt: skip
ECONOMY = (
    Check("torque_rms", "at most", 1.3, "N·m", "root mean square torque of all joints",
          "a third of the servo's limit of 4 N·m", over="mean"),
    Check("power", "at most", 15.0, "W", "mean mechanical power of all joints, braking counted like driving",
          "at 0.5 m/s a cost of transport of 0.74", over="mean"),
)  # fmt: skip


def _survival(share: float) -> Check:
    source = "one fall in a hundred episodes is what 128 of them can tell from none"
    return Check("survived", "at least", 1.0, "", "no fall", source, required_share=share)


SURE, BUMPY, SHOVED = (_survival(share) for share in (0.99, 0.95, 0.90))


def _robust_cell(name: str, *program: Segment, survival: Check = SURE, extra: tuple[Check, ...] = ()) -> Cell:
    return Cell(name, program, episodes=128, checks=(survival, *OBEYED, *extra))


def _shoved_cell(force: float, survival: Check, name: str, speed: float) -> Cell:
    cell = _robust_cell(f"push_{force:g}N_{name}", Segment(15.0, forward=speed), survival=survival)
    return dataclasses.replace(cell, shove=Shove(force))


ROBUST = Gate(
    name="robust",
    cells=seeded([
        _robust_cell("forward_0.3", Segment(20.0, forward=0.3)),
        _robust_cell("forward_0.5", Segment(20.0, forward=0.5), extra=ECONOMY),
        _robust_cell("forward_0.8", Segment(20.0, forward=0.8)),
        _robust_cell("backward", Segment(20.0, forward=-0.2)),
        _robust_cell("left", Segment(20.0, sideways=0.2)),
        _robust_cell("right", Segment(20.0, sideways=-0.2)),
        _robust_cell("turn_left", Segment(20.0, yaw_rate=0.5)),
        _robust_cell("turn_right", Segment(20.0, yaw_rate=-0.5)),
        _robust_cell("start_stop", Segment(5.0, forward=0.5), Segment(5.0), Segment(5.0, forward=0.5), Segment(5.0)),
        _robust_cell("stand", Segment(60.0)),
        _shoved_cell(5.0, SURE, "standing", 0.0),
        _shoved_cell(5.0, SURE, "walking", 0.5),
        _shoved_cell(10.0, SHOVED, "standing", 0.0),
        _shoved_cell(10.0, SHOVED, "walking", 0.5),
        dataclasses.replace(_robust_cell("rough", Segment(20.0, forward=0.5), survival=BUMPY), scene="rough"),
    ]),
    ranked_by="velocity_error",
    randomized=True,
    columns=(
        "velocity_error", "yaw_rate_error", "heading_error", "torque_rms", "torque_p99", "torque_saturation",
        "power", "cost_of_transport", "foot_slip", "step_asymmetry", "action_jitter",
    ),
)  # fmt: skip


def _simulator_cell(name: str, physics: Physics, share: float, source: str) -> Cell:
    checks = (
        Check("survived", "at least", 1.0, "", "no fall", source, required_share=share),
        Check("distance_share", "at least", 1.0, "of the way", "covers the distance before the time limit",
              "standing still is no walk", required_share=share),
    )  # fmt: skip
    cell = distance_cell(name, 0.5, 20.0, 20, checks)
    return dataclasses.replace(cell, physics=physics)


SIMULATORS = Gate(
    name="transfer",
    cells=(
        _simulator_cell("fine", Physics("native", 0.0005, solver_iterations=100, cone="elliptic"), 1.0,
                        "the same contact model, resolved four times as finely"),
        _simulator_cell("mjx", Physics("mjx"), 1.0, "the same equations in another implementation"),
        _simulator_cell("drake", Physics("drake", 0.001), 0.9, "18 of 20: other contacts, by other people"),
    ),
    columns=(
        "mean_speed", "speed_error", "lateral_error", "heading_error", "torque_rms", "torque_p99", "power",
        "cost_of_transport", "foot_slip", "swing_clearance", "step_asymmetry",
    ),
)  # fmt: skip

# From the least demanding to the most: the best policy of a run is kept by the most demanding that has judged one.
GATES: Mapping[str, Gate] = MappingProxyType({gate.name: gate for gate in (SIMULATORS, WALK, ROBUST)})


def find_gate(name: str) -> Gate:
    """The gate of that name. Raises UserError, naming the nearest one, if there is none."""
    if name not in GATES:
        near = nearest(name, GATES)
        hint = f"; did you mean '{near}'?" if near else ""
        raise UserError(f"unknown gate '{name}'; gates are: {', '.join(sorted(GATES))}{hint}")
    return GATES[name]
