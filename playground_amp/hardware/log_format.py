"""What a robot's log holds: its columns, its header, and how a record looks in the file.

A file is `MAGIC`, then frames: kind (1 byte), sequence number, length of the content, the content, CRC-32 of all that.
The first frame is the header (JSON), the others are steps (a packed row of the header's columns) and events (JSON).
Whatever stands behind the first frame that is cut off or damaged is no part of the log: power was cut there.
"""

import dataclasses
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Json: TypeAlias = Any  # what JSON files hold

MAGIC = b"WRLOG 1\n"
HEADER, STEP, EVENT = b"H", b"S", b"E"
PHASES = ("checks", "home", "stand", "walk", "stopped")
COUNTERS = ("reads", "lost", "late", "garbage_bytes", "bad_checksums")
_FRAME = struct.Struct("<cII")  # kind, sequence number, length of the content
_SUM = struct.Struct("<I")


class Column(NamedTuple):
    """A number, or several, of every step."""

    name: str
    type: str  # of NumPy, little-endian
    shape: tuple[int, ...]
    unit: str


@dataclass(frozen=True)
class LogHeader:
    """What a log is of."""

    robot: str  # name in the bundle's manifest
    robot_sha256: str
    bundle: str  # its folder, as it was named on the robot
    bundle_sha256: str  # of its manifest.json
    hardware: str  # text of hardware.yaml
    joint_names: tuple[str, ...]
    board_names: tuple[str, ...]
    observation_parts: tuple[tuple[str, int], ...]  # name and size of each part of an observation
    control_dt: float  # s
    started: str  # wall clock, ISO 8601
    columns: tuple[Column, ...]

    def as_json(self) -> bytes:
        """The header's frame."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False).encode()

    @property
    def row(self) -> np.dtype:
        """How a step is packed."""
        return np.dtype([(column.name, column.type, column.shape) for column in self.columns])


def header_from_json(content: bytes) -> LogHeader:
    """The header of a file. Raises ValueError, KeyError or TypeError for anything else."""
    plain = json.loads(content)
    return LogHeader(
        **{
            **plain,
            "joint_names": tuple(plain["joint_names"]),
            "board_names": tuple(plain["board_names"]),
            "observation_parts": tuple((name, size) for name, size in plain["observation_parts"]),
            "columns": tuple(Column(name, kind, tuple(shape), unit) for name, kind, shape, unit in plain["columns"]),
        }
    )


def step_columns(joints: int, observation: int, boards: int) -> tuple[Column, ...]:
    """The columns of a robot with so many joints J, whose policy observes so many numbers O at a moment."""
    return (
        Column("time", "<f8", (), "s since the log began, when the readings were taken together"),
        Column("phase", "|u1", (), f"place in {PHASES}"),
        Column("step_start", "<f8", (), "s since the log began, when the step began"),
        Column("lateness", "<f4", (), "s that the step began behind its deadline"),
        Column("busy", "<f4", (), "s from the step's beginning until its targets were handed over"),
        Column("skipped", "<u2", (), "deadlines that were missed altogether before this step"),
        Column("joint_position", "<f4", (joints,), "rad"),
        Column("joint_velocity", "<f4", (joints,), "rad/s"),
        Column("joint_age", "<f4", (joints,), "s before `time` at which the position was read"),
        Column("counts", "<f4", (joints,), "position as the servo gave it"),
        Column("orientation", "<f4", (4,), "wxyz of the IMU in the world"),
        Column("gyro", "<f4", (3,), "rad/s in the IMU's frame"),
        Column("imu_age", "<f4", (), "s before `time` at which the IMU reported"),
        Column("command", "<f4", (3,), "forward m/s, to the left m/s, yaw rate rad/s"),
        Column("observation", "<f4", (observation,), "what the policy saw of this moment, SI units; NaN: not asked"),
        Column("action", "<f4", (joints,), "what the policy answered; NaN: not asked"),
        Column("target", "<f4", (joints,), "rad, as sent; NaN: none was sent"),
        Column("voltage", "<f4", (joints,), "V, NaN: not read yet"),
        Column("temperature", "<f4", (joints,), "°C, NaN: not read yet"),
        Column("switches", "|u1", (4,), "1: pressed; left toe, left heel, right toe, right heel"),
        Column("counters", "<u4", (boards, len(COUNTERS)), f"of each line since it was opened: {', '.join(COUNTERS)}"),
    )


def frame(kind: bytes, sequence: int, content: bytes) -> bytes:
    """A record as it stands in the file."""
    body = _FRAME.pack(kind, sequence & 0xFFFFFFFF, len(content)) + content
    return body + _SUM.pack(zlib.crc32(body))


class Frame(NamedTuple):
    """A whole record, and where it ends in the file."""

    kind: bytes
    content: bytes
    end: int


def whole_frames(data: bytes) -> Iterator[Frame]:
    """The records of a file behind its magic, up to the first that is cut off, damaged or out of turn."""
    place, sequence = len(MAGIC), 0
    while place + _FRAME.size + _SUM.size <= len(data):
        kind, number, length = _FRAME.unpack_from(data, place)
        behind = place + _FRAME.size + length
        if number != sequence or behind + _SUM.size > len(data):
            return
        if _SUM.unpack_from(data, behind)[0] != zlib.crc32(data[place:behind]):
            return
        yield Frame(kind, data[place + _FRAME.size : behind], behind + _SUM.size)
        place, sequence = behind + _SUM.size, (sequence + 1) & 0xFFFFFFFF
