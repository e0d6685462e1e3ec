"""The servos that `robot.py init --servo NAME` knows (`servos.yaml`)."""

import difflib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.yaml_text import read_yaml


class ServoFacts(NamedTuple):
    """A servo at its output shaft."""

    torque_limit: float  # N·m
    speed_limit: float  # rad/s without load
    kp: float  # N·m/rad
    kv: float  # N·m·s/rad
    armature: float  # kg·m²
    damping: float  # N·m·s/rad
    friction_loss: float  # N·m
    voltage: float  # V, at which it draws
    stall_current: float  # A
    mass: float  # kg


@cache
def known_servos() -> dict[str, ServoFacts]:
    """All servos by name."""
    table = read_yaml(Path(__file__).with_name("servos.yaml"))
    return {name: ServoFacts(**facts) for name, facts in table.items()}


def servo_named(name: str) -> ServoFacts:
    """A servo. Raises UserError, naming those there are."""
    servos = known_servos()
    found = {each.lower(): each for each in servos}.get(name.lower())
    if found is None:
        close = difflib.get_close_matches(name, servos, n=1, cutoff=0.5)
        hint = f", did you mean {close[0]}?" if close else ""
        raise UserError(f"unknown servo {name!r}{hint} known are {', '.join(servos)}")
    return servos[found]
