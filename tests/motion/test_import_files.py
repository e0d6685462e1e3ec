"""Files of motion capture: what they say is read, and what is wrong in them is named by line, field, frame or joint."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_people import CYCLE, RATE, SPEED, write_bvh, write_deepmimic, write_smpl

from playground_amp.errors import UserError
from playground_amp.motion.human.bvh import read_bvh
from playground_amp.motion.human.deepmimic import read_deepmimic
from playground_amp.motion.human.landmarks import find_joints, find_walker, read_map
from playground_amp.motion.human.reading import read_motion
from playground_amp.motion.human.smpl import read_smpl
from playground_amp.motion.human.strides import mirrored
from playground_amp.motion.human.walking import find_walking

MIXAMO = {"Hips": "mixamorig:Hips", "LeftUpLeg": "mixamorig:LeftUpLeg", "LeftLeg": "mixamorig:LeftLeg"}
UNREAL = {"Hips": "pelvis", "LeftUpLeg": "thigh_l", "LeftLeg": "calf_l", "LeftFoot": "foot_l"} | {
    "RightUpLeg": "thigh_r",
    "RightLeg": "calf_r",
    "RightFoot": "foot_r",
}
BIPED = {
    "Hips": "Bip01 Pelvis",
    "LeftUpLeg": "Bip01 L Thigh",
    "LeftLeg": "Bip01 L Calf",
    "LeftFoot": "Bip01 L Foot",
} | {
    "RightUpLeg": "Bip01 R Thigh",
    "RightLeg": "Bip01 R Calf",
    "RightFoot": "Bip01 R Foot",
}
KINECT = {"Hips": "HipCenter", "LeftUpLeg": "HipLeft", "LeftLeg": "KneeLeft", "LeftFoot": "AnkleLeft"} | {
    "RightUpLeg": "HipRight",
    "RightLeg": "KneeRight",
    "RightFoot": "AnkleRight",
}


VROID = {
    f"{side}{part}": f"J_Bip_{side[0]}_{name}"
    for side in ("Left", "Right")
    for part, name in (("UpLeg", "UpperLeg"), ("Leg", "LowerLeg"), ("Foot", "Foot"))
} | {"Hips": "J_Bip_C_Hips"}
LEGS = [f"{side}{part}" for side in ("Left", "Right") for part in ("UpLeg", "Leg", "Foot")]
GLUED = {name: f"mixamorig{name}" for name in ("Hips", *LEGS)}
UNDERSCORED = {name: f"mixamorig_{name}" for name in ("Hips", *LEGS)}
MAYA = {name: f"{name[0].lower()}_{re.sub('Left|Right', '', name).lower()}_JNT" for name in LEGS} | {"Hips": "root_JNT"}
MIKU_MIKU_DANCE = {
    f"{side}{part}": f"{mark}{name}"
    for side, mark in (("Left", "左"), ("Right", "右"))
    for part, name in (("UpLeg", "足"), ("Leg", "ひざ"), ("Foot", "足首"))
} | {"Hips": "センター"}


def stride_of(path: Path, unit: str | None = None):
    recording = read_motion(path)
    walker = find_walker(recording, find_joints(recording, {}), unit, None)
    return walker, find_walking(walker)


@pytest.mark.parametrize(
    "names",
    [{}, MIXAMO, GLUED, UNDERSCORED, UNREAL, BIPED, KINECT, VROID, MAYA, MIKU_MIKU_DANCE],
    ids=["plain", "mixamo", "glued", "underscored", "unreal", "biped", "kinect", "vroid", "maya", "mikumikudance"],
)
def test_joints_are_found_by_their_usual_names(tmp_path: Path, names: dict[str, str]) -> None:
    recording = read_bvh(write_bvh(tmp_path / "walk.bvh", names, seconds=0.2))
    joints = find_joints(recording, {})
    assert recording.joints[joints["right_knee"]] == names.get("RightLeg", "RightLeg")
    assert recording.joints[joints["left_ankle"]] == names.get("LeftFoot", "LeftFoot")
    assert recording.joints[joints["pelvis"]] == names.get("Hips", "Hips")


@pytest.mark.parametrize(
    ("unit", "name"), [(1.0, "m"), (0.01, "cm"), (0.0254, "inch"), (0.001, "mm"), (0.0254 / 0.45, "cmu")]
)
@pytest.mark.parametrize("up", ["y", "z"])
def test_units_and_axes_are_found(tmp_path: Path, unit: float, name: str, up: str) -> None:
    walker, walking = stride_of(write_bvh(tmp_path / "walk.bvh", unit=unit, up=up))
    assert (walker.unit, walker.up) == (name, up)
    assert walker.leg_length == pytest.approx(0.83, abs=1e-3)
    assert walking.straight.stride.duration == pytest.approx(CYCLE, rel=1e-2)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)


@pytest.mark.parametrize("seconds", [CYCLE, CYCLE + 1 / RATE], ids=["one frame before", "the first frame again"])
def test_one_cycle_that_ends_as_it_began_goes_round(tmp_path: Path, seconds: float) -> None:
    _, walking = stride_of(write_bvh(tmp_path / "walk.bvh", seconds=seconds))
    assert walking.loops
    assert walking.straight.stride.duration == pytest.approx(CYCLE, rel=1e-3)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.01)
    with pytest.raises(UserError, match="or a recording that ends as it began"):
        stride_of(write_bvh(tmp_path / "step.bvh", seconds=CYCLE / 2))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_text_of_any_system_is_read(tmp_path: Path, encoding: str, ends: str) -> None:
    text = write_bvh(tmp_path / "walk.bvh", seconds=0.2).read_text()
    (tmp_path / "other.bvh").write_bytes(text.replace("\n", ends).encode(encoding))
    assert read_motion(tmp_path / "other.bvh").joints == read_motion(tmp_path / "walk.bvh").joints
    motion = write_deepmimic(tmp_path / "walk.json").read_text()
    (tmp_path / "walk.txt").write_bytes(motion.encode(encoding))  # as DeepMimic's own files are called
    assert len(read_motion(tmp_path / "walk.txt").time) == len(read_motion(tmp_path / "walk.json").time)


@pytest.mark.parametrize("order", ["XYZ", "ZYX", "YXZ"])
def test_the_order_of_the_channels_counts(tmp_path: Path, order: str) -> None:
    _, walking = stride_of(write_bvh(tmp_path / "walk.bvh", order=order))
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)


@pytest.mark.parametrize("write", [write_deepmimic, write_smpl])
def test_the_other_formats_tell_the_same_walk(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    suffix = ".json" if write is write_deepmimic else ".npz"
    _, walking = stride_of(write(tmp_path / f"walk{suffix}"))
    assert walking.straight.stride.duration == pytest.approx(CYCLE, rel=0.02)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.03)


def test_left_swings_in_the_first_half(tmp_path: Path) -> None:
    _, walking = stride_of(write_bvh(tmp_path / "walk.bvh"))
    height = walking.straight.stride.ankle[..., 2]
    assert 0.1 < height[:, 0].argmax() / len(height) < 0.4
    assert 0.6 < height[:, 1].argmax() / len(height) < 0.9
    # The made-up walk is its own mirror image, half a cycle later.
    np.testing.assert_allclose(mirrored(walking.straight.stride).ankle, walking.straight.stride.ankle, atol=0.01)


def test_other_programs_break_lines_and_order_otherwise(tmp_path: Path) -> None:
    usual = write_bvh(tmp_path / "walk.bvh", seconds=0.2)
    text = usual.read_text()
    swapped = re.sub(r"(OFFSET [^\n]*)\n(CHANNELS [^\n]*)", r"\2\n\1", text)
    head, step, *frames = re.split(r"(?<=MOTION\n)|(?<=Frame Time: .{10}\n)", swapped)
    numbers = "".join(frames).split()
    broken = "\n".join(" ".join(numbers[start : start + 7]) for start in range(0, len(numbers), 7))
    (tmp_path / "other.bvh").write_text(head + step + broken + "\n")
    np.testing.assert_array_equal(read_bvh(tmp_path / "other.bvh").position, read_bvh(usual).position)
    comma = text.replace("Frame Time: ", "Frame Time:").replace("Frames: ", "Frames ").replace(".", ",")
    (tmp_path / "other.bvh").write_text(comma)
    np.testing.assert_array_equal(read_bvh(tmp_path / "other.bvh").position, read_bvh(usual).position)


def damaged(write: Callable[[Path], Path], change: Callable[[str], str], path: Path) -> Path:
    write(path)
    path.write_text(change(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "line 1: expected HIERARCHY, found the end of the file"),
        (lambda text: text.replace("OFFSET 0 0 0", "OFFSET 0 0", 1), "line 4: OFFSET of Hips needs 3 numbers, found 2"),
        (lambda text: text.replace("CHANNELS 6", "CHANNELS 5", 1), "line 5: CHANNELS of Hips: announces 5"),
        (lambda text: text.replace("Zrotation", "Wrotation", 1), "line 5: unknown channel Wrotation of Hips"),
        (lambda text: text.replace("Frames: 30", "Frames: 31"), "announces 31, the file holds 30: it is damaged"),
        (lambda text: text[: text.rindex(" ")] + "\n", ": a frame needs 24 numbers, found 23"),
        (lambda text: text[: text.rindex(" ")] + " x\n", ": a frame: 'x' is no number"),
        (lambda text: text[: text.rindex(" ")] + " nan\n", ": a frame: nan is not finite"),
        (lambda text: text.replace("Frame Time: 0", "Frame Time: -0"), "Frame Time is -0.0166667 s"),
        (lambda text: text.replace("MOTION", "ROOT Other"), "a second ROOT"),
        (lambda text: text.replace("JOINT RightLeg", "JIONT RightLeg"), "expected JOINT, found 'JIONT RightLeg'"),
    ],
)
def test_a_damaged_bvh_is_named_by_line(tmp_path: Path, change: Callable[[str], str], message: str) -> None:
    path = damaged(lambda path: write_bvh(path, seconds=0.5), change, tmp_path / "walk.bvh")
    with pytest.raises(UserError, match=r"walk\.bvh, line \d+: ") as error:
        read_bvh(path)
    assert message in str(error.value)


def test_a_damaged_deepmimic_file_is_named_by_line_frame_or_joint(tmp_path: Path) -> None:
    path = write_deepmimic(tmp_path / "walk.json")
    whole = json.loads(path.read_text())
    path.write_text('{"Loop": "wrap",\n"Frames": [[1, 2')
    with pytest.raises(UserError, match="line 2: no valid JSON"):
        read_deepmimic(path)
    for change, message in (
        (lambda frames: frames[3].pop(), "frame 3 holds 43 numbers, expected 44"),
        (lambda frames: frames[2].__setitem__(9, "x"), "frame 2 holds x, expected finite numbers"),
        (
            lambda frames: frames[5].__setitem__(16, 7.0),
            "joint right_hip, frame 5: a quaternion that is off unit length",
        ),
        (lambda frames: frames[4].__setitem__(0, -1.0), "frame 4 lasts -1 s"),
        (lambda frames: frames[1].__setitem__(2, 10**30), "frame 1 holds 1000000000000000000000000000000, expected"),
        (lambda frames: frames[1].__setitem__(2, float("nan")), "frame 1 holds nan, expected finite numbers"),
    ):
        stored = json.loads(json.dumps(whole))
        change(stored["Frames"])
        path.write_text(json.dumps(stored))
        with pytest.raises(UserError) as error:
            read_deepmimic(path)
        assert message in str(error.value)
    for text, message in (
        ("{}", "the field Frames"),
        ("[" * 10**5, "nested too deeply"),
        ("9" * 5000, "no valid JSON"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            read_deepmimic(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("poses", None, "the field poses is missing"),
        ("trans", None, "the field trans is missing"),
        ("mocap_framerate", None, "the field mocap_framerate is missing"),
        ("poses", np.zeros((9, 70)), "the field poses has the shape [9, 70], expected [frames, n]"),
        ("poses", np.full((288, 72), 90.0), "holds a rotation of 156 rad; are these degrees?"),
        ("trans", np.zeros((4, 3)), "the field trans has the shape [4, 3]"),
        ("trans", np.full((288, 3), np.nan), "the field trans holds numbers that are not finite"),
        ("mocap_framerate", np.array(0.0), "the field mocap_framerate must be one number above 0"),
    ],
)
def test_a_wrong_field_of_an_amass_file_is_named(tmp_path: Path, field: str, value: object, message: str) -> None:
    path = write_smpl(tmp_path / "walk.npz")
    with np.load(path) as archive:
        stored: dict[str, Any] = dict(archive)
    stored.pop(field)
    changed: dict[str, Any] = stored if value is None else stored | {field: np.asarray(value)}
    np.savez(path, **changed)
    with pytest.raises(UserError) as error:
        read_smpl(path)
    assert message in str(error.value)


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
def test_every_body_of_the_family_is_read(tmp_path: Path, joints: int) -> None:
    assert read_smpl(write_smpl(tmp_path / "walk.npz", joints)).joints[4] == "left_knee"


def test_unknown_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown ending '\.fbx'"):
        read_motion(tmp_path / "walk.fbx")
    with pytest.raises(UserError, match="there is no file"):
        read_motion(tmp_path / "walk.bvh")


def test_names_that_cannot_be_guessed_are_asked_for(tmp_path: Path) -> None:
    usual = write_bvh(tmp_path / "walk.bvh", {"LeftLeg": "Joint7"}, seconds=0.2)
    usual.write_text(usual.read_text().replace("-42.0", "-21.0", 1))  # legs of two lengths, which no shape tells
    recording = read_bvh(usual)
    with pytest.raises(UserError, match=r"which joint is the left knee; give --map .* 'left_knee: NAME'"):
        find_joints(recording, {})
    (tmp_path / "map.yaml").write_text("left_knee: Joint7\n")
    assert recording.joints[find_joints(recording, read_map(tmp_path / "map.yaml"))["left_knee"]] == "Joint7"
    (tmp_path / "map.json").write_text('{"left_nee": "Joint7"}')
    with pytest.raises(UserError, match="unknown part left_nee; did you mean left_knee"):
        read_map(tmp_path / "map.json")
    with pytest.raises(UserError, match="no joint of that name; did you mean Joint7"):
        find_joints(recording, {"left_knee": "Joint8"})
    with pytest.raises(UserError, match=r"RightLeg \(left knee\) does not hang on LeftUpLeg"):
        find_joints(recording, {"left_knee": "RightLeg"})


def test_position_channels_of_nothing_but_zeros_are_named(tmp_path: Path) -> None:
    head, rows = write_bvh(tmp_path / "walk.bvh", seconds=0.2).read_text().split("Frame Time:")
    step, *frames = rows.splitlines()
    turns = [row.split() for row in frames]
    padded = [" ".join([*row[:6], *(f"0 0 0 {' '.join(row[i : i + 3])}" for i in range(6, 24, 3))]) for row in turns]
    head = head.replace("CHANNELS 3", "CHANNELS 6 Xposition Yposition Zposition")
    (tmp_path / "zero.bvh").write_text("\n".join([f"{head}Frame Time:{step}", *padded]))
    with pytest.raises(UserError, match=r"LeftLeg \(left knee\) is in the place of LeftUpLeg .* that are all zero"):
        stride_of(tmp_path / "zero.bvh")


def test_standing_is_no_walking(tmp_path: Path) -> None:
    path = write_smpl(tmp_path / "stand.npz")
    with np.load(path) as archive:
        stored: dict[str, Any] = dict(archive)
    changed: dict[str, Any] = stored | {"poses": np.repeat(stored["poses"][:1], len(stored["poses"]), axis=0)}
    np.savez(path, **changed)
    with pytest.raises(UserError, match="no walking found"):
        stride_of(path)
