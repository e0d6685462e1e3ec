"""What was made for one robot is refused on another, and the difference is shown."""

import shutil
from pathlib import Path

import pytest
from second_body import second_body

from playground_amp.errors import UserError
from playground_amp.paths import ROBOTS
from playground_amp.robot.identity import (
    JointRange,
    differences,
    identity_of,
    read_identity,
    require_same_robot,
    robot_of_file,
)
from playground_amp.robot.robot import load_robot

WILDROBOT = load_robot("wildrobot", "flat")
IDENTITY = identity_of(WILDROBOT)


def test_an_identity_survives_being_written() -> None:
    assert read_identity(IDENTITY.as_plain(), "file") == IDENTITY
    assert IDENTITY.title == "WildRobot, 11 joints"
    assert IDENTITY.joints[3] == JointRange("left_knee_pitch", 0.0, 2.094395)


def test_a_file_of_before_tells_no_robot() -> None:
    assert read_identity(None, "file") is None
    assert read_identity("0" * 64, "file") is None
    assert robot_of_file(None, {}, None, "the file") == WILDROBOT


def test_a_copy_of_the_same_files_is_the_same_robot(tmp_path: Path) -> None:
    copy = shutil.copytree(ROBOTS / "wildrobot", tmp_path / "copy")
    robot = robot_of_file(IDENTITY.as_plain(), {"robot": "/of/another/machine"}, str(copy), "the file")
    assert robot.folder == copy
    assert list(differences(IDENTITY, identity_of(robot))) == []


def test_another_robot_is_shown_joint_by_joint(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        robot_of_file(IDENTITY.as_plain(), {"robot": "wildrobot"}, second_body(tmp_path / "second"), "the file")
    said = str(caught.value)
    assert "the file was made for another robot" in said
    assert f"robot's name: wildrobot → {tmp_path}/second" in said
    assert "number of joints: 11 → 13" in said
    assert "names of joints: waist_yaw, left_hip_pitch," in said


def test_files_that_have_changed_since_are_another_robot(tmp_path: Path) -> None:
    copy = shutil.copytree(ROBOTS / "wildrobot", tmp_path / "copy")
    before = identity_of(load_robot(str(copy), "flat"))
    model = copy / "wildrobot.xml"
    model.write_text(model.read_text().replace('range="0 2.094395"', 'range="0 1.9"'))
    changed = load_robot(str(shutil.move(copy, tmp_path / "changed")), "flat")
    with pytest.raises(UserError) as caught:
        require_same_robot(before, changed, "the file")
    assert "  range of left_knee_pitch: 0 to 2.0944 rad → 0 to 1.9 rad\n" in str(caught.value)
    assert "  range of right_knee_pitch: 0 to 2.0944 rad → 0 to 1.9 rad\n" in str(caught.value)
    assert str(caught.value).endswith("--robot PATH")


def test_many_ranges_are_counted_and_an_order_is_shown() -> None:
    wider = IDENTITY._replace(
        sha256="0" * 64, joints=tuple(joint._replace(upper=joint.upper + 1) for joint in IDENTITY.joints)
    )
    assert list(differences(IDENTITY, wider))[-1] == "and the ranges of 5 more joints"
    turned = IDENTITY._replace(sha256="0" * 64, joints=IDENTITY.joints[::-1])
    assert list(differences(IDENTITY, turned))[1].startswith("order of joints: waist_yaw, left_hip_pitch")


def test_nonsense_is_no_identity() -> None:
    for nonsense in ({}, [], {"name": "x", "title": "", "sha256": "", "joints": [{"name": "a"}]}, 5):
        with pytest.raises(UserError, match="the file does not say its robot as it should"):
            read_identity(nonsense, "the file")
