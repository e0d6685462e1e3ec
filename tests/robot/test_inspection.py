"""What `robot.py inspect` says of bodies of our own making: nothing that is false, and every fault that was put in."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import faulty_bodies as faults
import pytest
from bodies import DUCK, backlash_duck, badly_mirrored, duck, tall_biped, urdf
from made_up_bodies import write_plan
from rich.console import Console

from playground_amp.errors import UserError
from playground_amp.robot.inspection.finding import Finding, counted
from playground_amp.robot.inspection.inspection import Inspection, inspect_robot
from playground_amp.robot.inspection.page import print_inspection
from playground_amp.robot.inspection.plain import plain_inspection
from playground_amp.robot.making.designing import design_of
from playground_amp.robot.making.recognition import anatomy_of
from playground_amp.robot.making.source import read_source

Change = Callable[[ElementTree.Element], None]


def inspected(folder: Path, change: Change | None = None) -> Inspection:
    return inspect_robot(write_plan(DUCK, folder, change).path)


def kinds(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.kind for finding in findings}


@pytest.mark.parametrize("body", [duck, backlash_duck])
def test_a_sound_robot_has_nothing_to_mend(body, tmp_path: Path) -> None:
    assert inspect_robot(body(tmp_path).path).to_mend == ()


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (faults.grams, "units", "grams"),
        (faults.gram_square_millimeters, "inertia", "from its center"),
        (faults.no_solid, "inertia", "left_knee_link' is that of no solid"),
        (faults.no_ranges, "ranges", "10 joints .* without a range"),
        (faults.degrees, "ranges", "more than a turn"),
        (faults.radians, "ranges", "10 joints .* can hardly move"),
        (faults.whole_turns, "ranges", "10 joints .* of a range of a whole turn"),
        (faults.forgotten_ankles, "drives", "left_ankle_pitch has no actuator, right_ankle_pitch has no actuator"),
        (faults.tied_ankles, "drives", "left_ankle_pitch is tied to 'left_knee'"),
        (faults.shapeless_feet, "feet", "no shape that can be read"),
        (faults.no_limits, "torque limits", "10 joints .* without a torque limit"),
        (faults.giant_limits, "torque limits", "±200 N·m"),
        (faults.one_limit, "symmetry", "torque limit of left_knee is 3.2 N·m, of right_knee 2"),
        (faults.soft, "gains", "ankles are soft"),
        (faults.undamped, "gains", "swing"),
        (faults.dead, "drives", "left_knee.*velocity servos"),
        (faults.bare, "armature", "10 joints .* armature 0"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_is_found_named_and_mended(change: Change, kind: str, words: str, tmp_path: Path) -> None:
    found = [finding for finding in inspected(tmp_path, change).to_mend if finding.kind == kind]
    matching = [finding for finding in found if re.search(words, finding.what)]
    assert matching, [finding.what for finding in found]
    assert all(finding.mend for finding in matching)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (faults.slides_and_hinges, "root", "not by a free joint"),
        (faults.loose_ball, "files", "ball"),
        (faults.weightless, "files", "its gravity is 0, 0, 0"),
        (faults.crowded, "collision", "left_hip_pitch_link and right_hip_pitch_link overlap"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_init_takes_care_of_is_said(change: Change, kind: str, words: str, tmp_path: Path) -> None:
    inspection = inspected(tmp_path, change)
    assert any(finding.kind == kind and words in finding.what for finding in inspection.findings)


def test_bodies_without_names_get_some(tmp_path: Path) -> None:
    assert inspected(tmp_path, faults.nameless).anatomy.base == "body_1"


def test_what_weighs_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'left_knee_link' moves but has no mass or no inertia"):
        inspected(tmp_path, faults.massless)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (faults.lying, "with all joints at zero its legs point along -x, not down: turn its base"),
        (faults.on_its_head, "stands on its head"),
        (faults.forgotten_knee, r"5 and 4 driven hinges: they must mirror each other \('right_knee' has no actuator\)"),
        (faults.one_leg, r"stands on one leg: it takes two \('right_hip_yaw' has no actuator, .* and more\)"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_cannot_walk_is_refused_with_its_reason(change: Change, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        inspected(tmp_path, change)


def test_a_range_that_one_side_lacks_is_that_of_the_other(tmp_path: Path) -> None:
    servos = inspected(tmp_path, faults.one_range).design.servos
    assert (servos["left_knee"].lower, servos["left_knee"].upper) == (-1.6, 0.05)
    assert servos["left_knee"].range_origin == "as of right_knee: none in the model"


def test_a_urdf_is_told_in_its_own_words(tmp_path: Path) -> None:
    path = urdf(tmp_path).path
    path.write_text(re.sub(r'lower="[^"]*" upper="[^"]*"', 'lower="-3.1416" upper="3.1416"', path.read_text()))
    (ranges,) = (f for f in inspect_robot(path).to_mend if f.kind == "ranges")
    assert '<limit lower="…" upper="…"/>' in ranges.mend


def test_lengths_in_millimeters_are_seen(tmp_path: Path) -> None:
    assert "units" in kinds(inspected(tmp_path, faults.millimeters).to_mend)


def test_a_pose_that_falls_is_found_by_letting_it_fall(tmp_path: Path) -> None:
    (home,) = (
        finding for finding in inspected(tmp_path / "leaning", faults.leaning).findings if finding.kind == "home"
    )
    assert "none of its keyframes (home)" in home.what
    assert "standing" in kinds(inspected(tmp_path / "soft", faults.soft).to_mend)
    # 2·1.6 N·m/rad over 2.1 kg · 9.81 m/s² · 0.17 m is 0.9: upright after two seconds, and on its way down
    assert "standing" in kinds(inspected(tmp_path / "slow", faults.barely_soft).to_mend)


def test_ankles_that_hold_less_have_the_weight_nearer_to_them(tmp_path: Path) -> None:
    home = inspected(tmp_path, faults.just_soft).design.home
    assert home.stands
    assert "behind their middle" in home.origin


def test_a_home_that_crouches_is_told_with_what_it_takes(tmp_path: Path) -> None:
    (home,) = (finding for finding in inspected(tmp_path, faults.crouching).to_mend if finding.kind == "home")
    assert re.search(r"crouches at home \(keyframe 'home'\), hips at [78]\d % .* takes \d+ % .*knee", home.what)
    assert "--home found" in home.mend
    source = read_source(tmp_path / "duck.xml")
    found = design_of(source, anatomy_of(source), found=True).home
    assert found.origin.startswith("found")
    assert found.height > inspect_robot(tmp_path / "duck.xml").design.home.height + 0.01


def test_feet_that_are_a_line_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="along a line"):
        inspected(tmp_path, faults.one_bar)


def test_the_plane_of_symmetry_is_not_drawn_aside_by_how_finely_a_sole_is_modeled(tmp_path: Path) -> None:
    plain, fine = inspected(tmp_path / "plain"), inspected(tmp_path / "fine", faults.finer_toe)
    assert fine.anatomy.frame.quaternion == pytest.approx(plain.anatomy.frame.quaternion, abs=1e-6)
    assert "symmetry" not in kinds(fine.findings)


def test_bad_mirrors_are_told_with_amount_and_place(tmp_path: Path) -> None:
    told = [f.what for f in inspect_robot(badly_mirrored(tmp_path).path).to_mend if f.kind == "symmetry"]
    assert any("axes lie 4 mm apart" in what and "RL_knee" in what for what in told)
    assert any("masses differ by 150 g" in what for what in told)
    assert any("ranges differ by 0.4 rad" in what and "RL_hip_roll" in what for what in told)


def test_motors_are_to_be_named(tmp_path: Path) -> None:
    (drives,) = (f for f in inspect_robot(tall_biped(tmp_path).path).to_mend if f.kind == "drives")
    assert "12 joints" in drives.what
    assert "torque motors" in drives.what
    assert "--servo" in drives.mend


def test_a_speed_that_no_servo_has_is_not_taken(tmp_path: Path) -> None:
    path = urdf(tmp_path).path
    path.write_text(path.read_text().replace('velocity="15"', 'velocity="100"'))
    (speed,) = (f for f in inspect_robot(path).to_mend if f.kind == "servo speed")
    assert "12 joints" in speed.what
    assert "100 rad/s" in speed.what
    assert "init takes 10.4 rad/s" in speed.mend  # 2.1 √(9.81 m/s² / 0.4 m)


def test_meshes_that_are_only_looks_do_not_matter(tmp_path: Path) -> None:
    files = [f for f in inspect_robot(urdf(tmp_path).path).findings if f.kind == "files"]
    assert files
    assert all(finding.severity == "note" for finding in files)


def test_hips_of_frames_between_hinges(tmp_path: Path) -> None:
    made = urdf(tmp_path)
    whole, tree = inspect_robot(made.path).anatomy, ElementTree.parse(made.path)
    for link in tree.getroot().iter("link"):
        if link.get("name", "").endswith(("hip_yaw_link", "hip_roll_link")):
            link[:] = []
    tree.write(made.path)
    inspection = inspect_robot(made.path)
    (inertia,) = (f for f in inspection.to_mend if f.kind == "inertia")
    assert "'LL_hip_yaw_link' and 3 more between joints" in inertia.what
    assert inspection.anatomy.legs == whole.legs


def test_soles_that_were_lost_are_to_be_mended(tmp_path: Path) -> None:
    found = inspect_robot(faults.lost_soles(tmp_path).path).to_mend
    assert any("Git-LFS" in finding.what for finding in found if finding.kind == "files")
    assert "feet" in kinds(found)


def test_a_shipped_robot_is_fine() -> None:
    assert inspect_robot(Path("wildrobot")).to_mend == ()


def test_the_page_says_what_the_robot_is_and_what_is_wrong(tmp_path: Path) -> None:
    page = io.StringIO()
    print_inspection(inspected(tmp_path, faults.one_limit), Console(file=page))
    text = page.getvalue()
    for word in ("trunk", "2.1 kg", "left_hip_roll", "right_ankle_pitch", "100 × 60 mm", "site imu", "torque limit"):
        assert word in text
    assert "1 thing to mend" in text


def test_the_plain_form_is_json_and_complete(tmp_path: Path) -> None:
    inspection = inspected(tmp_path, faults.one_limit)
    plain = json.loads(json.dumps(plain_inspection(inspection)))
    assert plain["status"] == 1
    assert plain["anatomy"]["mass"] == pytest.approx(2.1)
    (finding,) = (each for each in plain["findings"] if each["severity"] == "mend")
    assert finding["kind"] == "symmetry"
    assert finding["where"] == ["left_knee", "right_knee"]
    assert finding["figure"] == pytest.approx(1.2)


def test_long_lists_are_cut() -> None:
    assert counted("abcdef", "joint") == "6 joints (a, b, c, d and 2 more)"
    assert counted("a", "joint") == "1 joint (a)"
