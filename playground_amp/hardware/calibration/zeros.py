"""Zeros: the robot is brought into a pose whose angles are known, and its servos are read."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.hardware.calibration.bench import Bench, ServoPlace
from playground_amp.hardware.calibration.person import Person
from playground_amp.hardware.calibration.robot_facts import JointFacts, RobotFacts
from playground_amp.hardware.hardware_file import HardwareFile, ServoSetup
from playground_amp.hardware.plain_yaml import parse_plain_yaml
from playground_amp.hardware.section import Section

_STILL = 3.0  # counts by which a servo that is held still may differ from one look to the next


class ZeroChange(NamedTuple):
    """What became of one joint's zero."""

    joint: str
    before: int  # counts
    after: int
    problem: str  # empty: none


def pose_called(name: str, robot: RobotFacts) -> dict[str, float]:
    """Angles by joint in rad: `home`, `zero`, or those that a file lists (`left_knee: 0.5`), which may be a few.

    Raises:
        UserError: the file cannot be read, or names another joint.
    """
    if name == "home":
        return {joint.name: joint.home for joint in robot.joints}
    if name == "zero":
        return dict.fromkeys(robot.joint_names, 0.0)
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, ValueError):
        raise UserError(f"--pose {name}: it can be home, zero, or a file with an angle in rad a joint") from None
    section = Section(parse_plain_yaml(text, name), name).only(*robot.joint_names)
    return {joint: section.number(joint, -7.0, 7.0) for joint in section.keys}


def read_pose(person: Person, bench: Bench, hardware: HardwareFile, joints: Mapping[str, float]) -> dict[str, float]:
    """The counts of these joints' servos once the robot is held in its pose and keeps still."""
    bench.limp()
    person.tell("\n".join(f"  {joint:24} {angle:+.3f} rad" for joint, angle in joints.items()))
    places = {name: ServoPlace(hardware.servos[name].board, hardware.servos[name].id) for name in joints}
    person.answer("All servos are limp. Bring the joints to these angles, hold them still, and press Enter ")
    while True:
        first, second = ({name: bench.counts(place) for name, place in places.items()} for _ in range(2))
        moving = [name for name in joints if abs(first[name] - second[name]) > _STILL]
        if not moving:
            return {name: 0.5 * (first[name] + second[name]) for name in joints}
        person.answer(f"{', '.join(moving)} moved: hold still and press Enter ")


def with_zeros(
    hardware: HardwareFile, robot: RobotFacts, pose: Mapping[str, float], counts: Mapping[str, float]
) -> tuple[HardwareFile, list[ZeroChange]]:
    """The file whose angles are those of the pose where the servos had these counts."""
    servos, changes = dict(hardware.servos), []
    of_joint = {joint.name: joint for joint in robot.joints}
    for name, angle in pose.items():
        servo = hardware.servos[name]
        center = round(counts[name] - servo.direction * (angle - servo.angle_at_center) / servo.count)
        servos[name] = servo._replace(center=center)
        problem = _problem(servos[name], of_joint[name], hardware.count_range)
        changes.append(ZeroChange(name, servo.center, center, problem))
    return hardware._replace(servos=servos), changes


def _problem(servo: ServoSetup, joint: JointFacts, count_range: tuple[int, int]) -> str:
    """Why the joint's range does not fit into the servo's counts; empty if it does."""
    ends = sorted((servo.counts(joint.lower), servo.counts(joint.upper)))
    low, high = count_range
    if low <= ends[0] and ends[1] <= high:
        return ""
    return (
        f"its range needs counts {ends[0]} to {ends[1]}, the servo has {low} to {high}: "
        "set the horn some teeth further and calibrate it again"
    )
