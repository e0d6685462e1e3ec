"""`hardware.yaml`: one robot as it is built, its ports, servo ids, directions and zeros, and what it is stopped for."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.hardware.plain_yaml import parse_plain_yaml
from playground_amp.hardware.section import Section

PROTOCOLS = ("hiwonder", "dynamixel", "feetech")
SPEEDS = ("differenced", "measured")
IMUS = ("bno085_uart", "bno085_spi", "bno085_i2c")
SWITCHES = ("gpio", "udp", "none")
NUM_SWITCHES = 4  # left toe, left heel, right toe, right heel
_MOST_COUNTS = 1_000_000
_LARGEST = 1 << 20  # bytes of a file
_NORM_TOLERANCE = 0.01  # of a quaternion
_ROUNDED = 1e-5  # off by less it is one that was written with six figures, and stays as it was written


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
    reading_age: float = 0.13  # s, of any joint: five rounds of a leg's line
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
    try:
        text = path.read_bytes()[:_LARGEST].decode()
    except OSError as error:
        raise UserError(f"the hardware file {path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise UserError(f"the hardware file {path} is no text") from None
    return parse_hardware(text, str(path))


def parse_hardware(text: str, source: str) -> HardwareFile:
    """The content of a hardware file's text; `source` names it in a UserError."""
    top = Section(parse_plain_yaml(text, source), source).only(*HardwareFile._fields)
    turn = top.number("counts_per_turn", low=2)
    low, high = top.wholes("count_range", 2, -_MOST_COUNTS, _MOST_COUNTS)
    if low >= high:
        raise UserError(f"{source}: count_range must be [least, most], found [{low}, {high}]")
    boards, servos = top.section("boards"), top.section("servos")
    for section in (boards, servos):
        if not section.keys:
            raise UserError(f"{section.place} is empty")
    hardware = HardwareFile(
        robot=top.text("robot"),
        boards={name: _board(boards.section(name)) for name in boards.keys},
        servos={name: _servo(servos.section(name), boards.keys, math.tau / turn) for name in servos.keys},
        counts_per_turn=turn,
        count_range=(low, high),
        speed=top.text("speed", SPEEDS),
        imu=_imu(top.section("imu")),
        switches=_switches(top.section("switches")) if "switches" in top else SwitchSetup("none"),
        limits=_limits(top.section("limits")),
    )
    _require_one_servo_an_id(hardware, servos.place)
    return hardware


def _board(section: Section) -> BoardSetup:
    section.only(*BoardSetup._fields)
    return BoardSetup(section.text("protocol", PROTOCOLS), section.text("port"), section.whole("baud", 1, 10_000_000))


def _servo(section: Section, boards: list[str], count: float) -> ServoSetup:
    section.only("board", "id", "direction", "center", "angle_at_center")
    direction = section.whole("direction", -1, 1)
    if direction == 0:
        raise UserError(f"{section.place}: direction must be 1 or -1, found 0")
    return ServoSetup(
        board=section.text("board", boards),
        id=section.whole("id", 0, 252),
        direction=direction,
        center=section.whole("center", -_MOST_COUNTS, _MOST_COUNTS),
        angle_at_center=section.number("angle_at_center", -math.tau, math.tau) if "angle_at_center" in section else 0.0,
        count=count,
    )


def _imu(section: Section) -> ImuSetup:
    section.only(*ImuSetup._fields)
    kind = section.text("kind", IMUS)
    setup = ImuSetup(kind)
    if kind.endswith("uart"):
        setup = setup._replace(port=section.text("port"))
    if "baud" in section:
        setup = setup._replace(baud=section.whole("baud", 1, 10_000_000))
    if "rate" in section:
        setup = setup._replace(rate=section.number("rate", 1, 1000))
    if "mounting" not in section:
        return setup
    mounting = section.numbers("mounting", 4)
    norm = math.hypot(*mounting)
    if abs(norm - 1) > _NORM_TOLERANCE:
        raise UserError(f"{section.place}: mounting must be a unit quaternion (w, x, y, z), found {list(mounting)}")
    return setup._replace(mounting=mounting if abs(norm - 1) < _ROUNDED else tuple(part / norm for part in mounting))


def _switches(section: Section) -> SwitchSetup:
    section.only(*SwitchSetup._fields)
    kind = section.text("kind", SWITCHES)
    pins = section.wholes("pins", NUM_SWITCHES, 0, 1000) if kind == "gpio" else ()
    return SwitchSetup(kind, pins, section.whole("port", 1, 65535) if kind == "udp" else 0)


def _limits(section: Section) -> Limits:
    section.only(*Limits._fields)
    needed = [key for key in Limits._fields if key in section or key not in Limits._field_defaults]
    least = {"missed_deadlines": 1}
    limits = Limits(0.0, 0.0)._replace(**{key: section.number(key, low=least.get(key, 0)) for key in needed})
    return limits._replace(missed_deadlines=int(limits.missed_deadlines))


def _require_one_servo_an_id(hardware: HardwareFile, place: str) -> None:
    joints: dict[tuple[str, int], str] = {}
    for joint, servo in hardware.servos.items():
        other = joints.setdefault((servo.board, servo.id), joint)
        if other != joint:
            raise UserError(f"{place}: {other} and {joint} are both servo {servo.id} of board {servo.board}")
