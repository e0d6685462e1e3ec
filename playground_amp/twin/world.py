"""The twin without clocks, threads and ports: fed with bytes at given times, it gives bytes at given times."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.robot.record import Robot
from playground_amp.twin.agenda import Agenda
from playground_amp.twin.body import Body, ImuSample
from playground_amp.twin.bus_servo import BusServo
from playground_amp.twin.dynamixel_servos import DynamixelServos
from playground_amp.twin.feetech_servos import FeetechServos
from playground_amp.twin.hiwonder_servos import HiwonderServos
from playground_amp.twin.imu_chip import ImuChip
from playground_amp.twin.serial_line import SerialLine, ServosEnd
from playground_amp.twin.stand import Stand
from playground_amp.twin.supply import Supply

IMU = "imu"  # the port's name, beside those of the boards
_BITS = 10  # of a byte on a line
_OTHER_TURN_AROUND = (
    0.0015  # s, of servos that robot.yaml does not speak of: 1 ms of a USB adapter and 0.5 ms of theirs
)
_YAW_DRIFT = 1.5e-4  # rad/s, half a degree a minute (BNO08X data sheet)
_GYRO_NOISE, _TILT_NOISE = 0.004, 0.001  # rad/s, rad: standard deviation
_WATCH_PERIOD = 0.02  # s

Send = Callable[[str, bytes], None]  # port, what the host gets to read on it


class SpokenBy(NamedTuple):
    """How a protocol is spoken."""

    servos: Callable[[list[BusServo]], ServosEnd]
    position_read: int  # bytes of a position's request and answer, whose time robot.yaml tells


PROTOCOLS = {
    "hiwonder": SpokenBy(HiwonderServos, 14),
    "dynamixel": SpokenBy(DynamixelServos, 29),
    "feetech": SpokenBy(FeetechServos, 16),
}


class ImuFault(NamedTuple):
    """What is wrong with the IMU."""

    tilt: np.ndarray  # [4] wxyz, by which it has turned on its plate since it was calibrated
    frozen: ImuSample | None = None  # what it says for ever


class World:
    """A robot as it is `written` in its hardware file, until it has faults, with its lines and its IMU.

    What it says is passed to `send` as it happens. Raises UserError if robot.yaml says nothing of its hardware.
    """

    def __init__(
        self,
        robot: Robot,
        written: HardwareFile,
        send: Send,
        *,
        seed: int = 0,
        auto_release: bool = True,
        damped: bool = False,
    ):
        if robot.hardware is None:
            raise UserError(
                f"robot {robot.name}: its robot.yaml has no section hardware:, which tells its lines' timing"
            )
        if missing := set(robot.joint_names) ^ set(written.servos):
            raise UserError(
                f"the hardware file is not of robot {robot.name}: joint {min(missing)} is in one of them only"
            )
        self.robot, self.written = robot, written
        self.rng = np.random.default_rng(seed)
        self.supply = Supply(robot.heat, written.limits.voltage_low)
        self.stand = Stand(robot, auto_release)
        self.body = Body(robot, self.stand, self.supply, damped=damped)
        self.agenda = Agenda(self.body.advance)
        self.servos = {
            name: BusServo(self.body, joint, written.servos[name], written.count_range)
            for joint, name in enumerate(robot.joint_names)
        }
        self.lines = {name: self._line(name, send) for name in written.boards}
        self.faults: list[str] = []  # that it has
        self.imu_fault = ImuFault(np.array([1.0, 0.0, 0.0, 0.0]))
        self._yaw, self._drift = self.rng.uniform(-np.pi, np.pi), self.rng.uniform(-_YAW_DRIFT, _YAW_DRIFT)
        self._imu = ImuChip(self.agenda, self.measure, robot.hardware.imu_delay, lambda data: send(IMU, data))
        self._watch(0.0)

    def _watch(self, now: float) -> None:
        """Has the stand look at the robot, as a person would: by what its servos tell."""
        by_id = {(servo.built.board, servo.id): servo for servo in self.servos.values()}
        told = [
            setup.angle(by_id[setup.board, setup.id].position(now)) if (setup.board, setup.id) in by_id else np.inf
            for setup in self.written.servos.values()
        ]
        self.stand.look(now, bool(self.body.stiff.all()), np.array(told))
        self.agenda.add(now + _WATCH_PERIOD, self._watch)

    def _line(self, board: str, send: Send) -> SerialLine:
        setup, hardware = self.written.boards[board], self.robot.hardware
        assert hardware is not None
        servos = [self.servos[name] for name, servo in self.written.servos.items() if servo.board == board]
        spoken, turn_around = PROTOCOLS[setup.protocol], _OTHER_TURN_AROUND
        if setup.protocol == hardware.protocol:
            turn_around = max(hardware.read_time - spoken.position_read * _BITS / hardware.baud, 0.0)
        end = spoken.servos(servos)
        return SerialLine(self.agenda, end, setup.baud, turn_around, lambda data: send(board, data), self.rng)

    def receive(self, port: str, data: bytes, now: float) -> None:
        """What the host hands over to a port (a board's name, or IMU) at `now`."""
        if port == IMU:
            self._imu.receive(data, now)
        else:
            self.lines[port].receive(data, now)

    def advance(self, now: float) -> None:
        """Does all that happens until `now`."""
        self.agenda.run_until(now)
        self.body.advance(now)

    @property
    def next_time(self) -> float:
        """When something happens next, if nobody sends anything, s."""
        return self.agenda.next_time

    def measure(self) -> ImuSample:
        """What the sensor measures in its own frame, with a yaw of its own."""
        truth, fault = self.body.imu(), self.imu_fault
        if fault.frozen is not None:
            return fault.frozen
        mounting = rotations.multiply(fault.tilt, np.array(self.written.imu.mounting))
        noise = self.rng.normal(size=6)
        orientation = rotations.multiply(truth.orientation, mounting)
        shaken = rotations.multiply(orientation, np.array([1.0, *(0.5 * _TILT_NOISE * noise[:3])]))
        yaw = rotations.about_vertical(np.array(self._yaw + self._drift * self.body.time))
        turned = rotations.multiply(yaw, shaken / np.linalg.norm(shaken))
        gyro = rotations.rotate_inverse(truth.gyro, mounting) + _GYRO_NOISE * noise[3:]
        return ImuSample(turned, gyro)
