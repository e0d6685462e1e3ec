"""Joints in pairs, whatever they are called."""

import dataclasses

import numpy as np
import pytest

from playground_amp.robot.joint_groups import JointGroup, bending_groups, joint_groups, leg_groups
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


@pytest.fixture(scope="module")
def robot() -> Robot:
    return load_robot("wildrobot")


def test_legs_come_first_and_every_joint_once(robot: Robot) -> None:
    groups = joint_groups(robot)
    legs = ["hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch", "ankle_roll"]
    assert [group.name for group in leg_groups(robot)] == legs
    assert [group.name for group in groups] == [*legs, "waist_yaw"]
    assert sorted(joint for group in groups for joint in group.joints) == list(range(robot.num_joints))
    for group in groups[:-1]:
        left, right = (robot.joint_names[joint] for joint in group.joints)
        assert (left, right) == (f"left_{group.name}", f"right_{group.name}")
    assert [group.name for group in bending_groups(robot)] == ["hip_pitch", "knee_pitch", "ankle_pitch"]


def test_a_pair_is_named_by_the_words_that_its_joints_share(robot: Robot) -> None:
    names = tuple(name.replace("left_", "l_").replace("right_", "r_") for name in robot.joint_names)
    renamed = dataclasses.replace(robot, joint_names=names)
    assert [group.name for group in joint_groups(renamed)] == [group.name for group in joint_groups(robot)]
    numbered = dataclasses.replace(robot, joint_names=tuple(f"j{place}" for place in range(robot.num_joints)))
    first = int(robot.legs[0].joints[0])
    assert leg_groups(numbered)[0] == JointGroup(f"j{first}", (first, int(robot.joint_mirror_index[first])))


def test_other_joints_are_paired_by_the_mirror(robot: Robot) -> None:
    short = dataclasses.replace(
        robot, legs=tuple(dataclasses.replace(leg, joints=leg.joints[:2]) for leg in robot.legs)
    )
    others = joint_groups(short)[2:]
    assert {len(group.joints) for group in others} == {1, 2}
    np.testing.assert_array_equal(np.sort(np.concatenate([group.joints for group in joint_groups(short)])), range(11))
