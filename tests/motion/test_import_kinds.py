"""People as files show them: on a treadmill, backwards, in a mirror, without names, briefly, in many formats."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_people import CYCLE, RATE, SPEED, write_acclaim, write_bvh, write_positions, write_smpl
from scipy.spatial.transform import Rotation

from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.arms import with_arms
from playground_amp.motion.generate.gait import stand
from playground_amp.motion.human import importing
from playground_amp.motion.human.facing import arm_angles, heading_of
from playground_amp.motion.human.landmarks import Walker, find_joints, find_walker
from playground_amp.motion.human.reading import read_motion, require_rate
from playground_amp.motion.human.strides import Stride, in_reverse
from playground_amp.motion.human.timing import Timing, double_supports, flies, flight
from playground_amp.motion.human.walking import Walking, find_walking
from playground_amp.paths import STANDARD
from playground_amp.robot.arms import arms_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

SIDES = ("Left", "Right")
PARTS = ("UpLeg", "Leg", "Foot")


def shown(path: Path, rate: float | None = None) -> tuple[Walker, Walking]:
    motion = read_motion(path, rate)
    walker = find_walker(motion, find_joints(motion, {}), None, None)
    return walker, find_walking(walker)


def with_frames(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The file with its frames [T, columns] changed."""
    head, rest = path.read_text().split("Frame Time:")
    step, *rows = rest.splitlines()
    frames = change(np.array([row.split() for row in rows], dtype=float))
    head = head.replace(f"Frames: {len(rows)}", f"Frames: {len(frames)}")
    path.write_text("\n".join([f"{head}Frame Time:{step}", *(" ".join(map(str, row)) for row in frames.tolist())]))
    return path


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("seconds", [4.8, CYCLE], ids=["treadmill", "one cycle in place"])
def test_a_walk_on_the_spot_is_as_fast_as_its_feet(tmp_path: Path, seconds: float) -> None:
    path = write_bvh(tmp_path / "spot.bvh", seconds=seconds)
    walker, walking = shown(with_frames(path, lambda frames: frames * np.r_[0, 1, 0, np.ones(frames.shape[1] - 3)]))
    assert np.ptp(walker.pelvis[:, :2]) < 1e-6
    assert walking.on_the_spot
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.03)
    assert not shown(write_bvh(tmp_path / "walk.bvh"))[1].on_the_spot


def test_a_walk_backwards_is_one(tmp_path: Path) -> None:
    ahead = shown(write_bvh(tmp_path / "walk.bvh"))[1]
    _, walking = shown(with_frames(tmp_path / "walk.bvh", lambda frames: frames[::-1]))
    assert ahead.backward is None
    assert walking.backward is walking.straight
    np.testing.assert_allclose(walking.straight.stride.velocity, (-SPEED, 0, 0), atol=0.02)
    # Time that runs backwards twice runs forwards, and the left foot swings about 0.25 either way.
    np.testing.assert_allclose(in_reverse(walking.straight.stride).ankle, ahead.straight.stride.ankle, atol=0.02)
    height = walking.straight.stride.ankle[..., 2]
    assert 0.1 < height[:, 0].argmax() / len(height) < 0.4


def test_a_person_in_a_mirror_is_turned_back(tmp_path: Path) -> None:
    other = {f"{side}{part}": f"{SIDES[side == 'Left']}{part}" for side in SIDES for part in PARTS}
    walker, walking = shown(write_bvh(tmp_path / "walk.bvh", other))
    usual, _ = shown(write_bvh(tmp_path / "usual.bvh"))
    assert (walker.mirrored, usual.mirrored) == (True, False)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)
    assert walking.straight.stride.legs.knee.max() > 0.8


