"""The hardware file of a robot as its robot.yaml describes it, with directions and zeros drawn by a seed."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import (
    BoardSetup,
    HardwareFile,
    ImuSetup,
    Limits,
    ServoSetup,
    SwitchSetup,
)
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.record import Robot

_OFFSET = 0.05  # of a turn: how far zeros are drawn from the middle of the counts, as on the built robot
_TILT = math.radians(13)  # how far the IMU's axes are drawn from the model's, likewise


class ProtocolFacts(NamedTuple):
    """What the servos of a protocol have in common, for a robot whose robot.yaml is of others."""

    baud: int
    counts_per_turn: int
    count_range: tuple[int, int]
    measures_speed: bool


FACTS = {
    "hiwonder": ProtocolFacts(115_200, 1500, (0, 1000), False),
    "dynamixel": ProtocolFacts(1_000_000, 4096, (0, 4095), True),
    "feetech": ProtocolFacts(1_000_000, 4096, (0, 4095), True),
}


def hardware_of_robot(
    robot: Robot, seed: int | None = None, ports: Mapping[str, str] | None = None, protocol: str | None = None
) -> HardwareFile:
    """One robot of its kind: ids from robot.yaml; directions, zeros and the IMU's mounting drawn by `seed`.

    `seed` None: directions 1, zeros in the middle, the IMU's axes the model's. `ports`: of its boards by name, and of
    "imu". `protocol`: what its servos speak, where that is not what robot.yaml says.

    Raises:
        UserError: robot.yaml has no section hardware.
    """
    hardware = robot.hardware
    if hardware is None:
        raise UserError(f"robot {robot.name}: its robot.yaml has no section hardware:, which names boards and servos")
    if protocol not in (None, hardware.protocol):
        hardware = _speaking(hardware, protocol)
    ports = ports or {}
    random = np.random.default_rng(seed)
    mounting = (1.0, 0.0, 0.0, 0.0) if seed is None else _mounting(random)
    return HardwareFile(
        robot=robot.folder.name,
        boards={
            name: BoardSetup(hardware.protocol, ports.get(name, ""), hardware.baud) for name in hardware.board_names
        },
        servos={
            name: _servo(robot, hardware, joint, None if seed is None else random)
            for joint, name in enumerate(robot.joint_names)
        },
        counts_per_turn=round(math.tau / hardware.count, 6),
        count_range=hardware.count_range,
        speed="measured" if hardware.measures_speed else "differenced",
        imu=ImuSetup("bno085_uart", ports.get("imu", ""), mounting=mounting, rate=1 / hardware.imu_period),
        switches=SwitchSetup(),
        limits=Limits(hardware.voltage_low, hardware.temperature_high),
    )


def _speaking(hardware: Hardware, protocol: str) -> Hardware:
    facts = FACTS[protocol]
    return replace(
        hardware,
        protocol=protocol,
        baud=facts.baud,
        count=math.tau / facts.counts_per_turn,
        count_range=facts.count_range,
        measures_speed=facts.measures_speed,
    )


def _mounting(random: np.random.Generator) -> tuple[float, ...]:
    axis = random.normal(size=3)
    turn = rotations.about_axis(axis / np.linalg.norm(axis), np.array(random.uniform(0, _TILT)))
    return tuple(round(float(number), 6) for number in turn)


def _servo(robot: Robot, hardware: Hardware, joint: int, random: np.random.Generator | None) -> ServoSetup:
    """A servo whose counts hold the joint's whole range, as far as they can."""
    low, high = hardware.count_range
    middle, reach = (low + high) // 2, 0.5 * (high - low) * hardware.count  # counts, rad
    lower, upper = float(robot.joint_lower[joint]), float(robot.joint_upper[joint])
    offset = round(_OFFSET * math.tau / hardware.count)  # counts
    at_zero = max(-lower, upper) + offset * hardware.count <= reach
    angle = 0.0 if at_zero else round(0.5 * (lower + upper), 2)
    room = max(int((reach - max(angle - lower, upper - angle)) / hardware.count), 0)
    offset = min(offset, room)
    drawn = 0 if random is None else int(random.integers(-offset, offset, endpoint=True))
    direction = 1 if random is None else int(random.choice((-1, 1)))
    board = hardware.board_names[hardware.board[joint]]
    return ServoSetup(board, hardware.ids[joint], direction, middle + drawn, angle, hardware.count)
