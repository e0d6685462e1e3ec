"""`wildrobot run`: a mistake is told before anything moves, and who asks for nothing is asked."""

import os
import sys
from pathlib import Path

import pytest
from paths import BUNDLE

from playground_amp.cli import run
from playground_amp.errors import UserError
from playground_amp.hardware.checks import require_twin
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.hardware_writing import hardware_text
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot


@pytest.fixture(scope="module")
def nominal() -> HardwareFile:
    hardware = hardware_of_robot(load_robot("wildrobot"), 0)
    boards = {name: board._replace(port=f"/dev/nowhere_{name}") for name, board in hardware.boards.items()}
    return hardware._replace(boards=boards, imu=hardware.imu._replace(port="/dev/nowhere_imu"))


@pytest.fixture
def folder(nominal: HardwareFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with hardware.yaml; there is no terminal."""
    (tmp_path / "hardware.yaml").write_text(hardware_text(nominal))
    other = nominal._replace(robot="another")
    (tmp_path / "other.yaml").write_text(hardware_text(other))
    servos = {name: servo for name, servo in nominal.servos.items() if name != "waist_yaw"}
    (tmp_path / "less.yaml").write_text(hardware_text(nominal._replace(servos=servos)))
    far = dict(nominal.servos) | {"waist_yaw": nominal.servos["waist_yaw"]._replace(center=1200, angle_at_center=0.0)}
    (tmp_path / "far.yaml").write_text(hardware_text(nominal._replace(servos=far)))
    same = nominal._replace(imu=nominal.imu._replace(port="/dev/nowhere_right_leg"))
    (tmp_path / "same.yaml").write_text(hardware_text(same))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hardware", "nowhere.yaml"], r"nowhere.yaml cannot be read: No such file"),
        (["--hardware", "other.yaml"], "other.yaml is of a robot another, the bundle of a robot wildrobot"),
        (["--hardware", "less.yaml"], "less.yaml has no servo for waist_yaw"),
        (["--hardware", "far.yaml"], "far.yaml: home of waist_yaw is at count 1200, beyond count_range [0, 1000]"),
        (["--hardware", "same.yaml"], "same.yaml: right_leg and imu are both at port /dev/nowhere_right_leg"),
        (["--hardware", "hardware.yaml"], "there is no terminal whose keys could lead it"),
        (["--hardware", "hardware.yaml", "--command", "0", "0", "0"], "--yes says so"),
        (["--hardware", "hardware.yaml", "--yes", "--command-udp", "99999"], "'99999' is no port"),
        (["--hardware", "hardware.yaml", "--yes", "--gamepad", "/dev/nowhere"], "--gamepad /dev/nowhere: No such file"),
        (["--hardware", "hardware.yaml", "--gamepad", "x", "--command-udp", "1"], "not allowed with argument"),
        (["--hardware", "hardware.yaml", "--yes", "--command", "0.3", "0", "nan"], "'nan' is no number"),
        (["--hardware", "hardware.yaml", "--speed", "0"], "--speed"),
        (
            ["--hardware", "hardware.yaml", "--speed", "10", "--yes", "--command", "0", "0", "0"],
            "--speed 10 is for a twin of the same --speed: /dev/nowhere_left_leg is no pseudo-terminal",
        ),
        (["--hardware", "hardware.yaml", "--sedonds", "3"], "did you mean --seconds?"),
    ],
)
def test_a_mistake_is_told_before_anything_is_opened(folder: Path, flags: list[str], said: str) -> None:
    with pytest.raises(UserError) as told:
        run.main(["--bundle", str(BUNDLE), *flags])
    assert said in str(told.value)
    assert not (folder / "robot_logs").exists()


def test_only_what_a_program_is_behind_may_live_faster(nominal: HardwareFile) -> None:
    pairs = [os.openpty() for _ in range(4)]
    paths = [os.ttyname(slave) for _, slave in pairs]
    boards = {
        name: board._replace(port=path) for (name, board), path in zip(nominal.boards.items(), paths[1:], strict=True)
    }
    twin = nominal._replace(boards=boards, imu=nominal.imu._replace(port=paths[0]))
    require_twin(twin, 10.0)
    for port in ("/dev/null", "/dev/nowhere", ""):
        robot = twin._replace(imu=twin.imu._replace(port=port))
        with pytest.raises(UserError, match="no pseudo-terminal"):
            require_twin(robot, 10.0)
    for ends in pairs:
        for end in ends:
            os.close(end)


def test_a_bundle_that_was_altered_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match="is not as it was exported"):
        run.main(["--bundle", str(folder), "--hardware", "hardware.yaml", "--yes"])
