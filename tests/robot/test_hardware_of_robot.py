"""`hardware:` of robot.yaml, as far as the drivers read it."""

from pathlib import Path

import pytest

from playground_amp.errors import UserError
from playground_amp.robot.description import HardwareDescription
from playground_amp.robot.hardware import Hardware, hardware_of

JOINTS = ("waist", "left_knee", "right_knee")


def made(**changes: object) -> Hardware:
    values = {
        "boards": {"legs": ["right_knee", "left_knee"], "body": ["waist"]},
        "read_time": 0.004,
        "write_time": 0.001,
        "counts_per_turn": 4096,
        "speed": "measured",
        "imu": {"rate": 100},
    }
    return hardware_of(HardwareDescription.model_validate(values | changes), JOINTS, Path("robot"))


def test_ids_are_those_that_are_given_or_each_ones_turn() -> None:
    assert made().ids == (1, 2, 1)
    assert made(ids={"left_knee": 20, "waist": 1}).ids == (1, 20, 1)
    assert made().board_names == ("legs", "body")


def test_counts_are_those_of_a_turn_unless_said_otherwise() -> None:
    assert made().count_range == (0, 4095)
    assert made(count_range=[100, 900]).count_range == (100, 900)


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        ({"left_knee": 1}, "two servos on the line legs have one id"),
        ({"neck": 1}, "hardware.ids: there is no acting joint 'neck'"),
    ],
)
def test_an_id_that_cannot_be_is_told(ids: dict[str, int], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        made(ids=ids)
