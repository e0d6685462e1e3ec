"""What is derived of bodies of our own making is what they were made from."""

import math
from pathlib import Path

import numpy as np
import pytest
from bodies import (
    ANCHOR_OFF,
    DUCK,
    MASS_OFF,
    WRONG_AXIS,
    backlash_duck,
    badly_mirrored,
    closed_loop,
    duck,
    four_legs,
    point_feet,
    tall_biped,
    three_wheels,
    urdf,
    wheels,
)
from made_up_bodies import MadeUpBody, write_plan

from playground_amp.errors import UserError
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.recognition import anatomy_of
from playground_amp.robot.making.source import read_source

TAKEN = {"duck": duck, "backlash duck": backlash_duck, "tall": tall_biped, "URDF": urdf}


@pytest.fixture(scope="module", params=TAKEN)
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[MadeUpBody, Anatomy]:
    made = TAKEN[request.param](tmp_path_factory.mktemp("body"))
    return made, anatomy_of(read_source(made.path))


def test_legs_and_joints(known: tuple[MadeUpBody, Anatomy]) -> None:
    made, anatomy = known
    assert anatomy.base == made.base
    assert anatomy.legs == made.legs
    assert tuple(joint.name for joint in anatomy.passive) == made.passive
    assert set(anatomy.mirror_pairs) == set(zip(*made.legs, strict=True))
    for left, right in zip(*made.legs, strict=True):
        pitch = "pitch" in left or "knee" in left
        assert anatomy.joint(left).mirror_sign == anatomy.joint(right).mirror_sign == (1 if pitch else -1)
    assert {anatomy.joint(name).side for name in made.legs[0]} == {"left"}
    assert {joint.play_of for joint in anatomy.passive} == set(made.legs[0] + made.legs[1] if made.passive else ())


def test_sizes(known: tuple[MadeUpBody, Anatomy]) -> None:
    made, anatomy = known
    assert anatomy.mass == pytest.approx(made.mass)
    assert anatomy.leg_length == pytest.approx(made.leg_length, rel=0.02)
    for joint in made.legs[0]:
        (link,) = (link for link in made.plan.leg if joint.endswith(link.joint))
        assert (anatomy.joint(joint).lower, anatomy.joint(joint).upper) == pytest.approx(link.range)
        assert anatomy.joint(joint).torque_limit == pytest.approx(link.torque)


def test_soles_to_a_millimeter(known: tuple[MadeUpBody, Anatomy]) -> None:
    made, anatomy = known
    assert_soles(made, anatomy)


def assert_soles(made: MadeUpBody, anatomy: Anatomy) -> None:
    for plate, foot in zip(made.soles, anatomy.feet, strict=True):
        assert foot.half_length == pytest.approx(plate.half_length, abs=1e-3)
        assert foot.half_width == pytest.approx(plate.half_width, abs=1e-3)
        pitch = [link.anchor for link in made.plan.leg if link.joint == "hip_pitch"]
        place = np.array(plate.center) - (pitch[0][0], 0.0, pitch[0][2])  # the robot's frame lies between the hips
        np.testing.assert_allclose(foot.center, place, atol=1e-3)
        assert abs(foot.quaternion[0]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("foot", ["mesh", "spheres", "capsules", "pair"])
def test_soles_of_every_shape(foot, tmp_path: Path) -> None:
    made = write_plan(DUCK._replace(foot=foot), tmp_path)
    assert_soles(made, anatomy_of(read_source(made.path)))


def test_what_is_mirrored_badly_is_found_with_its_amount(tmp_path: Path) -> None:
    symmetry = anatomy_of(read_source(badly_mirrored(tmp_path).path)).symmetry
    assert symmetry.masses.amount == pytest.approx(MASS_OFF)
    assert "RL_knee" in symmetry.masses.where
    assert symmetry.axis_lines.amount == pytest.approx(ANCHOR_OFF)
    assert "RL_knee" in symmetry.axis_lines.where
    assert symmetry.ranges.amount == pytest.approx(0.7 - 0.3)  # −0.3 … 0.7 on the left; its image is −0.7 … 0.3
    assert WRONG_AXIS in symmetry.ranges.where


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (closed_loop, "loop"),
        (point_feet, "point feet"),
        (wheels, "wheel"),
        (three_wheels, "wheel"),
        (four_legs, "four legs"),
    ],
    ids=["closed loop", "point feet", "wheels", "three wheels", "four legs"],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(body, why: str, tmp_path: Path) -> None:
    made = body(tmp_path)
    path = made if isinstance(made, Path) else made.path
    with pytest.raises(UserError, match=why) as refusal:
        anatomy_of(read_source(path))
    assert len(str(refusal.value).splitlines()) == 1


def test_the_base_stands_upright(known: tuple[MadeUpBody, Anatomy]) -> None:
    _, anatomy = known
    assert abs(anatomy.frame.quaternion[0]) == pytest.approx(1.0, abs=1e-6)
    assert math.hypot(*anatomy.frame.position[:2]) < 1e-6


def test_arms_without_legs_are_none(tmp_path: Path) -> None:
    path = duck(tmp_path).path
    path.write_text(path.read_text().replace("ankle_pitch", "gripper"))
    with pytest.raises(UserError, match="has no legs: it would stand on 'left_gripper_link' and 'right_gripper_link'"):
        anatomy_of(read_source(path))
