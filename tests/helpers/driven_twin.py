"""The twin driven byte by byte in its own time, as the robot's computer drives it, without threads and clocks.

The frames are made and read by the robot's own codecs (`hardware/`), so that two readings of each protocol meet.
"""

from collections.abc import Sequence

import numpy as np

from playground_amp.deploy.runtime import Sensors, WalkingPolicy
from playground_amp.hardware.board_worker import JointReading
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.hiwonder import MOVE_TIME_WRITE, POS_READ, FrameReader, frame
from playground_amp.hardware.line import PositionReading
from playground_amp.hardware.shtp import (
    CONTROL,
    GAME_ROTATION_VECTOR,
    GYROSCOPE,
    INPUT_REPORTS,
    Packet,
    PacketReader,
    encode_packet,
    reports_in,
    set_feature,
)
from playground_amp.robot.record import Robot
from playground_amp.rotations import conjugate, multiply, rotate
from playground_amp.twin.world import IMU, World

PATIENCE = 0.015  # s


class DrivenLine:
    """A board's worker: writes the newest targets, then reads servo by servo, and begins anew."""

    def __init__(self, world: World, hardware: HardwareFile, board: str):
        self._world, self._board = world, board
        ids = [servo.id for servo in hardware.servos.values() if servo.board == board]
        self.readings = dict.fromkeys(ids, JointReading())
        self.targets: dict[int, int] = {}
        self.lost = 0
        self._ids, self._turn, self._asked = ids, 0, 0.0
        self._reader = FrameReader()

    def begin(self, now: float) -> None:
        """The first question."""
        self._ask(now)

    def hear(self, data: bytes, now: float) -> None:
        """An answer has come in."""
        for answer in self._reader.feed(data):
            if answer.id == self._ids[self._turn] and answer.command == POS_READ:
                counts = int.from_bytes(answer.parameters, "little", signed=True)
                reading = PositionReading(answer.id, counts, None, 0.5 * (self._asked + now))
                self.readings[answer.id] = self.readings[answer.id].followed_by(reading)
                self._go_on(now)

    def _go_on(self, now: float) -> None:
        self._turn = (self._turn + 1) % len(self._ids)
        if self._turn == 0:
            moves = (
                frame(id, MOVE_TIME_WRITE, counts.to_bytes(2, "little") + b"\0\0")
                for id, counts in self.targets.items()
            )
            self._world.receive(self._board, b"".join(moves), now)
            self.targets = {}
        self._ask(now)

    def _ask(self, now: float) -> None:
        asked = self._asked = now
        self._world.receive(self._board, frame(self._ids[self._turn], POS_READ), now)

        def give_up(now: float) -> None:
            if self._asked == asked:
                self.lost += 1
                self._go_on(now)

        self._world.agenda.add(now + PATIENCE + 0.01, give_up)


class DrivenTwin:
    """A twin and what drives it."""

    def __init__(self, robot: Robot, hardware: HardwareFile, seed: int = 0):
        self.robot, self.hardware = robot, hardware
        self.world = World(robot, hardware, self._hear, seed=seed)
        self.lines = {board: DrivenLine(self.world, hardware, board) for board in hardware.boards}
        self._packets = PacketReader()
        self._imu: dict[int, tuple[float, ...]] = {}
        self.now = 0.0
        for line in self.lines.values():
            line.begin(0.0)
        self.run(0.2)
        for number, report in enumerate((GAME_ROTATION_VECTOR, GYROSCOPE)):
            request = encode_packet(Packet(CONTROL, number, set_feature(report, hardware.imu.rate)))
            self.world.receive(IMU, request, self.now)
        self.run(0.1)

    def run(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        self.now += seconds
        self.world.advance(self.now)

    def read(self) -> Sensors:
        """What the robot's computer knows."""
        mounting, position, velocity = np.array(self.hardware.imu.mounting), {}, {}
        for name, servo in self.hardware.servos.items():
            reading = self.lines[servo.board].readings[servo.id]
            position[name] = servo.angle(reading.counts)
            velocity[name] = servo.direction * reading.speed * servo.count
        orientation = multiply(np.array(self._imu[GAME_ROTATION_VECTOR]), conjugate(mounting))
        return Sensors(orientation, rotate(np.array(self._imu[GYROSCOPE]), mounting), position, velocity)

    def write(self, targets: dict[str, float]) -> None:
        """Targets, rad."""
        for name, angle in targets.items():
            servo = self.hardware.servos[name]
            self.lines[servo.board].targets[servo.id] = min(max(servo.counts(angle), 0), 1000)

    def walk(self, policy: WalkingPolicy, command: Sequence[float], seconds: float) -> np.ndarray:
        """Follows a policy for so long; the base's places [steps, 3] m."""
        places = []
        for _ in range(round(seconds / policy.control_dt)):
            self.write(policy.step(self.read(), command))
            self.run(policy.control_dt)
            places.append(self.world.body.data.qpos[:3].copy())
        return np.array(places)

    def _hear(self, port: str, data: bytes) -> None:
        if port != IMU:
            self.lines[port].hear(data, self.world.agenda.now)
            return
        for packet in self._packets.feed(data):
            if packet.channel == INPUT_REPORTS:
                self._imu |= {report.id: report.values for report in reports_in(packet.cargo)}