@pytest.mark.parametrize("up", ["y", "z"])
def test_legs_without_names_are_known_by_their_shape(tmp_path: Path, up: str) -> None:
    names = ["Hips", *(side + part for side in SIDES for part in PARTS)]
    numbered = {name: f"Bone{number:03d}" for number, name in enumerate(names)}
    motion = read_motion(write_bvh(tmp_path / "walk.bvh", numbered, up=up))
    joints = find_joints(motion, {})
    found = [motion.joints[joints[f"{side.lower()}_{part}"]] for side in SIDES for part in ("hip", "knee", "ankle")]
    assert found == [numbered[side + part] for side in SIDES for part in PARTS]


def test_little_more_than_a_cycle_is_enough(tmp_path: Path) -> None:
    # The left foot passes once, the right one once; the end is another pose than the beginning.
    _, walking = shown(write_bvh(tmp_path / "walk.bvh", seconds=1.2 * CYCLE))
    assert not walking.loops
    assert walking.straight.stride.duration == pytest.approx(CYCLE, rel=0.02)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)
    height = walking.straight.stride.ankle[..., 2]
    assert 0.1 < height[:, 0].argmax() / len(height) < 0.4


def test_who_lies_down_on_the_way_faces_as_before() -> None:
    hip = np.zeros((3, 2, 3))
    hip[:, 0, 1], hip[1, 0] = 0.2, (0, 0, 0.2)  # to the left; on one side; to the left
    np.testing.assert_allclose(heading_of(hip), 0, atol=1e-12)
    with pytest.raises(UserError, match="the left and the right hip are in the same place"):
        heading_of(hip * 0)


def test_acclaims_two_files_tell_the_same_walk(tmp_path: Path) -> None:
    walker, walking = shown(write_acclaim(tmp_path / "07_01.amc"))
    assert walker.leg_length == pytest.approx(0.83, abs=1e-3)
    assert walking.straight.stride.duration == pytest.approx(CYCLE, rel=0.01)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)
    usual = shown(write_bvh(tmp_path / "walk.bvh"))[1].straight.stride
    np.testing.assert_allclose(walking.straight.stride.legs.knee, usual.legs.knee, atol=0.03)
    np.testing.assert_allclose(walking.straight.stride.pitch, usual.pitch, atol=0.08)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("amc", lambda text: text[: text.rindex("rfoot")], "frame 576 ends without rfoot: it is damaged or cut off"),
        ("amc", lambda text: text.replace("lfemur", "lfemur 1", 1), "line 6: lfemur with 3 values; expected 2, once"),
        ("amc", lambda text: text.replace("ltibia ", "ltibia x", 1), "ltibia has values that are no numbers"),
        ("asf", lambda text: text.replace("length 0.45", "length 0"), "length of :units is 0"),
        ("asf", lambda text: text.replace("lfemur ltibia", "lfemur shin"), "names a bone that is not described"),
        ("asf", lambda text: text.replace("TX TY", "TY"), "the order of the root lacks TX, TY or TZ"),
    ],
)
def test_a_damaged_acclaim_file_is_named(tmp_path: Path, name: str, change: Callable[[str], str], message: str) -> None:
    path = write_acclaim(tmp_path / "07.amc")
    wrong = path.with_suffix(f".{name}")
    wrong.write_text(change(wrong.read_text()))
    with pytest.raises(UserError, match=message):
        read_motion(path)


def test_a_motion_without_its_skeleton_says_which_file_it_needs(tmp_path: Path) -> None:
    path = write_acclaim(tmp_path / "07.amc").rename(tmp_path / "07_02.amc")
    assert len(read_motion(path, 60.0).time) == 576  # 07.asf is its skeleton
    (tmp_path / "07.asf").unlink()
    with pytest.raises(UserError, match=r"its skeleton is missing; put 07\.asf beside it"):
        read_motion(path)


def test_places_of_joints_are_enough(tmp_path: Path) -> None:
    path = write_positions(tmp_path / "walk.npy")
    _, walking = shown(path, 60.0)
    np.testing.assert_allclose(walking.straight.stride.velocity, (SPEED, 0, 0), atol=0.02)
    usual = shown(write_bvh(tmp_path / "walk.bvh"))[1].straight.stride
    np.testing.assert_allclose(walking.straight.stride.pitch, usual.pitch, atol=0.08)
    with pytest.raises(UserError, match="give --rate"):
        read_motion(path)
    for wrong, message in ((np.zeros((9, 4)), r"shape \[9, 4\]"), (np.load(path)[:, ::-1], "not in SMPL's order")):
        np.save(path, wrong)
        with pytest.raises(UserError, match=message):
            read_motion(path, 60.0)


