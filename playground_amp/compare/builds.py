"""How a robot may be built otherwise than its hardware file says: the ways that readings alone do not show.

A servo in another's place, one that turns the other way or whose zero is elsewhere answers and obeys consistently: what
it is told and what it tells are wrong by the same. Only the body knows better.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp.hardware.hardware_file import HardwareFile

_ZERO_STEPS = (-0.2, -0.1, 0.1, 0.2)  # rad, first guesses
_STRENGTHS = (0.0, 0.5)
_PLAYS = (0.05,)  # rad to either side
_TILTS = (-0.15, 0.15)  # rad about x and y of the IMU


class Build(NamedTuple):
    """A robot of J joints: q = gain × read[source] + offset, a turn of the IMU, and what its servos have left."""

    source: np.ndarray  # [J]
    gain: np.ndarray  # [J] 1 or -1
    offset: np.ndarray  # [J] rad
    imu_turn: np.ndarray  # [4] wxyz, from the frame that the IMU's readings are in to the one they are taken for
    strength: np.ndarray  # [J] share of gains and torque
    play: np.ndarray  # [J] rad to either side


class Candidate(NamedTuple):
    """A fault with the build that it means. `amounts`: what it may amount to; without, the fault has no amount."""

    fault: str
    joints: tuple[str, ...]
    build: Callable[[np.ndarray], Build]  # of an amount [A]
    guesses: tuple[tuple[float, ...], ...]  # [G, A]
    least: float = -np.inf  # of an amount


def as_described(joints: int) -> Build:
    """The robot that the hardware file describes."""
    unturned = np.array([1.0, 0.0, 0.0, 0.0])
    return Build(np.arange(joints), np.ones(joints), np.zeros(joints), unturned, np.ones(joints), np.zeros(joints))


def candidates(hardware: HardwareFile, names: tuple[str, ...]) -> list[Candidate]:
    """Every single fault of this kind that a robot with these joints can have."""
    found = [Candidate("tilted_imu", (), lambda amount: tilted(len(names), amount), _tilt_guesses())]
    for joint, name in enumerate(names):
        found += [
            _of_joint("wrong_sign", name, lambda _, j=joint: reversed_joint(hardware, names, j), ((),)),
            _of_joint("zero_off", name, lambda a, j=joint: _with(names, j, offset=a[0]), _each(_ZERO_STEPS)),
            _of_joint("weak_servo", name, lambda a, j=joint: _with(names, j, strength=a[0]), _each(_STRENGTHS), 0.0),
            _of_joint("slack", name, lambda a, j=joint: _with(names, j, play=a[0]), _each(_PLAYS), 0.0),
        ]
        for other in range(joint):
            both = names[other], name
            found.append(
                Candidate("swapped_ids", both, lambda _, a=other, b=joint: swapped(hardware, names, a, b), ((),))
            )
    return found


def swapped(hardware: HardwareFile, names: tuple[str, ...], first: int, second: int) -> Build:
    """Two servos that sit in each other's place, with the other's zero and direction."""
    plain = as_described(len(names))
    source, gain, offset = plain.source.copy(), plain.gain.copy(), plain.offset.copy()
    for joint, other in ((first, second), (second, first)):
        mine, read_as = hardware.servos[names[joint]], hardware.servos[names[other]]
        source[joint], gain[joint] = other, mine.direction * read_as.direction
        at_zero = read_as.center - read_as.direction * read_as.angle_at_center / read_as.count  # its counts
        offset[joint] = mine.angle(at_zero)
    return plain._replace(source=source, gain=gain, offset=offset)


def reversed_joint(hardware: HardwareFile, names: tuple[str, ...], joint: int) -> Build:
    """A servo that turns the other way about its center."""
    return _with(names, joint, gain=-1.0, offset=2 * hardware.servos[names[joint]].angle_at_center)


def tilted(joints: int, amount: np.ndarray) -> Build:
    """An IMU that was turned on its plate by a rotation about x and y [2] rad."""
    angle = float(np.linalg.norm(amount))
    axis = np.append(amount, 0.0) / max(angle, 1e-9)
    return as_described(joints)._replace(imu_turn=np.append(np.cos(angle / 2), np.sin(angle / 2) * axis))


def _with(names: tuple[str, ...], joint: int, **values: float) -> Build:
    """The described robot with other values of one joint."""
    plain = as_described(len(names))
    for field, value in values.items():
        getattr(plain, field)[joint] = value
    return plain


def _of_joint(
    fault: str,
    name: str,
    build: Callable[[np.ndarray], Build],
    guesses: tuple[tuple[float, ...], ...],
    least: float = -np.inf,
) -> Candidate:
    return Candidate(fault, (name,), build, guesses, least)


def _each(values: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    return tuple((value,) for value in values)


def _tilt_guesses() -> tuple[tuple[float, ...], ...]:
    return tuple((x, y) for x in (*_TILTS, 0.0) for y in (*_TILTS, 0.0) if x or y)
