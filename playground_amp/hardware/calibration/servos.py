"""Which servo is which joint, and which way it turns: by moving each a little and asking, or by a hand."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.hardware.calibration.bench import FOLLOWED, Bench, ServoPlace
from playground_amp.hardware.calibration.person import Person, ask, is_so
from playground_amp.hardware.calibration.robot_facts import JointFacts
from playground_amp.hardware.hardware_file import BoardSetup, HardwareFile

WAYS = ("moving", "hand")
_NUDGE = math.radians(8)  # so far a servo is moved
_MOVED = math.radians(5)  # so far a hand must have moved it
_CLEARLY = 2.0  # times as far as any other servo


class Assignment(NamedTuple):
    """A joint's servo."""

    place: ServoPlace
    direction: int


def assign_servos(
    person: Person, bench: Bench, found: Sequence[ServoPlace], joints: Sequence[JointFacts], count: float, way: str
) -> dict[str, Assignment]:
    """A servo for each joint; `count` in rad. Raises UserError if there are too few."""
    if len(found) < len(joints):
        raise UserError(f"{len(found)} servos answer, the robot has {len(joints)} joints: nothing is written")
    bench.limp()
    if way == "hand":
        return _by_hand(person, bench, found, joints, count)
    return _by_moving(person, bench, found, joints, count)


def find_directions(
    person: Person, bench: Bench, places: Mapping[str, ServoPlace], joints: Sequence[JointFacts], count: float, way: str
) -> dict[str, int]:
    """1 or -1 for each joint whose servo is known."""
    bench.limp()
    if way == "moving":
        return {it.name: _direction_by_moving(person, bench, places[it.name], it, count) for it in joints}
    directions = {}
    for joint in joints:
        place, direction = _turned_by_hand(person, bench, list(places.values()), joint, count)
        if place != places[joint.name]:
            (other,) = [name for name, its in places.items() if its == place]
            raise UserError(f"{place} moved, which the hardware file calls {other}: nothing is written")
        directions[joint.name] = direction
    return directions


def with_servos(hardware: HardwareFile, assigned: Mapping[str, Assignment]) -> HardwareFile:
    """The file with these servos. A port is called as the board that most of its joints were said to be on."""
    names = _board_names(hardware, assigned)
    servos = {
        joint: servo._replace(
            board=names[assigned[joint].place.board],
            id=assigned[joint].place.id,
            direction=assigned[joint].direction,
        )
        for joint, servo in hardware.servos.items()
    }
    boards = {names[old]: hardware.boards[old] for old in names}
    order = [name for name in hardware.boards if name in boards]
    ordered = {name: boards[name] for name in [*order, *(name for name in boards if name not in order)]}
    return hardware._replace(boards=ordered, servos=servos)


def with_ports(hardware: HardwareFile, ports: Sequence[str]) -> HardwareFile:
    """The file with these ports for its boards; which is whose shows when the servos are known."""
    first = next(iter(hardware.boards.values()))
    names = [*hardware.boards, *(f"board_{number}" for number in range(len(hardware.boards), len(ports)))]
    boards = {name: BoardSetup(first.protocol, port, first.baud) for name, port in zip(names, ports, strict=False)}
    return hardware._replace(boards=boards)


def _board_names(hardware: HardwareFile, assigned: Mapping[str, Assignment]) -> dict[str, str]:
    """From the name that a port had to the one it gets; each name is given once."""
    votes: dict[str, Counter[str]] = {}
    for joint, its in assigned.items():
        votes.setdefault(its.place.board, Counter())[hardware.servos[joint].board] += 1
    wanted = {board: vote.most_common(1)[0][0] for board, vote in votes.items()}
    return wanted if len(set(wanted.values())) == len(wanted) else {board: board for board in votes}


