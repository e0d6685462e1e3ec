"""Stand-ins for parts of the twin."""

from collections.abc import Sequence

from playground_amp.twin.bus_servo import JointState


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
