"""The gates are the ones agreed on, for WildRobot; another robot's are scaled."""

import dataclasses
import math
from pathlib import Path

import pytest
from made_up_walks import ROBOT
from second_body import second_body

from playground_amp.errors import UserError
from playground_amp.gates import gates
from playground_amp.gates.cells import Cell, CellPhysics, Gate, Handicap
from playground_amp.gates.gates import BENCH, GATES, ROBUST, ROUGH, SIMULATORS, STEER, WALK
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.rollouts.criteria import IS_FRUGAL, IS_STILL, WALKS
from playground_amp.rollouts.figures import EpisodeFigures


def test_criteria_and_columns_name_figures_that_exist():
    fields = {field.name for field in dataclasses.fields(EpisodeFigures)}

    for gate in GATES.values():
        ranked_by = {gate.ranked_by} if gate.ranked_by else set()
        assert {criterion.figure for criterion in gate.criteria} | set(gate.columns) | ranked_by <= fields


def test_walk_is_the_gate_agreed_on():
    *walks, stand = WALK.cells
    limits = {criterion.figure: (criterion.bound, criterion.limit) for criterion in WALK.criteria}

    assert [(cell.speed, cell.distance, cell.episodes) for cell in walks] == [(0.3, 50.0, 20), (0.5, 50.0, 20)]
    assert [cell.name for cell in WALK.cells] == ["walk 0.3 m/s", "walk 0.5 m/s", "stand"]
    assert all(cell.criteria == WALKS for cell in walks)
    assert stand.criteria == IS_STILL
    assert (stand.time_limit, stand.episodes) == (20.0, 20)
    assert limits["power"] == ("at most", 0.5)
    assert {(cell.physics.engine, cell.physics.timestep) for cell in WALK.cells} == {("native", 0.002)}
    assert limits["speed_error"] == ("at most", 0.1)
    assert limits["lateral_error"] == ("at most", 1.0)
    assert limits["step_length_ratio"] == ("at least", 0.8)
    assert limits["step_asymmetry"] == ("at most", 0.15)
    assert limits["swing_clearance"] == ("at least", 0.015)
    assert limits["joint_torque"] == ("at most", 1.5)


def test_the_time_limit_is_where_the_slowest_speed_allowed_arrives():
    assert [cell.time_limit for cell in WALK.cells[:2]] == pytest.approx([50 / 0.27, 50 / 0.45])


def test_steer_sends_the_robot_everywhere_but_ahead():
    limits = {
        cell.name: {each.figure: (each.limit, each.required_share) for each in cell.criteria} for cell in STEER.cells
    }
    lifting = {name: (limit.get("alternation"), limit.get("swing_clearance")) for name, limit in limits.items()}

    assert list(limits) == ["backward", "left", "right", "turn_left", "turn_right", "round"]
    assert not STEER.randomized
    assert {cell.episodes for cell in STEER.cells} == {20}
    assert {limit["survived"] for limit in limits.values()} == {(1.0, 1.0)}
    assert {(limit["velocity_error"][0], limit["yaw_rate_error"][0]) for limit in limits.values()} == {(0.1, 0.25)}
    assert lifting.pop("round") == (None, None)
    assert set(lifting.values()) == {((0.95, 1.0), (0.01, 1.0))}
    everywhere = {(each.forward, each.sideways, each.yaw_rate) for each in STEER.cell("round").program}
    assert {(cell.program[0].forward, cell.program[0].sideways, cell.program[0].yaw_rate) for cell in STEER.cells} < (
        everywhere
    )


def test_robust_is_the_gate_agreed_on():
    limits = {
        cell.name: {each.figure: (each.limit, each.required_share) for each in cell.criteria} for cell in ROBUST.cells
    }

    assert {cell.episodes for cell in ROBUST.cells} == {128}
    assert all(limit["velocity_error"][0] == 0.05 and limit["yaw_rate_error"][0] == 0.1 for limit in limits.values())
    shares = {name: limit["survived"][1] for name, limit in limits.items()}
    assert {share for name, share in shares.items() if "10N" not in name and name != "rough"} == {0.99}
    assert {share for name, share in shares.items() if "10N" in name} == {0.90}
    assert (shares["rough"], ROBUST.cell("rough").scene) == (0.95, "rough")
    assert limits["forward_0.5"]["torque_rms"][0] == 1.3
    assert limits["forward_0.5"]["power"][0] == 15.0
    lifting = {name: limit["swing_clearance"][0] for name, limit in limits.items() if "swing_clearance" in limit}
    assert lifting == {"backward": 0.01, "left": 0.01, "right": 0.01}
    assert {limits[name]["alternation"][0] for name in lifting} == {0.95}
    assert ROBUST.cell("stand").time_limit == 60.0
    assert ROBUST.cell("forward_0.8").time_limit == 20.0
    assert [cell.name for cell in ROBUST.cells] == [
        "forward_0.3", "forward_0.5", "forward_0.8", "backward", "left", "right", "turn_left", "turn_right",
        "start_stop", "stand", "push_5N_standing", "push_5N_walking", "push_10N_standing", "push_10N_walking", "rough",
    ]  # fmt: skip


