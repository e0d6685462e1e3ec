"""What can be wrong with a robot, on request: twelve faults, each of one servo, one line, the IMU or the battery.

A fault is of the robot, not of its hardware.yaml: what was measured when the file was written no longer holds.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.errors import UserError
from playground_amp.twin.world import ImuFault, World


class Fault(NamedTuple):
    """A fault with everything that was drawn for it."""

    kind: str  # one of FAULTS
    place: str | None  # a joint or a board; None: the whole robot
    amount: float | None  # in the kind's unit

    def __str__(self) -> str:
        place = f":{self.place}" if self.place else ""
        return f"{self.kind}{place}" + (f"={self.amount:g}" if self.amount is not None else "")


class FaultKind(NamedTuple):
    """One kind of fault."""

    summary: str
    inject: Callable[[World, str, float], None]  # at a joint or a board ("": everywhere), by an amount
    of: str = "joint"  # joint, board or robot: what it is a fault of
    amount: float | None = None  # by default, in `unit`
    unit: str = ""
    both_ways: bool = False  # by default the sign of the amount is drawn


def parse_fault(text: str) -> tuple[str, str | None, float | None]:
    """Kind, place and amount of NAME[:PLACE][=AMOUNT]. Raises UserError."""
    name, _, amount = text.partition("=")
    kind, _, place = name.partition(":")
    if kind not in FAULTS:
        raise UserError(f"there is no fault {kind!r}; it can be {', '.join(FAULTS)}")
    number: float | None = None
    if amount:
        try:
            number = float(amount)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UserError(f"fault {text}: {amount!r} is no number")
        if FAULTS[kind].amount is None:
            raise UserError(f"fault {text}: {kind} has no amount")
    return kind, place or None, number


def inject(world: World, text: str) -> Fault:
    """Has a fault from now on; what is not said is drawn. Raises UserError."""
    kind, place, amount = parse_fault(text)
    what = FAULTS[kind]
    place = _place(world, what, kind, place)
    if amount is None and what.amount is not None:
        amount = what.amount * (float(world.rng.choice((-1, 1))) if what.both_ways else 1.0)
    what.inject(world, place or "", amount if amount is not None else 0.0)
    fault = Fault(kind, place, amount)
    world.faults.append(str(fault))
    return fault


def mend(world: World) -> None:
    """Takes all faults away; a servo that was dead comes back limp."""
    for joint, (name, servo) in enumerate(world.servos.items()):
        built = world.written.servos[name]
        servo.built, servo.id = built, built.id
        if servo.dead:
            servo.die(False)
        world.body.weaken(joint, 1.0)
    world.body.play[:] = 0.0
    for line in world.lines.values():
        line.lost_share = line.lateness = 0.0
    world.imu_fault = ImuFault(np.array([1.0, 0.0, 0.0, 0.0]))
    world.supply.sagged = None
    world.supply.cool()
    world.body.renew_gains()
    world.faults.clear()


def _place(world: World, what: FaultKind, kind: str, place: str | None) -> str | None:
    """A joint or board that is there, as given or drawn; None: everywhere."""
    joints, boards = list(world.servos), list(world.lines)
    if what.of == "robot":
        if place is not None:
            raise UserError(f"fault {kind}:{place}: {kind} is of the whole robot")
        return None
    known = joints if what.of == "joint" else [*boards, *joints]
    if place is not None and place not in known:
        raise UserError(f"fault {kind}:{place}: there is no {what.of} {place!r}; it can be {', '.join(known)}")
    if what.of == "board":
        return world.written.servos[place].board if place in joints else place
    if place is None:
        if kind == "swapped_ids":
            joints = [name for name in joints if _neighbors(world, name)]
        if not joints:
            raise UserError(f"fault {kind}: no line has two servos")
        place = str(world.rng.choice(joints))
    elif kind == "swapped_ids" and not _neighbors(world, place):
        raise UserError(f"fault {kind}:{place}: no other servo is on its line")
    return place


def _neighbors(world: World, joint: str) -> list[str]:
    board = world.written.servos[joint].board
    return [name for name, servo in world.written.servos.items() if servo.board == board and name != joint]


def _swap_ids(world: World, joint: str, _: float) -> None:
    one, other = world.servos[joint], world.servos[str(world.rng.choice(_neighbors(world, joint)))]
    one.id, other.id = other.id, one.id


def _turn_round(world: World, joint: str, _: float) -> None:
    servo = world.servos[joint]
    servo.built = servo.built._replace(direction=-servo.built.direction)


def _shift_zero(world: World, joint: str, degrees: float) -> None:
    servo = world.servos[joint]
    servo.built = servo.built._replace(center=servo.built.center + round(math.radians(degrees) / servo.built.count))


def _kill(world: World, joint: str, _: float) -> None:
    world.servos[joint].die(True)


def _lose_bytes(world: World, board: str, percent: float) -> None:
    for line in _lines(world, board):
        line.lost_share = percent / 100


def _delay_answers(world: World, board: str, milliseconds: float) -> None:
    for line in _lines(world, board):
        line.lateness = milliseconds / 1000


def _lines(world: World, board: str):
    return world.lines.values() if not board else [world.lines[board]]


def _sag(world: World, _: str, volts: float) -> None:
    world.supply.sagged = volts
    world.body.renew_gains()


def _freeze(world: World, _place: str, _: float) -> None:
    world.imu_fault = world.imu_fault._replace(frozen=world.measure())


def _tilt(world: World, _: str, degrees: float) -> None:
    angle = world.rng.uniform(-math.pi, math.pi)
    axis = np.array([math.cos(angle), math.sin(angle), 0.0])
    world.imu_fault = world.imu_fault._replace(tilt=rotations.about_axis(axis, np.array(math.radians(degrees))))


def _heat(world: World, joint: str, celsius: float) -> None:
    world.supply.heat(list(world.servos).index(joint), celsius)


def _weaken(world: World, joint: str, share: float) -> None:
    world.body.weaken(list(world.servos).index(joint), share)


def _loosen(world: World, joint: str, degrees: float) -> None:
    world.body.play[list(world.servos).index(joint)] = math.radians(degrees) / 2


FAULTS: Mapping[str, FaultKind] = {
    "swapped_ids": FaultKind("two servos of a line have each other's id", _swap_ids),
    "wrong_sign": FaultKind("a servo turns the other way", _turn_round),
    "zero_off": FaultKind("a horn was put on beside its zero", _shift_zero, "joint", 10.0, "degrees", True),
    "dead_servo": FaultKind("a servo says nothing and is limp", _kill),
    "lost_bytes": FaultKind("bytes are lost on the lines, both ways", _lose_bytes, "board", 2.0, "percent"),
    "brown_out": FaultKind("the battery sags, and with it torque and speed", _sag, "robot", 8.5, "V"),
    "frozen_imu": FaultKind("the IMU goes on saying what it said last", _freeze, "robot"),
    "tilted_imu": FaultKind("the IMU has turned on its plate", _tilt, "robot", 10.0, "degrees"),
    "late_answers": FaultKind("servos answer late, half as much to twice", _delay_answers, "board", 20.0, "ms"),
    "hot_servo": FaultKind("a servo is hot inside", _heat, "joint", 85.0, "°C"),
    "weak_servo": FaultKind("a servo has a share of its gain and torque", _weaken, "joint", 0.5, "share"),
    "slack": FaultKind("worn gears: play between a motor and its shaft", _loosen, "joint", 6.0, "degrees"),
}