def _by_moving(
    person: Person, bench: Bench, found: Sequence[ServoPlace], joints: Sequence[JointFacts], count: float
) -> dict[str, Assignment]:
    assigned: dict[str, Assignment] = {}
    for place in found:
        left = [joint for joint in joints if joint.name not in assigned]
        if not left:
            break
        while (said := _which_moved(person, bench, place, left, count)) == "again":
            pass
        if said != "none":
            (joint,) = [it for it in left if it.name == said]
            assigned[said] = Assignment(place, _direction_by_moving(person, bench, place, joint, count))
    _require_all(assigned, joints)
    return assigned


def _which_moved(person: Person, bench: Bench, place: ServoPlace, left: Sequence[JointFacts], count: float) -> str:
    person.tell(f"{place} moves")
    bench.nudge(place, round(_NUDGE / count))
    names = [joint.name for joint in left]
    person.tell("\n".join(f"  {number} {name}" for number, name in enumerate(names, 1)))
    numbers = {str(number): name for number, name in enumerate(names, 1)}
    said = ask(person, "Which joint moved? (its number or name, again, none) ", [*names, *numbers, "again", "none"])
    return numbers.get(said, said)


def _direction_by_moving(person: Person, bench: Bench, place: ServoPlace, joint: JointFacts, count: float) -> int:
    while True:
        went = bench.nudge(place, round(_NUDGE / count))
        if abs(went) * count < FOLLOWED * _NUDGE:
            raise UserError(f"{joint.name} ({place}) does not move when it is told to: look at its supply and its load")
        said = ask(person, f"{joint.name} went and came back: {_seen(joint)} (yes/no/again) ", ("yes", "no", "again"))
        if said != "again":
            return (1 if went > 0 else -1) * (1 if said == "yes" else -1)


def _seen(joint: JointFacts) -> str:
    if joint.positive:
        return f"did it go so that {joint.positive}?"
    return "did it go in its positive direction?"


def _by_hand(
    person: Person, bench: Bench, found: Sequence[ServoPlace], joints: Sequence[JointFacts], count: float
) -> dict[str, Assignment]:
    assigned: dict[str, Assignment] = {}
    for joint in joints:
        free = [place for place in found if place not in {its.place for its in assigned.values()}]
        assigned[joint.name] = Assignment(*_turned_by_hand(person, bench, free, joint, count))
        person.tell(f"{joint.name}: {assigned[joint.name].place}, direction {assigned[joint.name].direction:+d}")
    return assigned


def _turned_by_hand(
    person: Person, bench: Bench, places: Sequence[ServoPlace], joint: JointFacts, count: float
) -> tuple[ServoPlace, int]:
    """The servo that a hand turns, and the sign of its counts when the joint's angle grows."""
    while True:
        person.answer(f"{joint.name}: let it hang, and press Enter ")
        before = {place: bench.counts(place) for place in places}
        towards = joint.positive or "its angle grows"
        person.answer(f"{joint.name}: turn it by hand so that {towards}, 20 degrees or so; hold it and press Enter ")
        moved = {place: (bench.counts(place) - before[place]) * count for place in places}
        ranking = sorted(places, key=lambda place: -abs(moved[place]))
        far = [abs(moved[place]) for place in ranking[:2]]
        if far[0] >= _MOVED and (len(far) == 1 or far[0] >= _CLEARLY * far[1]):
            return ranking[0], 1 if moved[ranking[0]] > 0 else -1
        person.tell("no servo moved clearly farther than all others: once more")


def _require_all(assigned: Collection[str], joints: Sequence[JointFacts]) -> None:
    if missing := [joint.name for joint in joints if joint.name not in assigned]:
        raise UserError(f"no servo was found for {', '.join(missing)}: nothing is written")


def require_safe(person: Person) -> None:
    """Raises UserError unless the robot may move."""
    if not is_so(person, "Servos will move one by one, by 8 degrees. Does the robot hang free, hands off?"):
        raise UserError("nothing has moved and nothing is written: hang the robot up first")
