"""`hardware.yaml`: one robot as it is built, its ports, servo ids, directions and zeros, and what it is stopped for."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PROTOCOLS = ("hiwonder", "dynamixel", "feetech")
SPEEDS = ("differenced", "measured")
IMUS = ("bno085_uart", "bno085_spi", "bno085_i2c")
SWITCHES = ("gpio", "udp", "none")


class BoardSetup(NamedTuple):
    """A serial line with servos on it."""

    protocol: str  # one of PROTOCOLS
    port: str  # a device: /dev/ttyUSB0, better one of /dev/serial/by-id
    baud: int


class ServoSetup(NamedTuple):
    """A joint's servo: where it is, and angle = angle_at_center + direction × (counts − center) × count."""

    board: str
    id: int
    direction: int  # 1 or -1
    center: int  # counts
    angle_at_center: float  # rad
    count: float  # rad, of a full turn's share: the file's counts_per_turn

    def angle(self, counts: float) -> float:
        """Of the joint, rad."""
        return self.angle_at_center + self.direction * (counts - self.center) * self.count

    def counts(self, angle: float) -> int:
        """Of a joint's angle in rad, rounded; not bounded by the file's count_range."""
        return self.center + round(self.direction * (angle - self.angle_at_center) / self.count)


class ImuSetup(NamedTuple):
    """The IMU, and how it is mounted."""

    kind: str  # one of IMUS
    port: str = ""  # of kinds at a UART
    baud: int = 3_000_000
    mounting: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)  # wxyz: turns what the sensor measures into the model's frame
    rate: float = 100.0  # Hz, of its reports


class SwitchSetup(NamedTuple):
    """The four foot switches."""

    kind: str = "none"  # one of SWITCHES
    pins: tuple[int, ...] = ()  # gpio: left toe, left heel, right toe, right heel; closed is low
    port: int = 0  # udp: where their states come in, on localhost


class Limits(NamedTuple):
    """What the robot is stopped for."""

    voltage_low: float  # V, of any servo
    temperature_high: float  # °C, of any servo
    reading_age: float = 0.16  # s, of any joint
    imu_age: float = 0.1  # s
    tilt: float = 0.8  # rad, of the base from upright
    command_age: float = 1.0  # s, from which on no command is taken for "stand"
    missed_deadlines: int = 5  # in a row
    home_error: float = 0.2  # rad, of any joint before it is let go from home


class HardwareFile(NamedTuple):
    """What `hardware.yaml` says."""

    robot: str  # its name in the bundle's manifest
    boards: Mapping[str, BoardSetup]  # by name
    servos: Mapping[str, ServoSetup]  # by joint, each joint that acts
    counts_per_turn: float
    count_range: tuple[int, int]  # what targets are clipped to
    speed: str  # one of SPEEDS: of two readings over their times, or the servo's own
    imu: ImuSetup
    switches: SwitchSetup
    limits: Limits

    @property
    def joint_names(self) -> tuple[str, ...]:
        """In the file's order."""
        return tuple(self.servos)


def read_hardware(path: Path) -> HardwareFile:
    """The file's content. Raises UserError, naming the key, if it is missing or wrong."""
    raise NotImplementedError(path)


def write_hardware(path: Path, hardware: HardwareFile) -> None:
    """Writes the file whole or not at all; a former one stays beside it as `<name>.before`.

    Raises UserError if something else is there or the disk refuses it.
    """
    raise NotImplementedError(path, hardware)
