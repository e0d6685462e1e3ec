"""Which robot something was made for. Policies, bundles and saved states carry it, and are refused on another robot."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.untyped import Plain

_MANY = 6  # joints whose ranges are still named one by one


class JointRange(NamedTuple):
    """A joint and its range in rad."""

    name: str
    lower: float
    upper: float


class RobotIdentity(NamedTuple):
    """What tells one robot from another. Two are the same if their files are (`sha256`), wherever those lie."""

    name: str  # as after --robot
    title: str
    sha256: str  # over the robot's files
    joints: tuple[JointRange, ...]

    def as_plain(self) -> dict[str, Plain]:
        """The identity as it is written into files."""
        return {**self._asdict(), "joints": [joint._asdict() for joint in self.joints]}


def identity_of(robot: Robot) -> RobotIdentity:
    """The identity of a robot."""
    ranges = zip(robot.joint_names, robot.joint_lower, robot.joint_upper, strict=True)
    joints = tuple(JointRange(name, float(lower), float(upper)) for name, lower, upper in ranges)
    return RobotIdentity(robot.name, robot.title, robot.sha256, joints)


def read_identity(plain: Plain, source: str) -> RobotIdentity | None:
    """What `as_plain` made; None where a file of an earlier version does not tell the robot (or its hash alone).

    Raises:
        UserError: it is no identity of a robot.
    """
    if plain is None or isinstance(plain, str):
        return None
    try:
        joints = tuple(JointRange(str(j["name"]), float(j["lower"]), float(j["upper"])) for j in plain["joints"])
        return RobotIdentity(str(plain["name"]), str(plain["title"]), str(plain["sha256"]), joints)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{source} does not say its robot as it should: {type(error).__name__} {error}") from None


def robot_of_file(plain: Plain, config: Mapping[str, object], chosen: str | None, source: str) -> Robot:
    """The robot that the policy in a file is for, flat ground around it.

    Args:
        plain: what the file says of its robot; None: it is of an earlier version, and its robot that of `config`.
        config: the configuration in the file, as plain data.
        chosen: the robot to use it on, as after --robot; None: the one that the configuration names.
        source: says which file it is.

    Raises:
        UserError: the robot is not there, or is another one than the file's: the message shows the difference.
    """
    named = config.get("robot", DEFAULT_ROBOT)
    try:
        robot = load_robot(chosen or str(named), "flat")
    except UserError as error:
        raise error if chosen else UserError(f"{source}: {error}; or name its folder: --robot PATH") from None
    made_for = read_identity(plain, source) or identity_of(load_robot(str(named), "flat"))
    require_same_robot(made_for, robot, source)
    return robot


def require_same_robot(made_for: RobotIdentity, robot: Robot, source: str) -> None:
    """Raises UserError, with the difference, unless a robot is the one that `source` was made for."""
    if lines := list(differences(made_for, identity_of(robot))):
        listed = "\n".join(f"  {line}" for line in lines)
        raise UserError(
            f"{source} was made for another robot (its own → {robot.name}):\n{listed}\n"
            "name the folder that holds the robot as it was: --robot PATH"
        )


def differences(before: RobotIdentity, now: RobotIdentity) -> Iterator[str]:
    """What differs between two robots, a line each; nothing if their files are the same."""
    if before.sha256 == now.sha256:
        return
    yield f"robot: {before.sha256[:12]}… → {now.sha256[:12]}…"
    if before.name != now.name:
        yield f"robot's name: {before.name} → {now.name}"
    old, new = ([joint.name for joint in identity.joints] for identity in (before, now))
    if len(old) != len(new):
        yield f"number of joints: {len(old)} → {len(new)}"
    if set(old) != set(new):
        gone, come = ([name for name in names if name not in others] for names, others in ((old, new), (new, old)))
        yield f"names of joints: {', '.join(gone) or 'none'} → {', '.join(come) or 'none'}"
    elif old != new:
        yield f"order of joints: {', '.join(old)} → {', '.join(new)}"
    ranges = {joint.name: joint for joint in before.joints}
    changed = [(ranges[joint.name], joint) for joint in now.joints if ranges.get(joint.name, joint) != joint]
    yield from (f"range of {a.name}: {_range(a)} → {_range(b)}" for a, b in changed[:_MANY])
    if len(changed) > _MANY:
        yield f"and the ranges of {len(changed) - _MANY} more joints"


def _range(joint: JointRange) -> str:
    return f"{joint.lower:.5g} to {joint.upper:.5g} rad"
