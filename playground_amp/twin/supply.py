"""The battery and the servos' heat, to first order.

A servo draws the current of its torque, i = P_stall / U_nominal |τ| / τ_limit, and gets warm by it
(robot/servo_heat.py). The battery gives U = U_full − R_battery Σ i.
"""

import numpy as np

from playground_amp.robot.servo_heat import ROOM, ServoHeat

_NOMINAL = 3.7 / 3.2  # voltage of a lithium cell, share of an empty one's: what servos' data sheets are written for
_EMPTY = 9.6  # V of three lithium cells, for a robot that says nothing of its battery
_FULL = 1.29  # voltage of a full battery, share of an empty one's
_RESISTANCE = 0.05  # Ω, of battery and cables


class Supply:
    """What J servos are fed with, and how warm they are. Starts at the room's temperature with a full battery."""

    def __init__(self, heat: ServoHeat, voltage_low: float):
        self.full, self._nominal = (share * (voltage_low or _EMPTY) for share in (_FULL, _NOMINAL))
        joints = len(heat.capacity)
        self._heat = heat
        self.temperature = np.full(joints, ROOM)
        self.current = 0.0  # A, of all
        self._from_outside = np.zeros(joints)  # °C
        self.sagged: float | None = None  # V that a failing battery gives

    @property
    def voltage(self) -> float:
        """V at the servos' plugs."""
        return (self.full if self.sagged is None else self.sagged) - _RESISTANCE * self.current

    @property
    def strength(self) -> float:
        """Share of their torque and speed that the servos have at a full battery's voltage: a motor's go with it."""
        return 1.0 if self.sagged is None else min(1.0, self.sagged / self.full)

    def pass_time(self, seconds: float, effort: np.ndarray) -> None:
        """Lets so many seconds pass with torques [J] of this share of their limits."""
        self.current = float((self._heat.stall_power * np.abs(effort)).sum() / self._nominal)
        self.temperature = self._heat.warmed(self.temperature, effort, seconds, ROOM + self._from_outside)

    def heat(self, joint: int, celsius: float) -> None:
        """Has a servo be as hot as this, at least, from now on."""
        self._from_outside[joint] = celsius - ROOM
        self.temperature[joint] = celsius

    def cool(self) -> None:
        """Takes that heat away."""
        self.temperature = np.where(self._from_outside, ROOM, self.temperature)
        self._from_outside[:] = 0.0