def test_rough_is_the_gate_agreed_on():
    limits = {
        cell.name: {each.figure: (each.limit, each.required_share) for each in cell.criteria} for cell in ROUGH.cells
    }
    grounds = ["stairs_up", "stairs_down", "ledges", "slope_up", "slope_down", "slope_across", "soft", "tiles"]

    assert list(limits) == [*grounds, "push_15N_standing", "push_15N_walking", "payload", "weak_leg"]
    assert [cell.scene for cell in ROUGH.cells] == [*grounds, *["flat"] * 4]
    assert [limit["survived"][1] for limit in limits.values()] == [*[0.95] * 8, 0.90, 0.90, 0.97, 0.97]
    assert all(limit["speed_error"][0] == 0.2 for name, limit in limits.items() if "standing" not in name)
    assert limits["push_15N_standing"]["velocity_error"][0] == 0.1
    assert {cell.speed for cell in ROUGH.cells if "standing" not in cell.name} == {0.5}
    assert {cell.episodes for cell in ROUGH.cells} == {128}
    assert (ROUGH.cell("payload").handicap, ROUGH.cell("weak_leg").handicap) == (
        Handicap(payload=0.5), Handicap(weak_leg=0.15),
    )  # fmt: skip
    assert (ROUGH.randomized, ROUGH.sensors) == (True, "bus")
    assert gates.find_gate("rough") is ROUGH
    assert list(GATES)[-1] == "rough"  # the most demanding


def test_bench_is_the_gate_agreed_on():
    shares = {
        cell.name: each.required_share for cell in BENCH.cells for each in cell.criteria if each.figure == "survived"
    }

    assert {share for name, share in shares.items() if "8N" not in name} == {0.95}
    assert {name: share for name, share in shares.items() if "8N" in name} == {
        "push_8N_standing": 0.90, "push_8N_walking": 0.90,
    }  # fmt: skip
    assert {cell.episodes for cell in BENCH.cells} == {128}
    assert BENCH.randomized


def test_a_gate_on_a_worse_bus_asks_for_a_robot_that_has_one():
    deaf = dataclasses.replace(ROBOT, hardware=None)
    with pytest.raises(UserError, match=r"gate bench judges on a worse bus .* robot wildrobot has none: describe"):
        BENCH.scaled_for(deaf)
    assert (WALK.sensors, WALK.scaled_for(deaf).sensors) == ("bus", "ideal")
    with pytest.raises(UserError, match="gate bench is about a bus"):
        BENCH.with_ideal_sensors()


def test_to_stand_still_is_two_counts_and_a_half_of_the_robots_own_servos():
    assert ROBOT.hardware is not None
    fine, coarse = (
        dataclasses.replace(ROBOT, hardware=dataclasses.replace(ROBOT.hardware, count=ROBOT.hardware.count * ratio))
        for ratio in (0.25, 4)
    )
    travel = IS_STILL[-1]
    assert travel.limit == pytest.approx(2.5 * ROBOT.hardware.count, rel=0.01)
    assert travel.scaled_for(coarse).limit == pytest.approx(travel.limit * 4)
    assert travel.scaled_for(fine).limit == travel.limit
    assert travel.scaled_for(dataclasses.replace(ROBOT, hardware=None)).limit == pytest.approx(travel.limit * 2)


def test_transfer_is_the_gate_agreed_on():
    bars = {cell.name: {each.figure: each.required_share for each in cell.criteria} for cell in SIMULATORS.cells}

    assert {(cell.speed, cell.distance, cell.episodes) for cell in SIMULATORS.cells} == {(0.5, 20.0, 20)}
    assert {name: bar["survived"] for name, bar in bars.items()} == {"fine": 1.0, "mjx": 1.0, "drake": 0.9}
    assert all(bar["survived"] == bar["distance_share"] for bar in bars.values())


def test_cells_have_names_and_seeds_of_their_own():
    seeds = [seed for cell in ROBUST.cells for seed in range(cell.first_seed, cell.first_seed + cell.episodes)]

    assert len({cell.name for cell in ROBUST.cells}) == len(ROBUST.cells)
    assert len(set(seeds)) == len(seeds)
    assert ROBUST.reduced(cells=["stand"]).cells[0].first_seed == ROBUST.cell("stand").first_seed


