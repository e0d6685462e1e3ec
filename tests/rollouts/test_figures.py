"""The figures of a walk against arithmetic done by hand, on made-up trajectories."""

import dataclasses
import math

import numpy as np
import pytest
from made_up_walks import DT, ROBOT, asked, moving, walk

from playground_amp.robot.scale import Scale
from playground_amp.rollouts.figures import measure
from playground_amp.rollouts.recording import Recording, Segment
from playground_amp.rollouts.steps import find_steps, swings

HIGH = np.full(20, 0.03)
UNIT = Scale()


def test_swings_are_spells_in_the_air_between_spells_on_the_floor():
    contact = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0], bool)

    assert swings(contact, HIGH, DT, UNIT).tolist() == [[2, 5], [7, 11]]  # the last one never lands


def test_a_swing_that_began_before_the_recording_does_not_count():
    contact = np.array([0, 0, 0, 0, 1, 1, 0, 0, 0, 1], bool)

    assert swings(contact, HIGH, DT, UNIT).tolist() == [[6, 9]]


def test_bounces_of_a_landing_foot_are_not_steps():
    contact = np.array([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1], bool)  # two bounces: 0.02 s and 0.04 s

    assert swings(contact, HIGH, DT, UNIT).tolist() == [[1, 5]]


def test_a_foot_that_hardly_lifts_does_not_step():
    contact = np.array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], bool)
    height = np.array([0, 0, 4, 4, 0, 0, 0, 3, 6, 3, 0]) / 1000

    assert swings(contact, height, DT, UNIT).tolist() == [[6, 10]]  # the first stays at 4 mm


def test_steps_of_an_exact_gait():
    # 4 s are 5 cycles: left lands at row 18 of each, right 20 rows later, each 0.2 m further on.
    steps = find_steps(walk(seconds=4.0), UNIT)

    assert steps.row.tolist() == [18, 38, 58, 78, 98, 118, 138, 158, 178, 198]
    assert steps.foot.tolist() == [0, 1] * 5
    assert np.isnan(steps.length[0])
    assert steps.length[1:] == pytest.approx(0.2)
    assert steps.clearance == pytest.approx(0.03)


def test_figures_of_an_exact_gait():
    figures = measure(walk(seconds=20.0), asked())

    assert figures.survived == 1.0
    assert figures.duration == pytest.approx(20.0)
    assert figures.mean_speed == pytest.approx(0.5)  # 10 m in 20 s
    assert figures.distance_share == pytest.approx(1.0)
    assert figures.speed_error == pytest.approx(0.0, abs=1e-9)
    assert figures.lateral_error == pytest.approx(0.0, abs=1e-9)
    assert figures.steps == 50  # 25 cycles
    assert figures.alternation == 1.0
    assert figures.step_length == pytest.approx(0.2)
    assert figures.step_length_ratio == pytest.approx(1.0)  # 0.2 / (0.5 × 0.4)
    assert figures.step_asymmetry == pytest.approx(0.0, abs=1e-9)
    assert figures.swing_clearance == pytest.approx(0.03)


def test_figures_do_not_depend_on_the_direction_of_the_line():
    along_x, across = measure(walk(), asked()), measure(walk(heading=2.0), asked(heading=2.0))

    assert vars(across) == pytest.approx(vars(along_x), abs=1e-9)


def test_a_limp_is_the_difference_of_left_and_right_steps():
    # Left lands 0.02 m further ahead: left steps 0.22 m, right steps 0.18 m; 0.04 / 0.20.
    figures = measure(walk(left_ahead=0.02), asked())

    assert figures.step_asymmetry == pytest.approx(0.2)
    assert figures.step_length == pytest.approx(0.18)
    assert figures.step_length_ratio == pytest.approx(0.9)


def test_a_body_turned_a_little_does_not_make_a_limp():
    # Turned by 0.1 rad, feet 0.1 m to each side: along the path left is 2 × 0.1 × sin 0.1 = 0.02 m behind right.
    recording = walk()
    recording.heading[:] = 0.1
    side = np.array([0.1, -0.1])
    recording.foot_position_w[..., 0] -= side * np.sin(0.1)
    recording.foot_position_w[..., 1] += side * np.cos(0.1)
    figures = measure(recording, asked())

    assert figures.step_asymmetry == pytest.approx(0.0, abs=1e-6)
    assert figures.step_length == pytest.approx(0.2 * np.cos(0.1))
    assert figures.heading_error == pytest.approx(0.1)


def test_clearance_is_that_of_the_lower_foot_and_no_single_swing_rescues_it():
    recording = walk(lift=(0.03, 0.01))
    recording.sole_height[30, 1] = 0.2  # one wild kick of the right foot

    assert measure(recording, asked()).swing_clearance == pytest.approx(0.01, rel=1e-3)


