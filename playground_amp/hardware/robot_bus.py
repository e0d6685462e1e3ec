"""The robot as its control loop sees it: all lines, the IMU and the switches, each with a worker of its own."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.deploy.runtime import Sensors
from playground_amp.hardware.board_worker import BoardWorker
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.health import NewestVoltage
from playground_amp.hardware.imu import ImuWorker, open_imu
from playground_amp.hardware.line import PATIENCE, LineCounters
from playground_amp.hardware.lines import open_line
from playground_amp.hardware.switches import open_switches
from playground_amp.rotations import conjugate, multiply, rotate

_POLL = 0.005  # s
_LAST_ROUND = 1.0  # s


class BusSnapshot(NamedTuple):
    """What the computer knows at one moment. Arrays are in the hardware file's joint order; NaN: never read."""

    time: float  # s of the bus's clock
    sensors: Sensors  # orientation wxyz and gyro in the frame of the model's IMU
    joint_age: np.ndarray  # [J] s since each reading was taken
    imu_age: float  # s since its newest report; inf: none yet
    counts: np.ndarray  # [J]
    voltage: np.ndarray  # [J] V
    temperature: np.ndarray  # [J] °C
    switches: np.ndarray  # [4] bool: left toe, left heel, right toe, right heel; all False where there are none
    counters: Mapping[str, LineCounters]  # by board
    failures: Mapping[str, str]  # by board, or "imu": why its worker has ended; empty: all are at work


class RobotBus:
    """A `ServoBus` of the real robot, and of the twin; a context manager. No method but those named wait for a line.

    Opens all ports and starts the workers, which from then on read and write nothing: servos stay as they are until
    `set_torque`, `hold` or `relax`.

    Raises:
        UserError: a port cannot be opened, or a library that it needs is not installed.
    """

    def __init__(self, hardware: HardwareFile, clock: Clock = MACHINE_TIME) -> None:
        self.hardware, self._clock = hardware, clock
        self._joints = [(servo.board, servo.id) for servo in hardware.servos.values()]
        self._mounting = np.array(hardware.imu.mounting) / np.linalg.norm(hardware.imu.mounting)
        self._newest_voltage = NewestVoltage()
        with ExitStack() as opened:
            self._boards = {name: self._worker(name, opened) for name in self._boards_in_use()}
            self._imu = open_imu(hardware.imu, clock)
            opened.callback(self._imu.close)
            self._switches = open_switches(hardware.switches)
            for worker in self._workers():
                worker.start()
            opened.pop_all()

    def __enter__(self) -> "RobotBus":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> Sensors:
        """The newest readings."""
        return self.snapshot().sensors

    def snapshot(self) -> BusSnapshot:
        """The newest readings with their ages, and all else that is known."""
        servos = self.hardware.servos
        readings = [self._boards[board].readings[id] for board, id in self._joints]
        imu = self._imu.reading
        position = {name: servo.angle(r.counts) for (name, servo), r in zip(servos.items(), readings, strict=True)}
        velocity = {
            name: servo.direction * r.speed * servo.count
            for (name, servo), r in zip(servos.items(), readings, strict=True)
        }
        now = self._clock.now()
        return BusSnapshot(
            time=now,
            sensors=Sensors(*self._in_model_frame(imu.orientation, imu.gyro), position, velocity),
            joint_age=now - np.array([reading.taken for reading in readings]),
            imu_age=now - imu.taken,
            counts=np.array([reading.counts for reading in readings]),
            voltage=np.array([self._boards[board].health.voltage[id] for board, id in self._joints]),
            temperature=np.array([self._boards[board].health.temperature[id] for board, id in self._joints]),
            switches=np.array(self._switches.read()),
            counters={name: worker.counters for name, worker in self._boards.items()},
            failures={worker.name: worker.failure for worker in self._workers() if worker.failure is not None},
        )

    def write(self, targets: Mapping[str, float]) -> None:
        """Targets by joint name, rad, which each line's worker sends next, clipped to the range of counts.

        Nothing is sent unless the servos have been made stiff: targets that come after `relax` are dropped.
        """
        low, high = self.hardware.count_range
        of_board: dict[str, dict[int, int]] = {name: {} for name in self._boards}
        for name, angle in targets.items():
            servo = self.hardware.servos[name]
            of_board[servo.board][servo.id] = min(max(servo.counts(angle), low), high)
        for name, counts in of_board.items():
            if counts:
                self._boards[name].write(counts)

    def set_torque(self, on: bool) -> None:
        """Stiff, each servo where it was read last, or limp. Targets that wait to be sent are dropped."""
        for worker in self._boards.values():
            worker.set_torque(on)

    def hold(self) -> None:
        """Has each joint stay where it was read last, stiff."""
        self.set_torque(True)

    def relax(self, wait: float = 0.02) -> bool:
        """All servos limp; returns whether all lines have been told so within `wait` s.

        It goes before anything else, and is repeated for some rounds. A line that is gone cannot be told.
        """
        self.set_torque(False)
        until = self._clock.now() + wait
        return all(worker.wait_until_limp(until - self._clock.now()) for worker in self._boards.values())

    def wait_for_readings(self, seconds: float = 1.0, *, health: bool = False) -> BusSnapshot:
        """Returns as soon as all joints and the IMU have been read, or after so many seconds all the same.

        `health`: voltages and temperatures too.
        """
        until = self._clock.now() + seconds
        while True:
            known = self.snapshot()
            wanted = [known.joint_age, np.array([known.imu_age])] + [known.voltage, known.temperature] * health
            if self._clock.now() >= until or all(np.isfinite(it).all() for it in wanted):
                return known
            self._clock.sleep(_POLL)

    def close(self) -> None:
        """Ends the workers, once they have sent what waits, and lets go of the ports. Servos stay as they are."""
        for worker in self._workers():
            worker.stop()
        for worker in self._workers():
            worker.join(_LAST_ROUND)
        self._switches.close()

    def _boards_in_use(self) -> list[str]:
        return [name for name in self.hardware.boards if any(board == name for board, _ in self._joints)]

    def _worker(self, name: str, opened: ExitStack) -> BoardWorker:
        patience = PATIENCE * self._clock.speed  # whose largest part is this machine's, by its own clock
        line = open_line(self.hardware.boards[name], self._clock, patience)
        opened.callback(line.close)
        ids = [id for board, id in self._joints if board == name]
        return BoardWorker(
            name,
            line,
            ids,
            own_speeds=self.hardware.speed == "measured",
            clock=self._clock,
            newest_voltage=self._newest_voltage,
        )

    def _workers(self) -> list[BoardWorker | ImuWorker]:
        return [*self._boards.values(), self._imu]

    def _in_model_frame(self, orientation: tuple[float, ...], gyro: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Orientation and angular velocity of the sensor as those of the model's IMU, for a turned mounting."""
        turned = multiply(np.array(orientation), conjugate(self._mounting))
        return turned, rotate(np.array(gyro), self._mounting)