def test_an_unknown_gate_names_the_nearest():
    with pytest.raises(UserError, match=r"unknown gate 'wlak'.*walk.*did you mean 'walk'"):
        gates.find_gate("wlak")


def test_an_unknown_cell_names_the_nearest():
    with pytest.raises(UserError, match=r"no cell 'stnd'.*did you mean 'stand'"):
        ROBUST.reduced(cells=["stnd"])


def test_distances_are_refused_where_a_cell_lasts_a_time():
    with pytest.raises(UserError, match="last a time"):
        ROBUST.reduced(distance=5.0)


# Scaled


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second")), "flat")


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-5)  # six digits are kept


@pytest.mark.parametrize("gate", GATES.values(), ids=lambda gate: gate.name)
def test_wildrobots_gates_are_the_very_same_numbers(gate: Gate):
    assert gate.scaled_for(ROBOT) == gate


def test_another_robot_is_asked_by_its_own_measures(other: Robot):
    scale = scale_of(other)
    assert scale.length != 1
    theirs, ours = ROBUST.scaled_for(other), ROBUST
    start_stop, turn = theirs.cells[8], theirs.cell("turn_left")
    assert [segment.seconds for segment in start_stop.program] == [near(5.0 * scale.time)] * 4
    assert start_stop.program[0].forward == near(0.5 * scale.pace)
    assert turn.program[0].yaw_rate == near(0.5 * scale.rate)
    pushed = theirs.cells[12]
    assert pushed.shove is not None
    assert (pushed.push, pushed.shove.earliest, pushed.shove.latest) == (
        near(10.0 * scale.force), near(4.0 * scale.time), near(6.0 * scale.time),
    )  # fmt: skip
    assert (theirs.fall_height, theirs.fall_tilt) == (near(0.25 * scale.height), 0.785)
    assert theirs.push_duration == near(0.2 * scale.time)
    assert WALK.scaled_for(other).cells[0].distance == near(50.0 * scale.length)
    assert ROUGH.scaled_for(other).cell("payload").handicap.payload == near(0.5 * scale.mass)
    assert [cell.first_seed for cell in theirs.cells] == [cell.first_seed for cell in ours.cells]
    assert {cell.physics for cell in theirs.cells} == {CellPhysics()}


def test_a_robot_of_slow_servos_is_asked_to_go_as_far_at_less_speed():
    # Damping takes all torque at 4.0 / (20 × 0.085) = 2.3 rad/s, a quarter of WildRobot's 10: the slowest pace.
    slow = dataclasses.replace(ROBOT, damping=20 * ROBOT.damping)
    theirs, ours = WALK.scaled_for(slow).cells[0], WALK.cells[0]
    assert (theirs.speed, theirs.distance) == (near(0.65 * ours.speed), ours.distance)
    assert theirs.time_limit == near(ours.time_limit / 0.65)
    assert theirs.criteria == ours.criteria


def test_cells_of_another_robot_are_named_by_its_own_numbers(other: Robot):
    scale = scale_of(other)
    names = [cell.name for cell in ROBUST.scaled_for(other).cells]

    assert names[1] == f"forward_{0.5 * scale.pace:.3g}"
    assert names[10] == f"push_{5.0 * scale.force:.3g}N_standing"
    assert len(set(names)) == len(names)


def test_limits_of_another_robot_are_of_its_own_measures_and_servos(other: Robot):
    scale = scale_of(other)
    limits = {each.figure: each.limit for each in (*WALKS, *IS_FRUGAL)}
    theirs = {each.figure: each.scaled_for(other).limit for each in (*WALKS, *IS_FRUGAL)}
    ratios = {figure: theirs[figure] / limits[figure] for figure in limits if theirs[figure] != limits[figure]}

    strongest = 1.5 / 4.0  # N·m, of the second body's and of WildRobot's servos
    assert ratios == {
        "lateral_error": near(scale.length),
        "swing_clearance": near(scale.length),
        "joint_torque": near(strongest),
        "torque_rms": near(strongest),
        "power": near(scale.power),
    }


# A cell is a line of its own


def test_a_cell_is_reduced_over_another_distance_in_proportionate_time():
    cell = WALK.cells[0].over(5.0)

    assert cell.time_limit == pytest.approx(WALK.cells[0].time_limit / 10)
    assert math.isinf(Cell("x", cell.program, 1, ()).distance)


def test_scaling_knows_a_robot_by_its_folder(tmp_path: Path):
    assert WALK.scaled_for(load_robot(second_body(tmp_path / "other"), "flat")) != WALK