def test_walking_backwards_has_negative_steps_and_twice_the_speed_error():
    figures = measure(walk(speed=-0.5), asked())

    assert figures.distance_share == pytest.approx(-1.0)
    assert figures.speed_error == pytest.approx(2.0)
    assert figures.step_length_ratio == pytest.approx(-1.0)


def test_standing_has_no_steps_to_praise():
    recording = walk(lift=(0.0, 0.0), speed=0.0)
    recording.foot_contact[:] = True
    figures = measure(recording, asked())

    assert (figures.steps, figures.alternation, figures.step_length, figures.swing_clearance) == (0, 0, 0, 0)
    assert figures.step_asymmetry == 1.0
    assert figures.speed_error == pytest.approx(1.0)


def test_tapping_one_foot_does_not_alternate():
    recording = walk()
    recording.foot_contact[:, 1] = True
    figures = measure(recording, asked())

    assert figures.steps == 25
    assert figures.alternation == 0.0
    assert figures.step_length == 0.0


def test_hopping_with_both_feet_shows_as_a_limp():
    recording = walk()
    recording.foot_contact[:, 1] = recording.foot_contact[:, 0]
    recording.foot_position_w[:, 1] = recording.foot_position_w[:, 0]
    recording.sole_height[:, 1] = recording.sole_height[:, 0]
    figures = measure(recording, asked())

    assert figures.step_length == pytest.approx(0.0, abs=1e-9)
    assert figures.step_asymmetry == pytest.approx(2.0)


def test_lateral_error_is_the_largest_whichever_the_side():
    recording = walk()
    recording.qpos[100, 1] = 0.3
    recording.qpos[200, 1] = -0.7

    assert measure(recording, asked()).lateral_error == pytest.approx(0.7)


def test_heading_error_wraps_at_half_a_turn():
    recording = walk()
    recording.heading[:] = 3.1

    assert measure(recording, asked(heading=-3.1)).heading_error == pytest.approx(2 * np.pi - 6.2)


def test_torque_is_the_mean_absolute_of_the_most_loaded_joint():
    recording = walk()
    recording.joint_torque[1::2, 3] = 2.0
    recording.joint_torque[2::2, 3] = -1.0
    recording.joint_torque[1:, 4] = 1.4
    recording.joint_velocity[:, 4] = -2.0
    figures = measure(recording, asked())

    assert figures.joint_torque == pytest.approx(1.5)  # joint 3: (2 + 1) / 2
    assert figures.power == pytest.approx(2.8)  # joint 4: |1.4 × -2|; joint 3 does not move


def test_a_fall_is_told():
    recording = walk(seconds=4.0)
    fallen = Recording(**{**vars(recording), "fell": True})

    assert measure(fallen, asked()).survived == 0.0


def test_a_new_command_may_be_settled_into():
    program = (Segment(4.0, forward=0.5), Segment(4.0))
    late = (
        Segment(1.9),
        Segment(2.0, forward=0.5),
        Segment(0.1),
        Segment(1.9, forward=0.5),
        Segment(2.1),
    )  # 1.9 s late
    figures = measure(moving(late), dataclasses.replace(asked(), program=program))

    assert figures.velocity_error == pytest.approx(0.5 * 0.1 / 2.0 / 2, abs=1e-6)  # 0.1 of 2 s in one of two segments


def test_efforts_against_arithmetic():
    recording = moving((Segment(10.0, forward=0.5),), torque=0.0)
    recording.joint_torque[:, 3] = 3.9  # over 95 % of 4
    recording.joint_velocity[:, 3] = -2.0
    recording.joint_target[1::2, 0] = 0.01  # trembles: second differences of 0.02 rad in one of 11 joints
    recording.foot_contact[:] = True
    recording.foot_position_w[:, 0, 0] = 0.03 * DT * np.arange(len(recording.qpos))
    figures = measure(recording, asked())

    assert figures.torque_rms == pytest.approx(3.9 / math.sqrt(11))
    assert figures.torque_p99 == pytest.approx(3.9)
    assert figures.torque_saturation == 1.0
    assert figures.joints.saturation == pytest.approx([0, 0, 0, 1] + [0] * 7)
    assert figures.power == pytest.approx(7.8)  # 3.9 × 2, braking
    assert figures.cost_of_transport == pytest.approx(7.8 / (ROBOT.weight * 0.5))
    assert figures.action_jitter == pytest.approx(0.02 / math.sqrt(11))
    assert figures.foot_slip == pytest.approx(0.015)  # one of two feet at 0.03 m/s
