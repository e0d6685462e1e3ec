"""The robot as its control loop sees it: all lines, the IMU and the switches, each with a worker of its own."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.runtime import Sensors
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.line import LineCounters


class BusSnapshot(NamedTuple):
    """What the computer knows at one moment. Arrays are in the hardware file's joint order; NaN: never read."""

    time: float  # s of time.perf_counter
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
    """A `ServoBus` of the real robot, and of the twin; a context manager. No method waits for a line.

    Opens all ports and starts the workers, which read from then on and write nothing: servos stay as they are until
    `set_torque`, `write` or `relax`.

    Raises:
        UserError: a port cannot be opened, or a library that it needs is not installed.
    """

    def __init__(self, hardware: HardwareFile) -> None:
        self.hardware = hardware
        raise NotImplementedError

    def __enter__(self) -> "RobotBus":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> Sensors:
        """The newest readings."""
        return self.snapshot().sensors

    def snapshot(self) -> BusSnapshot:
        """The newest readings with their ages, and all else that is known."""
        raise NotImplementedError

    def write(self, targets: Mapping[str, float]) -> None:
        """Targets by joint name, rad, which each line's worker sends next, clipped to the range of counts."""
        raise NotImplementedError(targets)

    def set_torque(self, on: bool) -> None:
        """Stiff or limp, all servos; a servo that gets stiff goes to its newest target, or stays where it is."""
        raise NotImplementedError(on)

    def hold(self) -> None:
        """Has each joint stay where it was read last, stiff."""
        raise NotImplementedError

    def relax(self, wait: float = 0.02) -> bool:
        """All servos limp, before anything else that waits to be sent; returns whether all lines have done so
        within `wait` s. Nothing that was written before is sent after it."""
        raise NotImplementedError(wait)

    def wait_for_readings(self, seconds: float = 1.0) -> BusSnapshot:
        """Returns as soon as each joint and the IMU have been read, or after so many seconds all the same."""
        raise NotImplementedError(seconds)

    def close(self) -> None:
        """Ends the workers and lets go of the ports. Servos stay as they are: `relax` first."""
        raise NotImplementedError
