"""How warm servos get: a first-order model of each servo's winding, which is also what a robot's twin has.

As in MuJoCo's `dcmotor` (XML reference, `thermal`): a resistance R and a capacity C carry the heat of the current,

    C dT/dt = r(T) i² - (T - T_room) / R,    r(T) = r_room (1 + a (T - T_room)),

with copper's a. A servo draws the current of its torque, i = i_stall |τ| / τ_limit, so at room temperature the heat is
that at stall times the square of its effort |τ| / τ_limit. What a servo's maker says of it stands in
making/servos.yaml; R and C are assumed, by its mass: nobody has measured them.
"""

from typing import NamedTuple

import numpy as np

from playground_amp.robot.hardware import Hardware
from playground_amp.robot.making.servos import known_servos

ROOM = 25.0  # °C
_HOTTEST = 70.0  # °C, where robot.yaml says nothing
_COPPER = 0.0039  # 1/K
# Assumed: at half of its torque limit a servo of 64 g ends 60 K above the room, by steps of 4 minutes.
_RESISTANCE, _MASS = 5.84, 0.064  # K/W, kg
_CAPACITY = 640.0  # J/(kg K), of metal, copper and plastic
_GEAR_EFFICIENCY = 0.65  # of a servo that the table does not know: its stall power is torque × speed over this
_LEAST_MASS = 0.001  # kg; a servo without any force has some
_DENSITY = 0.016  # kg a N·m of torque limit, likewise


class ServoHeat(NamedTuple):
    """What heats and cools each servo."""

    stall_power: np.ndarray  # [J] W that the torque limit turns into heat at room temperature
    resistance: np.ndarray  # [J] K/W
    capacity: np.ndarray  # [J] J/K
    limit: float  # °C, above which a servo is too hot

    def warmed(self, temperature: np.ndarray, effort: np.ndarray, seconds: float, room: np.ndarray) -> np.ndarray:
        """Temperatures [J] °C after so many seconds of torques [J] of this share of their limits."""
        gain, loss = self._rates(np.square(effort))
        with np.errstate(invalid="ignore"):  # 0 / 0
            grown = np.where(np.abs(loss) > 1e-12, -np.expm1(-loss * seconds) / loss, seconds)
        above = temperature - room
        return room + above * np.exp(-loss * seconds) + gain * grown

    def minutes_until_hot(self, square: np.ndarray) -> np.ndarray:
        """Minutes [J] from room temperature to the limit, of mean squares [J] of the effort; infinite: never."""
        gain, loss = self._rates(square)
        above = self.limit - ROOM
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds = np.where(np.abs(loss) > 1e-12, -np.log1p(-above * loss / gain) / loss, above / gain)
        return np.where(above * loss < gain, seconds, np.inf) / 60

    def ends_at(self, square: np.ndarray) -> np.ndarray:
        """Temperatures [J] °C that such efforts lead to if they go on; infinite: warm copper heats more yet."""
        gain, loss = self._rates(square)
        with np.errstate(divide="ignore"):
            return ROOM + np.where(loss > 0, gain / loss, np.inf)

    def _rates(self, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """K/s that the current brings at room temperature, and 1/s at which what is above it goes."""
        heat = self.stall_power * square
        return heat / self.capacity, (1 / self.resistance - _COPPER * heat) / self.capacity


def heat_of(model: str, torque: np.ndarray, speed: np.ndarray, hardware: Hardware | None) -> ServoHeat:
    """The heat of servos of a model with limits [J] N·m and rad/s. One that the table does not know is guessed."""
    limit = hardware.temperature_high if hardware else _HOTTEST
    known = {name.lower(): facts for name, facts in known_servos().items()}.get(model.lower())
    if known is None:
        power, mass = torque * speed / _GEAR_EFFICIENCY, np.maximum(_DENSITY * torque, _LEAST_MASS)
    else:
        power, mass = (np.full(len(torque), x) for x in (known.voltage * known.stall_current, known.mass))
    resistance = _RESISTANCE * (_MASS / mass) ** (2 / 3)  # by the surface
    for array in (power, resistance):
        array.setflags(write=False)
    return ServoHeat(power, resistance, _CAPACITY * mass, limit)
