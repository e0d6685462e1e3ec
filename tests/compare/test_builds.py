"""Ways in which a robot may be built otherwise, against the servos' own arithmetic."""

import numpy as np
import pytest

from playground_amp import rotations
from playground_amp.compare.builds import Build, as_described, candidates, reversed_joint, swapped, tilted
from playground_amp.hardware.hardware_file import HardwareFile, ServoSetup, parse_hardware

NAMES = ("hip", "knee", "ankle")
TEXT = """
robot: any
boards: {leg: {protocol: hiwonder, port: /dev/null, baud: 115200}}
servos:
  hip: {board: leg, id: 1, direction: 1, center: 480, angle_at_center: 0.3}
  knee: {board: leg, id: 2, direction: -1, center: 530, angle_at_center: -0.2}
  ankle: {board: leg, id: 3, direction: -1, center: 500}
counts_per_turn: 1500
count_range: [0, 1000]
speed: differenced
imu: {kind: bno085_uart, port: /dev/null}
limits: {voltage_low: 9.6, temperature_high: 70}
"""


@pytest.fixture(scope="module")
def hardware() -> HardwareFile:
    return parse_hardware(TEXT, "the text")


def read_by(servo: ServoSetup, built: ServoSetup, angle: float) -> float:
    """What is read of a joint whose servo is `built`, by who takes it for `servo`."""
    return servo.angle(built.center + built.direction * (angle - built.angle_at_center) / built.count)


def applied(build: Build, read: np.ndarray) -> np.ndarray:
    return build.gain * read[build.source] + build.offset


def test_swapped_servos_are_read_by_each_others_zero_and_direction(hardware: HardwareFile) -> None:
    hip, knee = hardware.servos["hip"], hardware.servos["knee"]
    true = np.array([-0.22, 0.49, 0.1])  # the servo at the hip answers to the knee's id, with the hip's zero
    read = np.array([read_by(hip, knee, true[1]), read_by(knee, hip, true[0]), true[2]])
    np.testing.assert_allclose(applied(swapped(hardware, NAMES, 0, 1), read), true, atol=1e-12)


def test_a_reversed_servo_is_mirrored_at_its_center(hardware: HardwareFile) -> None:
    knee = hardware.servos["knee"]
    read = np.array([0.0, read_by(knee, knee._replace(direction=1), 0.49), 0.0])
    np.testing.assert_allclose(applied(reversed_joint(hardware, NAMES, 1), read), [0.0, 0.49, 0.0], atol=1e-12)


def test_a_tilt_is_a_turn_about_a_level_axis() -> None:
    turn = tilted(3, np.array([0.0, 0.2])).imu_turn
    np.testing.assert_allclose(turn, rotations.about_axis(np.array([0.0, 1.0, 0.0]), np.array(0.2)))
    np.testing.assert_allclose(tilted(3, np.zeros(2)).imu_turn, as_described(3).imu_turn)


def test_every_joint_and_every_pair_is_a_candidate(hardware: HardwareFile) -> None:
    found = [(each.fault, each.joints) for each in candidates(hardware, NAMES)]
    assert len(found) == len(set(found)) == 1 + 4 * 3 + 3
    assert ("swapped_ids", ("hip", "ankle")) in found
    for each in candidates(hardware, NAMES):
        for guess in each.guesses:
            assert each.build(np.array(guess)).gain.shape == (3,)
