"""Stand-ins for parts of the twin."""

from collections.abc import Callable, Sequence

import numpy as np

from playground_amp.hardware.hardware_file import ServoSetup
from playground_amp.twin.agenda import Agenda
from playground_amp.twin.bus_servo import BusServo, JointState
from playground_amp.twin.serial_line import SerialLine, ServosEnd


class StillJoints:
    """Joints that stand still, and remember what they were told."""

    def __init__(self, angles: Sequence[float], speeds: Sequence[float] | None = None):
        self.angles, self.speeds = list(angles), list(speeds or [0.0] * len(angles))
        self.stiff = [False] * len(angles)
        self.orders: list[tuple[int, float, float, float]] = []  # joint, angle, time, seconds
        self.looks: list[tuple[int, float]] = []

    def look(self, joint: int, time: float) -> JointState:
        self.looks.append((joint, time))
        return JointState(self.angles[joint], self.speeds[joint], 0.5)

    def order(self, joint: int, angle: float, time: float, seconds: float) -> None:
        self.orders.append((joint, angle, time, seconds))

    def set_torque(self, joint: int, on: bool) -> None:
        self.stiff[joint] = on

    def voltage(self, joint: int) -> float:
        return 12.1

    def temperature(self, joint: int) -> float:
        return 31.0


class Bench:
    """Servos 1 and 2 of one protocol on a line, at joints that stand still."""

    def __init__(
        self,
        servos: Callable[[list[BusServo]], ServosEnd],
        setups: Sequence[ServoSetup],
        count_range: tuple[int, int],
        angles: Sequence[float],
        baud: int,
        turn_around: float,
    ):
        self.joints, self.agenda = StillJoints(angles), Agenda()
        self.servos = [BusServo(self.joints, joint, setup, count_range) for joint, setup in enumerate(setups)]
        self.said: list[tuple[float, bytes]] = []
        self.now = 0.0
        self.line = SerialLine(
            self.agenda,
            servos(self.servos),
            baud,
            turn_around,
            lambda data: self.said.append((self.now, data)),
            np.random.default_rng(0),
        )

    def hears(self, content: str, now: float = 0.0) -> bytes:
        """What is said to these bytes, given in hex."""
        self.said.clear()
        self.line.receive(bytes.fromhex(content), now)
        while self.agenda.next_time < now + 0.1:
            self.now = self.agenda.next_time
            self.agenda.run_until(self.now)
        return b"".join(data for _, data in self.said)
