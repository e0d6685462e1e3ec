import math
import os
from pathlib import Path

import pytest

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import (
    BoardSetup,
    HardwareFile,
    ImuSetup,
    Limits,
    ServoSetup,
    SwitchSetup,
    parse_hardware,
    read_hardware,
)
from playground_amp.hardware.hardware_writing import hardware_text, write_hardware
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.yaml_text import parse_value

COUNT = math.tau / 1500
HARDWARE = HardwareFile(
    robot="two legs",
    boards={"left": BoardSetup("hiwonder", "/dev/ttyUSB0", 115200), "no": BoardSetup("feetech", "it's #1", 1_000_000)},
    servos={
        "left_knee": ServoSetup("left", 3, -1, 480, 0.5, COUNT),
        "right_knee": ServoSetup("no", 3, 1, 520, 0.0, COUNT),
    },
    counts_per_turn=1500.0,
    count_range=(0, 1000),
    speed="differenced",
    imu=ImuSetup("bno085_uart", "/dev/ttyAMA0", 3_000_000, (0.6, 0.0, -0.8, 0.0), 200.0),
    switches=SwitchSetup("gpio", (5, 6, 13, 19)),
    limits=Limits(voltage_low=9.6, temperature_high=70.0, missed_deadlines=7),
)


def test_a_servos_counts_and_angles_by_hand() -> None:
    servo = HARDWARE.servos["left_knee"]  # 0.24 degrees a count
    assert servo.angle(480) == 0.5
    assert servo.angle(580) == pytest.approx(0.5 - math.radians(24.0))
    assert servo.counts(0.5 - math.radians(24.1)) == 580
    assert [servo.counts(servo.angle(counts)) for counts in (0, 333, 1000)] == [0, 333, 1000]


def test_it_is_read_back_as_it_was_written_and_the_former_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "hardware.yaml"
    write_hardware(path, HARDWARE)
    assert read_hardware(path) == HARDWARE
    write_hardware(path, HARDWARE._replace(robot="another"))
    assert read_hardware(path).robot == "another"
    assert read_hardware(tmp_path / "hardware.yaml.before") == HARDWARE
    assert sorted(os.listdir(tmp_path)) == ["hardware.yaml", "hardware.yaml.before"]


def test_what_is_written_means_the_same_to_every_reader() -> None:
    plain = parse_value(hardware_text(HARDWARE), "h.yaml")
    assert isinstance(plain, dict)
    assert plain["servos"]["left_knee"]["center"] == 480
    assert plain["boards"]["no"]["port"] == "it's #1"


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.yaml"
    path.write_text("mine: true\n")
    with pytest.raises(UserError):
        write_hardware(path, HARDWARE)
    assert path.read_text() == "mine: true\n"


@pytest.mark.parametrize("robot", ["wildrobot", "wildrobot_arms"])
def test_a_robot_of_its_kind_reaches_every_joints_range(robot: str) -> None:
    it = load_robot(robot)
    for seed in range(5):
        hardware = hardware_of_robot(it, seed)
        assert parse_hardware(hardware_text(hardware), "h.yaml") == hardware
        assert set(hardware.joint_names) == set(it.joint_names)
        low, high = hardware.count_range
        for name, lower, upper in zip(it.joint_names, it.joint_lower, it.joint_upper, strict=True):
            servo = hardware.servos[name]
            assert low <= min(servo.counts(lower), servo.counts(upper))
            assert max(servo.counts(lower), servo.counts(upper)) <= high
    assert {servo.direction for servo in hardware.servos.values()} == {-1, 1}


@pytest.mark.parametrize(
    ("found", "instead", "problem"),
    [
        ("direction: -1", "direction: 0", "servos.left_knee: direction must be 1 or -1, found 0"),
        ("direction: -1", "direction: -1.0", "direction must be a whole number from -1 to 1, found -1.0"),
        ("board: left, id: 3", "board: right, id: 3", "servos.left_knee: board must be one of left, no, found 'right'"),
        ("id: 3", "id: 253", "id must be a whole number from 0 to 252, found 253"),
        ('board: "no"', "board: left", "left_knee and right_knee are both servo 3 of board left"),
        ("protocol: hiwonder", "protocol: lewan", "boards.left: protocol must be one of hiwonder, dynamixel, feetech"),
        ("voltage_low: 9.6", "voltage_lov: 9.6", "limits: there is no key 'voltage_lov': did you mean voltage_low?"),
        ("  voltage_low: 9.6\n", "", "limits: the key voltage_low is missing"),
        ("missed_deadlines: 7", "missed_deadlines: 0", "limits: missed_deadlines must be at least 1, found 0"),
        ("[0.6, 0, -0.8, 0]", "[0.6, 0, -0.8, 0.8]", "imu: mounting must be a unit quaternion"),
        ("[0.6, 0, -0.8, 0]", "[0.6, 0, -0.8]", "imu: mounting must be a list of 4"),
        ("count_range: [0, 1000]", "count_range: [1000, 0]", "count_range must be [least, most]"),
        ("pins: [5, 6, 13, 19]", "pins: [5, 6, 13]", "switches: pins must be a list of 4"),
        ("robot: two legs", "robot: 2", "h.yaml: robot must be a text, found 2"),
        ("speed: differenced", "speed: fast", "speed must be one of differenced, measured, found 'fast'"),
    ],
)
def test_a_mistake_is_named_by_its_key(found: str, instead: str, problem: str) -> None:
    text = hardware_text(HARDWARE)
    assert found in text
    with pytest.raises(UserError) as raised:
        parse_hardware(text.replace(found, instead, 1), "h.yaml")
    assert problem in str(raised.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_hardware(tmp_path / "none.yaml")
    (tmp_path / "h.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is no text"):
        read_hardware(tmp_path / "h.yaml")
