"""What `twin` refuses before anything moves, in one sentence each."""

from pathlib import Path

import pytest
from ports import free_port

from playground_amp.cli.twin import main
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_writing import write_hardware
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "loose_horn"], "there is no fault 'loose_horn'"),
        (["--fault", "zero_off:nose"], "there is no joint 'nose'"),
        (["--robot", "robbie"], "robot robbie is neither the name of a robot nor a folder"),
        (["--port", "0"], "'0' is no port"),
        (["--speed", "0"], "'0' is no number above 0"),
        (["--push", "-3"], "-3 is not from 0 to 1000 N"),
        (["--hardware", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_mistake_is_said(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        main(["--no-window", *arguments])


def test_a_file_says_what_its_servos_speak(tmp_path: Path) -> None:
    written = hardware_of_robot(load_robot("wildrobot"), 1, {"imu": "/dev/imu"})
    boards = {name: board._replace(port="/dev/line") for name, board in written.boards.items()}
    write_hardware(tmp_path / "hardware.yaml", written._replace(boards=boards))
    with pytest.raises(UserError, match="the hardware file says what the servos speak"):
        main(["--no-window", "--hardware", str(tmp_path / "hardware.yaml"), "--protocol", "feetech"])
    with pytest.raises(UserError, match="is not of robot wildrobot_arms"):
        main(["--no-window", "--hardware", str(tmp_path / "hardware.yaml"), "--robot", "wildrobot_arms"])


def test_a_page_that_cannot_be_served_is_said_first() -> None:
    with pytest.raises(UserError, match=r"cannot listen on|is taken"):
        main(["--host", "192.0.2.1", "--port", str(free_port())])
