"""The battery and the servos' heat, to first order.

A servo draws the current of its torque, i = i_stall |τ| / τ_limit, and turns r i² into heat, which leaves it through
one resistance: C dT/dt = r i² − (T − T_room) / R. The battery gives U = U_full − R_battery Σ i.
"""

import numpy as np

_ROOM = 25.0  # °C
_STALL_HEAT = (
    60.0  # °C above the room that half of the torque limit, held for good, leads to; the limit itself: 4 times
)
_HEAT_TIME = 240.0  # s, the time constant of a servo's case
_STALL_CURRENT = 3.0  # A
_EMPTY = 9.6  # V of three lithium cells, for a robot that says nothing of its battery
_FULL = 1.29  # voltage of a full battery, share of an empty one's
_RESISTANCE = 0.05  # Ω, of battery and cables


class Supply:
    """What J servos are fed with, and how warm they are. Starts at the room's temperature with a full battery."""

    def __init__(self, joints: int, voltage_low: float):
        self.full = _FULL * (voltage_low or _EMPTY)
        self.temperature = np.full(joints, _ROOM)
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
        self.current = float(_STALL_CURRENT * np.abs(effort).sum())
        aim = _ROOM + self._from_outside + 4 * _STALL_HEAT * np.square(effort)
        self.temperature = self.temperature + (1 - np.exp(-seconds / _HEAT_TIME)) * (aim - self.temperature)

    def heat(self, joint: int, celsius: float) -> None:
        """Has a servo be as hot as this, at least, from now on."""
        self._from_outside[joint] = celsius - _ROOM
        self.temperature[joint] = celsius

    def cool(self) -> None:
        """Takes that heat away."""
        self.temperature = np.where(self._from_outside, _ROOM, self.temperature)
        self._from_outside[:] = 0.0
