"""An exact walk passes; every cheat fails, and for the right reason. Recordings are made up, no engine."""

import dataclasses
import math

import numpy as np
import pytest
from made_up_walks import CYCLE, ROBOT, asked, asked_by, judged, moving, walk

from playground_amp.gates.cells import Cell
from playground_amp.gates.gates import ROBUST, WALK
from playground_amp.gates.judgement import judge_cell
from playground_amp.gates.overheating import overheating
from playground_amp.robot.record import BASE_QPOS_SIZE
from playground_amp.rollouts.figures import measure
from playground_amp.rollouts.recording import Recording, Segment

CELL = dataclasses.replace(WALK.cells[1].over(10.0), episodes=1)


def failed(*recordings: Recording) -> set[str]:
    return set(judged(CELL, *recordings).failed_figures)


# The gate walk


def test_an_exact_walk_passes():
    assert judged(CELL, walk()).passed


def test_one_bad_episode_fails_a_cell_however_good_the_mean():
    result = judged(CELL, walk(), walk(), walk(lift=(0.01, 0.01)), walk())
    clearance = next(each for each in result.results if each.criterion.figure == "swing_clearance")

    assert result.failed_figures == ("swing_clearance",)
    assert clearance.failed_episodes == (2,)
    assert clearance.worst == pytest.approx(0.01, rel=1e-3)
    assert (clearance.mean or 0) > clearance.criterion.limit


def test_a_share_of_episodes_can_be_enough():
    survival = dataclasses.replace(WALK.criteria[0], required_share=0.75)
    cell = dataclasses.replace(CELL, criteria=(survival,))
    fallen = dataclasses.replace(walk(), fell=True)
    figures = [measure(recording, asked()) for recording in (walk(), walk(), walk(), fallen)]

    assert judge_cell(cell, CYCLE, figures).passed
    assert not judge_cell(cell, CYCLE, [*figures, figures[-1]]).passed  # 3 of 5


def test_gliding_at_the_right_speed_without_lifting_the_feet_fails():
    glide = walk()
    glide.foot_contact[:] = True

    assert failed(glide) == {"alternation", "step_length_ratio", "step_asymmetry", "swing_clearance"}


def test_dragging_feet_fail_by_clearance_alone():
    assert failed(walk(lift=(0.03, 0.012))) == {"swing_clearance"}


def test_walking_backwards_fails():
    assert failed(walk(speed=-0.5)) == {"distance_share", "speed_error", "step_length_ratio"}


def test_walking_backwards_along_the_line_with_the_back_to_it_fails():
    turned_round = walk()
    turned_round.heading[:] = math.pi

    assert failed(turned_round) == {"heading_error", "step_length_ratio"}


def test_tapping_the_feet_in_place_fails():
    assert failed(walk(speed=0.0)) == {"distance_share", "speed_error", "step_length_ratio", "step_asymmetry"}


def test_a_limp_fails():
    assert failed(walk(left_ahead=0.02)) == {"step_asymmetry"}


def test_a_figure_that_is_not_a_number_fails():
    assert not any(criterion.holds(math.nan) for criterion in WALK.criteria)


# The gate robust


@pytest.mark.parametrize("cell", ROBUST.cells, ids=lambda cell: cell.name)
def test_doing_what_is_asked_passes(cell: Cell):
    assert judged(cell, moving(cell.program)).failed_figures == ()


@pytest.mark.parametrize("cell", ROBUST.cells, ids=lambda cell: cell.name)
def test_standing_still_fails_wherever_a_motion_is_asked_for(cell: Cell):
    failed = set(judged(cell, moving(cell.program, share=0.0)).failed_figures)

    asked = {segment for segment in cell.program if segment.moves}
    assert ("velocity_error" in failed) == any(segment.forward or segment.sideways for segment in asked)
    assert ("yaw_rate_error" in failed) == any(segment.yaw_rate for segment in asked)


def test_walking_on_when_told_to_stand_fails():
    on = moving((Segment(20.0, forward=0.5),))

    assert judged(ROBUST.cell("start_stop"), on).failed_figures == ("velocity_error",)
    assert "velocity_error" in judged(ROBUST.cell("stand"), moving((Segment(60.0, forward=0.06),))).failed_figures


def test_walking_forward_whatever_is_asked_fails():
    ahead = moving((Segment(20.0, forward=0.5),))

    for name in ("forward_0.3", "forward_0.8", "backward", "left", "right"):
        assert judged(ROBUST.cell(name), ahead).failed_figures == ("velocity_error",), name
    assert judged(ROBUST.cell("turn_left"), ahead).failed_figures == ("velocity_error", "yaw_rate_error")