def test_the_vectors_of_text_to_motion_models_are_places(tmp_path: Path) -> None:
    places = np.load(write_positions(tmp_path / "walk.npy")).astype(float)
    rows = np.zeros((len(places), 263))
    root = places[:, 0]
    rows[:-1, 1:3] = np.diff(root[:, [0, 2]], axis=0)
    rows[:, 3] = root[:, 1]
    rows[:, 4:67] = (places[:, 1:] - root[:, None] * (1, 0, 1)).reshape(len(places), 63)
    np.save(tmp_path / "vectors.npy", rows)
    expected = read_motion(tmp_path / "walk.npy", 60.0).position
    np.testing.assert_allclose(read_motion(tmp_path / "vectors.npy", 60.0).position, expected, atol=1e-6)


def test_who_shuffles_unevenly_does_not_run() -> None:
    left, right = Timing(0.0, 0.2), Timing(0.25, 0.45)  # both feet down for 0.05 and 0.55 of the cycle
    assert not flies(left, right)
    np.testing.assert_allclose(double_supports(left, right), (0.05, 0.55))
    np.testing.assert_allclose(double_supports(right, left), (0.55, 0.05))
    for share in (0.6, 0.7):  # of the cycle that each foot swings, evenly
        left, right = Timing(0.0, share), Timing(0.5, share - 0.5)
        assert flies(left, right)
        assert flight(left, right) == pytest.approx(2 * share - 1)
    hop = Timing(0.0, 0.3)
    assert flight(hop, hop) == pytest.approx(0.3)
    assert flies(hop, hop)


def test_strides_that_last_too_long_name_the_rate(tmp_path: Path) -> None:
    path = write_positions(tmp_path / "walk.npy")
    with pytest.raises(UserError, match=r"strides lasts 0\.4 to 2\.5 s, they last \d.* --rate says"):
        shown(path, 10.0)


def test_other_programs_archives_of_the_smpl_family_are_read(tmp_path: Path) -> None:
    usual = read_motion(write_smpl(tmp_path / "walk.npz", 22))
    with np.load(tmp_path / "walk.npz") as archive:
        stored: dict[str, Any] = dict(archive)
    turns = stored["poses"].reshape(-1, 22, 3)
    matrices = Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix().reshape(-1, 22, 3, 3)
    for fields in (
        {"global_orient": turns[:, 0], "body_pose": turns[:, 1:].reshape(-1, 63), "transl": stored["trans"]},
        {"global_orient": matrices[:, :1], "body_pose": matrices[:, 1:], "transl": stored["trans"][:, None]},
        {"smpl_poses": stored["poses"], "smpl_trans": 93 * stored["trans"], "smpl_scaling": np.array([93.0])},
    ):
        np.savez(tmp_path / "other.npz", **fields)
        with pytest.raises(UserError, match="mocap_framerate is missing: give --rate"):
            read_motion(tmp_path / "other.npz")
        np.testing.assert_allclose(read_motion(tmp_path / "other.npz", 60.0).position, usual.position, atol=1e-6)


