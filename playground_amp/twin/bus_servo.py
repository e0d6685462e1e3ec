"""One servo as its line knows it: what it can be told and asked, in its own counts."""

from typing import NamedTuple, Protocol

from playground_amp.hardware.hardware_file import ServoSetup


class JointState(NamedTuple):
    """A joint at one moment."""

    angle: float  # rad
    speed: float  # rad/s
    effort: float  # torque, share of the limit


class Joints(Protocol):
    """The body's joints, by their place among the robot's. Times never go back."""

    def look(self, joint: int, time: float) -> JointState:
        """How the joint is at a time."""
        ...

    def order(self, joint: int, angle: float, time: float, seconds: float) -> None:
        """Has the servo go to an angle, evenly over so many seconds; 0: as fast as it can."""
        ...

    def set_torque(self, joint: int, on: bool) -> None:
        """Stiff or limp."""
        ...

    def voltage(self, joint: int) -> float:
        """At the servo's plug, V."""
        ...

    def temperature(self, joint: int) -> float:
        """Inside the servo, °C."""
        ...


class BusServo:
    """A servo at a joint, as it is built: `built` may differ from what hardware.yaml says of it."""

    def __init__(self, joints: Joints, joint: int, built: ServoSetup, count_range: tuple[int, int]):
        self._joints, self._joint = joints, joint
        self.id, self.built = built.id, built
        self.count_range = count_range
        self.goal: float = built.center  # counts, as it was told last
        self.torque_on = False
        self.dead = False

    def go_to(self, counts: float, now: float, seconds: float = 0.0) -> None:
        """Takes a target; a servo that is limp stays so."""
        low, high = self.count_range
        self.goal = min(max(counts, low), high)
        self._joints.order(self._joint, self.built.angle(self.goal), now, seconds)

    def stay(self, now: float) -> None:
        """Takes where it is for its target."""
        self.go_to(self.position(now), now)

    def set_torque(self, on: bool, now: float) -> None:
        """Stiff or limp; one that gets stiff stays where it is until it is told otherwise."""
        if on and not self.torque_on:
            self.stay(now)
        self.torque_on = on
        self._joints.set_torque(self._joint, on and not self.dead)

    def die(self, dead: bool) -> None:
        """Takes its power away, or gives it back: it is limp then."""
        self.dead, self.torque_on = dead, False
        self._joints.set_torque(self._joint, False)

    def position(self, now: float) -> int:
        """Counts."""
        return self.built.counts(self._joints.look(self._joint, now).angle)

    def speed(self, now: float) -> float:
        """Counts/s."""
        return self.built.direction * self._joints.look(self._joint, now).speed / self.built.count

    def effort(self, now: float) -> float:
        """Torque, share of the limit, in the direction of counts."""
        return self.built.direction * self._joints.look(self._joint, now).effort

    @property
    def voltage(self) -> float:
        """V."""
        return self._joints.voltage(self._joint)

    @property
    def temperature(self) -> float:
        """°C."""
        return self._joints.temperature(self._joint)
