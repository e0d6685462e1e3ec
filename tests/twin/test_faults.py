"""Each fault does to the robot what its name says."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot
from playground_amp.twin.faults import FAULTS, inject, mend, parse_fault
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.twin.world import World

ROBOT = load_robot("wildrobot")
JOINT = "left_knee_pitch"
PLACE = ROBOT.joint_names.index(JOINT)


@pytest.fixture
def world() -> World:
    return World(ROBOT, hardware_of_robot(ROBOT, 3), lambda port, data: None)


def home_counts(world: World) -> dict[str, int]:
    return {name: servo.position(0.0) for name, servo in world.servos.items()}


def test_counts_are_as_the_hardware_file_has_them(world: World) -> None:
    for (name, servo), angle in zip(world.written.servos.items(), ROBOT.home_joint_position, strict=True):
        assert home_counts(world)[name] == servo.counts(angle)


def test_swapped_ids_answer_for_each_other(world: World) -> None:
    inject(world, f"swapped_ids:{JOINT}")
    changed = [name for name, servo in world.servos.items() if servo.id != world.written.servos[name].id]
    assert len(changed) == 2
    assert JOINT in changed
    assert {world.written.servos[name].board for name in changed} == {"left_leg"}


def test_a_wrong_sign_turns_about_the_center(world: World) -> None:
    before, center = home_counts(world)[JOINT], world.written.servos[JOINT].center
    inject(world, f"wrong_sign:{JOINT}")
    assert home_counts(world)[JOINT] - center == pytest.approx(center - before, abs=1)


def test_a_zero_off_by_degrees_is_counts(world: World) -> None:
    before = home_counts(world)[JOINT]
    inject(world, f"zero_off:{JOINT}=-12")  # 12 / 0.24 = 50 counts
    assert home_counts(world)[JOINT] - before == -50
    drawn = {inject(world, f"zero_off:{JOINT}").amount for _ in range(20)}
    assert drawn == {-10.0, 10.0}


def test_a_weak_servo_gives_a_share_of_its_torque(world: World) -> None:
    world.servos[JOINT].set_torque(True, 0.0)
    gain = world.body.model.actuator_gainprm[PLACE, 0]
    inject(world, f"weak_servo:{JOINT}=0.4")
    assert world.body.model.actuator_gainprm[PLACE, 0] == pytest.approx(0.4 * gain)
    world.body.order(PLACE, 5.0, 0.0, 0.0)
    world.advance(0.02)
    assert world.body.joint_torque[PLACE] <= 0.4 * ROBOT.torque_limit[PLACE] + 1e-9


def test_play_lets_a_joint_be_within_it(world: World) -> None:
    inject(world, f"slack:{JOINT}")
    for name, servo in world.servos.items():
        servo.set_torque(True, 0.0)
        servo.go_to(world.written.servos[name].counts(ROBOT.home_joint_position[ROBOT.joint_names.index(name)]), 0.0)
    world.advance(1.0)
    off = abs(world.body.joint_position[PLACE] - ROBOT.home_joint_position[PLACE])
    assert math.radians(2) < off < math.radians(6)  # hangs at the play's end, 3 degrees


def test_heat_and_a_sagging_battery_show_in_the_registers(world: World) -> None:
    servo = world.servos[JOINT]
    inject(world, f"hot_servo:{JOINT}")
    inject(world, "brown_out=8.2")
    world.advance(0.5)
    assert servo.temperature == pytest.approx(85.0, abs=1.0)
    assert world.servos["right_knee_pitch"].temperature < 40
    assert servo.voltage == pytest.approx(8.2, abs=0.1)
    assert world.supply.strength == pytest.approx(8.2 / world.supply.full)


def test_the_imu_freezes_and_tilts(world: World) -> None:
    still = world.measure()
    inject(world, "tilted_imu=20")
    assert abs(2 * math.acos(min(1.0, abs(float(still.orientation @ world.measure().orientation)))) - 0.349) < 0.01
    inject(world, "frozen_imu")
    assert np.array_equal(world.measure().gyro, world.measure().gyro)


def test_a_board_or_a_joint_of_it_has_the_faults_of_a_line(world: World) -> None:
    inject(world, f"late_answers:{JOINT}")
    inject(world, "lost_bytes:right_leg=5")
    assert [line.lateness for line in world.lines.values()] == [0.02, 0.0, 0.0]
    assert [line.lost_share for line in world.lines.values()] == [0.0, 0.05, 0.0]


def test_all_faults_can_be_mended(world: World) -> None:
    before, gains = home_counts(world), world.body.model.actuator_gainprm.copy()
    for kind in FAULTS:
        inject(world, kind)
    assert len(world.faults) == len(FAULTS) == 12
    mend(world)
    assert world.faults == []
    assert home_counts(world) == before
    assert {name: servo.id for name, servo in world.servos.items()} == {
        name: servo.id for name, servo in world.written.servos.items()
    }
    assert np.array_equal(world.body.model.actuator_gainprm, gains)
    assert not any(servo.dead for servo in world.servos.values())
    assert world.supply.strength == 1.0
    assert world.supply.temperature.max() < 30


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("loose_horn", "there is no fault 'loose_horn'; it can be swapped_ids, "),
        ("zero_off:elbow", "there is no joint 'elbow'; it can be waist_yaw, "),
        ("zero_off=ten", "'ten' is no number"),
        ("dead_servo=3", "dead_servo has no amount"),
        ("brown_out:left_leg", "brown_out is of the whole robot"),
        ("swapped_ids:waist_yaw", "no other servo is on its line"),
    ],
)
def test_what_is_no_fault_is_said(world: World, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        inject(world, text)


def test_a_fault_reads_as_it_is_written() -> None:
    assert parse_fault("zero_off:left_knee_pitch=-8") == ("zero_off", "left_knee_pitch", -8.0)
    assert parse_fault("frozen_imu") == ("frozen_imu", None, None)


def test_the_page_lists_all_faults_with_their_amounts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "twin.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
    numbers = {name: float(found[0]) if (found := re.findall(r"[\d.]+", amount)) else None for name, amount in rows}
    assert numbers == {name: kind.amount for name, kind in FAULTS.items()}
