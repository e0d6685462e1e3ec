"""What 'trained' means: the gates, as data. Numbers are WildRobot's; `Gate.scaled_for` makes another robot's of them.

`walk`: does it walk? `steer`: does it go wherever it is sent?
`robust`: does it do all that it is asked, whatever robot, floor and shove it meets?
`rough`: does it walk on stairs, slopes, soft and slippery ground, and with a load, a weak leg or a hard shove?
`transfer`: does it walk in simulators that it was not trained in? `bench`: does it stay up on a worse bus and battery?
"""

from collections.abc import Mapping
from types import MappingProxyType

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.gates.cells import Cell, CellPhysics, Gate, Handicap, Shove, seeded
from playground_amp.rollouts.criteria import (
    IS_FRUGAL,
    IS_STILL,
    KEEPS_PACE,
    LIFTS_ITS_FEET,
    OBEYS,
    OBEYS_ROUGHLY,
    SPEED_TOLERANCE,
    WALKS,
    Criterion,
    arrives,
    survives,
)
from playground_amp.rollouts.recording import Segment

SURE, BURDENED, BUMPY, SHOVED = (survives(share) for share in (0.99, 0.97, 0.95, 0.90))


def _distance_cell(
    label: str, speed: float, distance: float, criteria: tuple[Criterion, ...], physics: CellPhysics | None = None
) -> Cell:
    """Straight ahead over `distance` m at `speed` m/s, in the time that the slowest speed allowed would take."""
    segment = Segment(distance / (speed * (1 - SPEED_TOLERANCE)), forward=speed)
    return Cell(label, (segment,), 20, criteria, distance=distance, physics=physics or CellPhysics())


def _robust_cell(
    label: str,
    *program: Segment,
    survival: Criterion = SURE,
    extra: tuple[Criterion, ...] = (),
    push: float | None = None,
    scene: str = "flat",
) -> Cell:
    shove = None if push is None else Shove(push)
    return Cell(label, program, episodes=128, criteria=(survival, *OBEYS, *extra), shove=shove, scene=scene)


def _steer_cell(label: str, *program: Segment, extra: tuple[Criterion, ...] = LIFTS_ITS_FEET) -> Cell:
    return Cell(label, program, episodes=20, criteria=(survives(1.0), *OBEYS_ROUGHLY, *extra))


def _bench_cell(label: str, *program: Segment, push: float | None = None) -> Cell:
    survival, shove = (BUMPY, None) if push is None else (SHOVED, Shove(push))
    return Cell(label, program, episodes=128, criteria=(survival, *OBEYS_ROUGHLY), shove=shove)


def _rough_cell(
    label: str,
    *,
    forward: float = 0.5,
    survival: Criterion = BUMPY,
    scene: str = "flat",
    push: float | None = None,
    handicap: Handicap | None = None,
) -> Cell:
    shove = None if push is None else Shove(push)
    program = (Segment(20.0 if shove is None else 15.0, forward=forward),)
    obeys = KEEPS_PACE if forward else OBEYS_ROUGHLY
    criteria = (survival, *obeys)
    return Cell(label, program, 128, criteria, shove=shove, scene=scene, handicap=handicap or Handicap())


WALK = Gate(
    name="walk",
    cells=seeded([
        _distance_cell("walk {speed:.3g} m/s", 0.3, 50.0, WALKS),
        _distance_cell("walk {speed:.3g} m/s", 0.5, 50.0, WALKS),
        Cell("stand", (Segment(20.0),), 20, IS_STILL),
    ]),
    ranked_by="speed_error",
)  # fmt: skip

STEER = Gate(
    name="steer",
    cells=seeded([
        _steer_cell("backward", Segment(20.0, forward=-0.2)),
        _steer_cell("left", Segment(20.0, sideways=0.2)),
        _steer_cell("right", Segment(20.0, sideways=-0.2)),
        _steer_cell("turn_left", Segment(20.0, yaw_rate=0.5)),
        _steer_cell("turn_right", Segment(20.0, yaw_rate=-0.5)),
        _steer_cell("round", Segment(5.0, forward=0.5), Segment(5.0, sideways=0.2), Segment(5.0, yaw_rate=0.5),
                    Segment(5.0), Segment(5.0, forward=-0.2), Segment(5.0, sideways=-0.2), Segment(5.0, yaw_rate=-0.5),
                    extra=()),
    ]),
    ranked_by="velocity_error",
)  # fmt: skip

