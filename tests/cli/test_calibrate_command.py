"""The command around the steps, whose own tests are in tests/hardware/test_calibration.py."""

import os
from pathlib import Path

import pytest

from playground_amp.cli.calibrate import main
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import read_hardware


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hardware.yaml"
    assert main(["new", "--hardware", str(path), "--port", "/dev/none0", "--port", "/dev/none1"]) == 0
    return path


def test_a_first_file_knows_what_the_robots_folder_knows(file: Path) -> None:
    hardware = read_hardware(file)
    assert [board.port for board in hardware.boards.values()][:2] == ["/dev/none0", "/dev/none1"]
    assert {servo.direction for servo in hardware.servos.values()} == {1}
    assert hardware.limits.temperature_high == 70.0


def test_what_fails_leaves_the_file_as_it_was(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    answers = tmp_path / "answers.txt"
    answers.write_text("yes\n")
    for command in (["servos", "--ids", "1-3"], ["zeros"], ["directions", "--by", "hand"], ["imu"], ["all"]):
        with pytest.raises(UserError):
            main([*command, "--hardware", str(file), "--answers", str(answers)])
    assert file.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["answers.txt", "hardware.yaml"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["servos", "--ids", "1-300"], "--ids must be like 1-30"),
        (["servos", "--ids", "x"], "--ids must be like 1-30"),
        (["zeros", "--pose", "sitting"], "--pose sitting: it can be home, zero, or a file"),
        (["zeros", "--joints", "left_elbow_pitch"], "there is no joint 'left_elbow_pitch'"),
        (["zeros", "--bundle", "nowhere"], "nowhere is no bundle"),
        (["servos", "--answers", "nowhere"], "the answers nowhere cannot be read"),
        (["servos", "--answers", os.devnull], "the answers end before the question: Servos will move"),
    ],
)
def test_a_mistake_is_told_before_anything_moves(file: Path, arguments: list[str], problem: str) -> None:
    with pytest.raises(UserError) as raised:
        main([arguments[0], "--hardware", str(file), *arguments[1:]])
    assert problem in str(raised.value)


def test_the_file_must_be_of_the_bundles_robot(file: Path) -> None:
    file.write_text(file.read_text().replace("waist_yaw", "neck_yaw"))
    with pytest.raises(UserError, match="has other joints than robot wildrobot: neck_yaw, waist_yaw"):
        main(["zeros", "--hardware", str(file)])


def test_nothing_but_a_hardware_file_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.yaml"
    path.write_text("mine: 1\n")
    with pytest.raises(UserError):
        main(["new", "--hardware", str(path)])
    assert path.read_text() == "mine: 1\n"