def test_the_other_side_fails():
    right = moving(ROBUST.cell("right").program)

    assert judged(ROBUST.cell("left"), right).failed_figures == ("velocity_error",)


def test_sliding_to_the_side_fails():
    cell = ROBUST.cell("left")
    sliding = moving(cell.program)
    sliding.foot_contact[:] = True
    sliding.sole_height[:] = 0.0

    assert judged(cell, sliding).failed_figures == ("alternation", "swing_clearance")


def test_as_many_may_fall_as_the_cell_allows():
    def falling(name: str, fallen: int) -> bool:
        cell = ROBUST.cell(name)
        good, bad = (measure(moving(cell.program, fell=fell), asked_by(cell)) for fell in (False, True))
        return judge_cell(cell, CYCLE, [bad] * fallen + [good] * (128 - fallen)).passed

    assert falling("push_5N_standing", 1)  # 127 / 128 = 0.992
    assert not falling("push_5N_standing", 2)  # 0.984
    assert falling("push_10N_standing", 12)  # 0.906
    assert not falling("push_10N_standing", 13)  # 0.898


def test_what_fell_does_not_enter_the_means_but_the_survival():
    cell = ROBUST.cell("forward_0.5")
    result = judged(cell, moving(cell.program), moving(cell.program, share=0.2, fell=True))

    assert result.failed_figures == ("survived",)
    assert result.mean("velocity_error") == pytest.approx(0.0, abs=1e-6)


def test_a_cell_in_which_all_fell_fails_in_everything():
    cell = ROBUST.cell("forward_0.5")
    result = judged(cell, moving((Segment(1.0, forward=0.5),), fell=True))

    assert result.failed_figures == ("survived", "velocity_error", "yaw_rate_error", "torque_rms", "power")
    assert (result.results[1].worst, result.results[1].mean) == (None, None)


def test_strong_motors_fail_where_it_is_asked():
    cell = ROBUST.cell("forward_0.5")

    assert judged(cell, moving(cell.program, torque=1.4)).failed_figures == ("torque_rms",)


def test_survival_has_wilsons_interval():
    cell = dataclasses.replace(ROBUST.cell("stand"), program=(Segment(4.0),))
    survival = judged(cell, *[moving(cell.program, fell=number < 2) for number in range(8)]).survival

    # Newcombe 1998, method 3: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = 0.75, n = 8, z = 1.96
    assert survival.share == 0.75
    assert (survival.low, survival.high) == pytest.approx((0.4093, 0.9285), abs=1e-4)


# Standing


def standing(offset: np.ndarray, torque: float = 0.0) -> Recording:
    """Of a robot whose first joint is off by `offset` [T] rad."""
    recording = moving(WALK.cell("stand").program, share=0.0, torque=torque)
    recording.qpos[:, BASE_QPOS_SIZE] += offset
    return dataclasses.replace(recording, joint_velocity=np.full_like(recording.joint_velocity, 0.02))


TIME = np.arange(1001) * 0.02  # s


@pytest.mark.parametrize(
    ("offset", "torque", "figures"),
    [
        (np.zeros(1001), 1.0, set()),  # 11 joints × 1 N·m × 0.02 rad/s: 0.22 W
        (np.zeros(1001), 3.0, {"power"}),
        (0.05 * np.exp(-4 * TIME), 1.0, set()),  # it settles in the first two seconds
        (0.0004 * TIME, 1.0, set()),  # it creeps
        (0.0051 * np.sin(25 * TIME), 1.0, set()),  # by less than two and a half counts
        (0.0054 * np.sin(25 * TIME), 1.0, {"joint_travel"}),  # it trembles
    ],
)
def test_who_stands_moves_nothing(offset: np.ndarray, torque: float, figures: set[str]):
    result = judged(WALK.cell("stand"), standing(offset, torque))
    assert set(result.failed_figures) == figures


def test_the_first_servo_that_gets_too_hot_is_named():
    recording = moving(WALK.cell("stand").program, share=0.0)
    recording.joint_torque[:, 3] = 2.4
    first = overheating(judged(WALK.cell("stand"), recording), ROBOT)
    assert (first.joint, first.limit) == (ROBOT.joint_names[3], 70.0)
    heating = 33.3 * 0.6**2  # W; C dT/dt is that less (1 / R - a W) dT: 45 K are reached when
    loss = 1 / 5.84 - 0.0039 * heating
    assert first.minutes == pytest.approx(-40.96 / loss * math.log(1 - 45 * loss / heating) / 60, rel=1e-3)
    cool = overheating(judged(WALK.cell("stand"), moving(WALK.cell("stand").program, share=0.0)), ROBOT)
    assert cool.minutes is None
    assert "no servo gets too hot" in cool.in_words