ROBUST = Gate(
    name="robust",
    cells=seeded([
        _robust_cell("forward_{speed:.3g}", Segment(20.0, forward=0.3)),
        _robust_cell("forward_{speed:.3g}", Segment(20.0, forward=0.5), extra=IS_FRUGAL),
        _robust_cell("forward_{speed:.3g}", Segment(20.0, forward=0.8)),
        _robust_cell("backward", Segment(20.0, forward=-0.2), extra=LIFTS_ITS_FEET),
        _robust_cell("left", Segment(20.0, sideways=0.2), extra=LIFTS_ITS_FEET),
        _robust_cell("right", Segment(20.0, sideways=-0.2), extra=LIFTS_ITS_FEET),
        _robust_cell("turn_left", Segment(20.0, yaw_rate=0.5)),
        _robust_cell("turn_right", Segment(20.0, yaw_rate=-0.5)),
        _robust_cell("start_stop", Segment(5.0, forward=0.5), Segment(5.0), Segment(5.0, forward=0.5), Segment(5.0)),
        _robust_cell("stand", Segment(60.0)),
        _robust_cell("push_{push:.3g}N_standing", Segment(15.0), push=5.0),
        _robust_cell("push_{push:.3g}N_walking", Segment(15.0, forward=0.5), push=5.0),
        _robust_cell("push_{push:.3g}N_standing", Segment(15.0), push=10.0, survival=SHOVED),
        _robust_cell("push_{push:.3g}N_walking", Segment(15.0, forward=0.5), push=10.0, survival=SHOVED),
        _robust_cell("rough", Segment(20.0, forward=0.5), scene="rough", survival=BUMPY),
    ]),
    ranked_by="velocity_error",
    randomized=True,
    columns=(
        "velocity_error", "yaw_rate_error", "heading_error", "torque_rms", "torque_p99", "torque_saturation",
        "power", "cost_of_transport", "foot_slip", "step_asymmetry", "action_jitter",
    ),
)  # fmt: skip

ROUGH = Gate(
    name="rough",
    cells=seeded([
        *(_rough_cell(scene, scene=scene) for scene in ("stairs_up", "stairs_down", "ledges")),
        *(_rough_cell(scene, scene=scene) for scene in ("slope_up", "slope_down", "slope_across")),
        *(_rough_cell(scene, scene=scene) for scene in ("soft", "tiles")),
        _rough_cell("push_{push:.3g}N_standing", forward=0.0, push=15.0, survival=SHOVED),
        _rough_cell("push_{push:.3g}N_walking", push=15.0, survival=SHOVED),
        _rough_cell("payload", handicap=Handicap(payload=0.5), survival=BURDENED),
        _rough_cell("weak_leg", handicap=Handicap(weak_leg=0.15), survival=BURDENED),
    ]),
    ranked_by="velocity_error",
    randomized=True,
    columns=(
        "mean_speed", "speed_error", "velocity_error", "heading_error", "torque_rms", "torque_p99",
        "torque_saturation", "power", "foot_slip", "swing_clearance", "step_asymmetry",
    ),
)  # fmt: skip

BENCH = Gate(
    name="bench",
    cells=seeded([
        _bench_cell("forward_{speed:.3g}", Segment(20.0, forward=0.3)),
        _bench_cell("forward_{speed:.3g}", Segment(20.0, forward=0.5)),
        _bench_cell("backward", Segment(20.0, forward=-0.2)),
        _bench_cell("left", Segment(20.0, sideways=0.2)),
        _bench_cell("turn_left", Segment(20.0, yaw_rate=0.5)),
        _bench_cell("start_stop", Segment(5.0, forward=0.5), Segment(5.0), Segment(5.0, forward=0.5), Segment(5.0)),
        _bench_cell("stand", Segment(30.0)),
        _bench_cell("push_{push:.3g}N_standing", Segment(15.0), push=8.0),
        _bench_cell("push_{push:.3g}N_walking", Segment(15.0, forward=0.5), push=8.0),
    ]),
    randomized=True,
    columns=(
        "velocity_error", "yaw_rate_error", "torque_rms", "torque_p99", "torque_saturation", "power", "joint_travel",
    ),
    sensors="bench",
)  # fmt: skip

SIMULATORS = Gate(
    name="transfer",
    cells=(
        _distance_cell("fine", 0.5, 20.0, arrives(1.0, "the same contact model, resolved four times as finely"),
                       CellPhysics("native", 0.0005, solver_iterations=100, cone="elliptic")),
        _distance_cell("mjx", 0.5, 20.0, arrives(1.0, "the same equations in another implementation"),
                       CellPhysics("mjx")),
        _distance_cell("drake", 0.5, 20.0, arrives(0.9, "18 of 20: other contacts, by other people"),
                       CellPhysics("drake", 0.001)),
    ),
    columns=(
        "mean_speed", "speed_error", "lateral_error", "heading_error", "torque_rms", "torque_p99", "power",
        "cost_of_transport", "foot_slip", "swing_clearance", "step_asymmetry",
    ),
)  # fmt: skip

# From the least demanding to the most: the best policy of a run is kept by the most demanding that has judged one.
GATES: Mapping[str, Gate] = MappingProxyType(
    {gate.name: gate for gate in (SIMULATORS, BENCH, WALK, STEER, ROBUST, ROUGH)}
)


def find_gate(name: str) -> Gate:
    """The gate of that name, in WildRobot's numbers. Raises UserError, naming the nearest one, if there is none."""
    if name not in GATES:
        near = nearest(name, GATES)
        hint = f"; did you mean '{near}'?" if near else ""
        raise UserError(f"unknown gate '{name}'; gates are: {', '.join(sorted(GATES))}{hint}")
    return GATES[name]
