"""Joints that belong together in a picture or a table: each with its mirror image."""

from typing import NamedTuple

from playground_amp.robot.record import Robot

_MOSTLY = 0.7  # of a unit axis along y, above which the joint bends the leg fore and aft


class JointGroup(NamedTuple):
    """A joint and its mirror image, or a joint of the middle alone."""

    name: str  # without its side: hip_pitch for left_hip_pitch and right_hip_pitch
    joints: tuple[int, ...]  # places among the robot's joints: left and right, or the one


def leg_groups(robot: Robot) -> tuple[JointGroup, ...]:
    """The joints of both legs from the hip to the foot, in pairs."""
    return tuple(_group(robot, int(joint)) for joint in robot.legs[0].joints)


def joint_groups(robot: Robot) -> tuple[JointGroup, ...]:
    """All joints: those of the legs, then the others in the robot's order."""
    groups = list(leg_groups(robot))
    for joint in range(robot.num_joints):
        if not any(joint in group.joints for group in groups):
            groups.append(_group(robot, joint))
    return tuple(groups)


def bending_groups(robot: Robot) -> tuple[JointGroup, ...]:
    """The joints of the legs that bend them fore and aft, about an axis from side to side: hip, knee, ankle."""
    return tuple(group for group in leg_groups(robot) if abs(robot.joint_axis_b[group.joints[0], 1]) > _MOSTLY)


def _group(robot: Robot, joint: int) -> JointGroup:
    other = int(robot.joint_mirror_index[joint])
    name = robot.joint_names[joint]
    if other == joint:
        return JointGroup(name, (joint,))
    both = zip(name.split("_"), robot.joint_names[other].split("_"), strict=False)
    common = "_".join(word for word, other_word in both if word == other_word)
    return JointGroup(common or name, (joint, other))
