"""What stands between a robot's joints and its computer: serial lines, counts, the IMU's own clock. Plain numbers.

`hardware:` in robot.yaml describes it. A serial line has a worker of its own, which without pause writes the newest
target to each servo on it, then reads each servo's position, one after the other, and begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.description import DESCRIPTION, HardwareDescription


@dataclass(frozen=True, eq=False)
class Hardware:
    """A robot's bus and IMU, for J joints on K serial lines."""

    board: np.ndarray  # [J] int, the line of each joint
    turn: np.ndarray  # [J] int, its place in the line's round: 0 is written and read first
    read_time: float  # s
    write_time: float  # s
    jitter: float  # s
    count: float  # rad
    measures_speed: bool
    lost_reads: float
    imu_period: float  # s
    imu_delay: float  # s
    imu_lost: float
    board_names: tuple[str, ...]  # [K]
    protocol: str  # hiwonder, dynamixel or feetech
    baud: int  # bit/s
    ids: tuple[int, ...]  # [J] of the servos on their lines
    count_range: tuple[int, int]  # least and most count of a target
    voltage_low: float  # V, below which the battery is empty
    temperature_high: float  # °C, above which a servo is too hot

    @property
    def num_boards(self) -> int:
        """K."""
        return int(self.board.max()) + 1

    @property
    def servos(self) -> np.ndarray:
        """How many servos share each joint's line, [J]."""
        return np.bincount(self.board)[self.board]

    @property
    def round_time(self) -> np.ndarray:
        """From one round to the next of each joint's line, [J] s."""
        return self.servos * (self.read_time + self.write_time)

    def on_one_line(self) -> "Hardware":
        """The same servos, all on one line: board after board, in the order of their turn."""
        joints = len(self.board)
        turn = np.argsort(np.lexsort((self.turn, self.board)))
        ids = tuple((turn + 1).tolist())
        return replace(self, board=np.zeros(joints, int), turn=turn, ids=ids, board_names=("all",))


def hardware_of(description: HardwareDescription, joint_names: Sequence[str], folder: Path) -> Hardware:
    """The hardware of a robot with these joints.

    Raises:
        UserError: a joint on no line, on two, or unknown; an id given to two servos of a line.
    """
    places: dict[str, tuple[int, int]] = {}
    path = folder / DESCRIPTION
    for number, joints in enumerate(description.boards.values()):
        for turn, name in enumerate(joints):
            if name not in joint_names:
                raise UserError(f"{path}: hardware.boards: there is no acting joint {name!r}")
            if name in places:
                raise UserError(f"{path}: hardware.boards: joint {name} is on two lines")
            places[name] = number, turn
    if missing := [name for name in joint_names if name not in places]:
        raise UserError(f"{path}: hardware.boards: on no line: {', '.join(missing)}")
    board, turn = np.array([places[name] for name in joint_names]).T
    for array in (board, turn):
        array.setflags(write=False)
    return Hardware(
        board=board,
        turn=turn,
        read_time=description.read_time,
        write_time=description.write_time,
        jitter=description.jitter,
        count=float(2 * np.pi / description.counts_per_turn),
        measures_speed=description.speed == "measured",
        lost_reads=description.lost_reads,
        imu_period=1 / description.imu.rate,
        imu_delay=description.imu.delay,
        imu_lost=description.imu.lost,
        board_names=tuple(description.boards),
        protocol=description.protocol,
        baud=description.baud,
        ids=_ids(description, joint_names, path),
        count_range=description.count_range or (0, round(description.counts_per_turn) - 1),
        voltage_low=description.voltage_low,
        temperature_high=description.temperature_high,
    )


def _ids(description: HardwareDescription, joint_names: Sequence[str], path: Path) -> tuple[int, ...]:
    """The servos' ids [J], as they are given or by their turn, from 1."""
    if unknown := [name for name in description.ids if name not in joint_names]:
        raise UserError(f"{path}: hardware.ids: there is no acting joint {unknown[0]!r}")
    ids: dict[str, int] = {}
    for board, joints in description.boards.items():
        of_board = {name: description.ids.get(name, turn) for turn, name in enumerate(joints, 1)}
        if len(set(of_board.values())) < len(of_board):
            raise UserError(f"{path}: hardware.ids: two servos on the line {board} have one id: {of_board}")
        ids |= of_board
    return tuple(ids[name] for name in joint_names)
