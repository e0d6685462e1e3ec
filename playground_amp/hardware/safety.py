"""What a robot that moves is stopped for. Looked at in every control step, before new targets are sent."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.robot_bus import BusSnapshot
from playground_amp.hardware.stops import Reason, Stop

_LOW_VOLTAGE_TIME = 0.06  # s below the limit: a step's inrush is shorter, a battery that gives up is not
_MOVED = 0.05  # rad, of any joint on a robot that stands on its own feet: its IMU cannot have stood still
_MOST_GLITCHES = 3  # readings that cannot be true; each step that is true takes a part of one off
_FORGIVEN = 0.2


class Moment(NamedTuple):
    """What is known at the beginning of a control step."""

    snapshot: BusSnapshot
    gravity_b: np.ndarray  # [3] direction of gravity in the base frame
    skipped: int  # deadlines that have passed unused before this step
    on_its_feet: bool  # whether the policy balances it: nobody holds it any more


class SafetyWatch:
    """Says when to stop. One of them for a run; it remembers what must not go on for long."""

    def __init__(self, hardware: HardwareFile, joint_names: Sequence[str]):
        """`joint_names`: in the order of the snapshots' arrays."""
        self._limits = hardware.limits
        self._names = tuple(joint_names)
        self._boards = {
            name: np.array([hardware.servos[joint].board == name for joint in joint_names]) for name in hardware.boards
        }
        self._missed = 0
        self._glitches = 0.0
        self._low_since: float | None = None
        self._imu: tuple[float, ...] = ()
        self._imu_since = 0.0
        self._posture = np.zeros(len(self._names))

    def stop_for(self, moment: Moment) -> Stop | None:
        """The reason to stop now, if there is one: the most telling one of those that hold."""
        snapshot = moment.snapshot
        return (
            self._lost(snapshot)
            or self._imu_lost(snapshot, moment.on_its_feet)
            or self._tilt(moment.gravity_b)
            or self._heat(snapshot)
            or self._voltage(snapshot)
            or self._deadlines(moment.skipped)
        )

    def glitch(self, text: str | None) -> Stop | None:
        """To be told in every step whether a reading could not be true, and why. A single one is no reason to stop."""
        self._glitches = max(0.0, self._glitches - _FORGIVEN) if text is None else self._glitches + 1
        return Stop(Reason.READING, text) if text and self._glitches >= _MOST_GLITCHES else None

    def _lost(self, snapshot: BusSnapshot) -> Stop | None:
        for board, failure in snapshot.failures.items():
            return Stop(Reason.IMU_LOST if board == "imu" else Reason.LINE_LOST, f"{board}: {failure}")
        limit = self._limits.reading_age
        old = ~(snapshot.joint_age <= limit)  # NaN is old
        if not old.any():
            return None
        for board, is_on in self._boards.items():
            if is_on.any() and old[is_on].all():
                found = _aged(np.nan_to_num(snapshot.joint_age[is_on], nan=np.inf).min(), limit)
                return Stop(Reason.LINE_LOST, f"the newest reading of all servos on {board} {found}")
        worst = int(np.argmax(np.where(old, np.nan_to_num(snapshot.joint_age, nan=np.inf), 0.0)))
        found = _aged(snapshot.joint_age[worst], limit)
        return Stop(Reason.SERVO_LOST, f"the reading of {self._names[worst]} {found}")

    def _imu_lost(self, snapshot: BusSnapshot, on_its_feet: bool) -> Stop | None:
        limit = self._limits.imu_age
        if not snapshot.imu_age <= limit:
            return Stop(Reason.IMU_LOST, f"the IMU's reading {_aged(snapshot.imu_age, limit)}")
        sensors = snapshot.sensors
        reading = (*np.asarray(sensors.orientation).tolist(), *np.asarray(sensors.gyro).tolist())
        posture = np.array([sensors.joint_position[name] for name in self._names], float)
        if reading != self._imu or not on_its_feet:
            self._imu, self._imu_since, self._posture = reading, snapshot.time, posture
            return None
        still = snapshot.time - self._imu_since
        moved = np.abs(posture - self._posture)
        if still <= limit or not moved.max() > _MOVED:
            return None
        return Stop(
            Reason.IMU_LOST,
            f"the IMU has said the same for {1e3 * still:.0f} ms, while {self._names[int(moved.argmax())]} "
            f"has moved by {moved.max():.2f} rad",
        )

    def _tilt(self, gravity_b: np.ndarray) -> Stop | None:
        tilt = tilt_of(gravity_b)
        limit = self._limits.tilt
        return Stop(Reason.TILT, f"it is tilted by {tilt:.2f} rad, {limit:g} is the most") if tilt > limit else None

    def _heat(self, snapshot: BusSnapshot) -> Stop | None:
        limit = self._limits.temperature_high
        hot = np.nan_to_num(snapshot.temperature, nan=-math.inf)
        hottest = int(hot.argmax())
        if hot[hottest] < limit:
            return None
        return Stop(Reason.HEAT, f"{self._names[hottest]} has {hot[hottest]:.0f} °C, it must stay below {limit:g}")

    def _voltage(self, snapshot: BusSnapshot) -> Stop | None:
        limit = self._limits.voltage_low
        volts = np.nan_to_num(snapshot.voltage, nan=math.inf)
        lowest = int(volts.argmin())
        if volts[lowest] >= limit:
            self._low_since = None
            return None
        self._low_since = snapshot.time if self._low_since is None else self._low_since
        if snapshot.time - self._low_since < _LOW_VOLTAGE_TIME:
            return None
        return Stop(Reason.VOLTAGE, f"{self._names[lowest]} gets {volts[lowest]:.1f} V, it needs {limit:g} V at least")

    def _deadlines(self, skipped: int) -> Stop | None:
        self._missed = self._missed + skipped if skipped else 0
        most = self._limits.missed_deadlines
        if self._missed < most:
            return None
        return Stop(Reason.DEADLINES, f"{self._missed} deadlines in a row were missed, {most} are too many")


def tilt_of(gravity_b: np.ndarray) -> float:
    """Angle between the base's up and the world's, rad; NaN if a reading was none."""
    return float(np.arccos(np.clip(-gravity_b[2] / np.linalg.norm(gravity_b), -1.0, 1.0)))


def _aged(age: float, limit: float) -> str:
    return f"is {1e3 * age:.0f} ms old, {1e3 * limit:.0f} ms is the most" if math.isfinite(age) else "has never come"