def test_the_rate_that_is_given_holds(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "walk.bvh", seconds=0.2)
    assert read_motion(path, 30.0).time[1] == pytest.approx(1 / 30)
    for wrong in (0.0, -60.0, 1e9):
        with pytest.raises(UserError, match="--rate can be 1 to 2000 frames a second"):
            require_rate(wrong)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("walk.fbx", "export it as .bvh"),
        ("walk.c3d", "markers need a skeleton"),
        ("walk.pkl", "numpy.savez its arrays"),
    ],
)
def test_what_is_not_read_says_what_to_do(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        read_motion(tmp_path / name)


def turning(frames: np.ndarray, rate: float = 0.5) -> np.ndarray:
    """The frames of a walk along z, y up, on a circle: columns are place, then turns about z, x and y, degrees."""
    turned, heading = frames.copy(), rate * np.arange(len(frames)) / RATE
    turned[:, 0] = SPEED / rate * (1 - np.cos(heading))
    turned[:, 2] = SPEED / rate * np.sin(heading)
    turned[:, 5] = np.degrees(heading)
    return turned


def test_a_turn_is_gentler_where_the_legs_do_not_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = load_robot("wildrobot")
    made: list[tuple[float, float]] = []

    def reaches(robot: Robot, stride: Stride, speed: float, control_dt: float, source: str) -> Clip:
        turn = float(stride.velocity[2]) * speed / SPEED
        if abs(turn) > 0.15:
            raise UserError(f"too far at {speed}")
        made.append((speed, turn))
        return stand(robot, control_dt)

    monkeypatch.setattr(importing, "retarget", reaches)
    path = with_frames(write_bvh(tmp_path / "walk.bvh"), turning)
    found = importing.import_motion(robot, load_config(STANDARD).env, importing.MotionFile(path), [0.2, 0.4, 0.6, 0.8])
    # Nothing goes straight, so the turn serves for that too, its mirror image averaged; then left, right: at 0.2 m/s
    # it turns by 0.11 rad/s, at 0.4 by 0.22, halved, at 0.6 by 0.33, which halved is too much still.
    straight, left, right = made[:4], made[4:6], made[6:]
    assert [turn for _, turn in straight] == [0.0] * 4
    np.testing.assert_allclose(left, [(0.2, 0.111), (0.4, 0.111)], atol=0.003)
    np.testing.assert_allclose(right, [(0.2, -0.111), (0.4, -0.111)], atol=0.003)
    assert found.left_out == ("too far at 0.6, nor for faster ones",) * 2


def test_faster_walks_are_made_though_the_slowest_will_not_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = load_robot("wildrobot")
    lowest = 0.25

    def sways(robot: Robot, stride: Stride, speed: float, control_dt: float, source: str) -> Clip:
        if not lowest < speed < 0.65:
            raise UserError(f"no walk at {speed}")
        return stand(robot, control_dt)

    monkeypatch.setattr(importing, "retarget", sways)
    source = importing.MotionFile(write_bvh(tmp_path / "walk.bvh"))
    speeds = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    found = importing.import_motion(robot, load_config(STANDARD).env, source, speeds)
    assert len(found.clips) == 4
    assert found.left_out == ("no walk at 0.2", "no walk at 0.7, nor for faster ones")
    lowest = 1.0
    with pytest.raises(UserError, match=r"no walk at 0\.2$"):
        importing.import_motion(robot, load_config(STANDARD).env, source, speeds)


def test_arms_that_act_do_as_the_persons() -> None:
    # Upper arms 0.3 ahead of hanging and 0.1 behind it, elbows bent by 0.4, whichever way the walker faces.
    swing, bend = np.array([0.3, -0.1]), 0.4
    for heading in (0.0, 2.0):
        ahead = np.array([np.cos(heading), np.sin(heading), 0])
        upper, fore = (np.sin(a)[:, None] * ahead - np.cos(a)[:, None] * (0, 0, 1) for a in (swing, swing + bend))
        angles = arm_angles(np.cumsum([0 * upper, upper, fore], axis=0)[:, None], np.array([heading]))
        np.testing.assert_allclose(angles[0], [[0.3, bend], [-0.1, bend]], atol=1e-9)
    robot = load_robot("wildrobot_arms")
    joints = with_arms(robot, robot.home_joint_position[None], angles) - robot.home_joint_position
    for side, arm in enumerate(arms_of(robot) or ()):
        assert arm.forward * joints[0, arm.swing] == pytest.approx(swing[side], abs=1e-9)
        assert arm.elbow is not None
        assert arm.bend * joints[0, arm.elbow] == pytest.approx(bend, abs=1e-9)
