"""Human walking becomes a clip of this robot: on the floor, in step with the clock, and within the gates."""

from pathlib import Path

import numpy as np
import pytest
from made_up_people import SPEED, write_bvh, write_smpl

from playground_amp.cli import motion
from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.motion.checks.judge import check_clips
from playground_amp.motion.clip import Clip, load_clips
from playground_amp.motion.human.importing import Imported, MotionFile, import_motion
from playground_amp.motion.human.strides import PHASES, symmetric
from playground_amp.motion.posture import over_a_cycle
from playground_amp.record.leg_curves import clip_curves, kept, person_curves
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
CONFIG = load_config(Path("playground_amp/configs/wildrobot_phase3_training.yaml")).env
MOCAP = next((each for each in map(Path, ("/work/shared/mocap", "../shared/mocap")) if each.is_dir()), None)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_motion(ROBOT, CONFIG, MotionFile(write_bvh(tmp_path_factory.mktemp("walk") / "walk.bvh")), [0.25])


def test_the_speed_is_froudes(imported: Imported) -> None:
    # Legs of 0.3726 m and 0.83 m: speeds go with the square root of 0.449.
    assert imported.froude_speed == pytest.approx(SPEED * np.sqrt(0.3726 / 0.83), rel=0.02)
    (clip,) = imported.clips
    np.testing.assert_allclose(clip.command, (0.25, 0, 0), atol=1e-6)


def test_the_clip_stands_on_the_floor_and_mirrors(imported: Imported) -> None:
    checked = check_clips(ROBOT, imported.clips)[0]
    # The torque of made-up legs is nobody's business here, nor that their feet fall within a twentieth of a cycle.
    assert set(checked.failed) <= {"torque_p99", "torque_peak", "step_mismatch"}
    assert checked.figures.step_mismatch < 0.05


def test_the_left_foot_swings_in_the_first_half(imported: Imported) -> None:
    contact, phase = imported.clips[0].contact, imported.clips[0].gait_phase
    assert contact[np.abs(phase - 0.25).argmin()].tolist() == [False, True]
    assert contact[np.abs(phase - 0.75).argmin()].tolist() == [True, False]


def test_joints_stay_within_their_ranges(imported: Imported) -> None:
    joints = imported.clips[0].qpos[:, 7:]
    assert (joints > ROBOT.joint_lower).all()
    assert (joints < ROBOT.joint_upper).all()


def test_the_command_writes_a_clip_and_says_what_it_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_smpl(tmp_path / "person.npz")
    status = motion.main(["import", str(path), "--speeds", "0.2", "0.3", "--output", str(tmp_path / "clips")])
    printed = capsys.readouterr().out
    assert status == 0
    assert "walking ahead from" in printed
    assert "torque p99" in printed
    assert [clip.command[0] for clip in load_clips(tmp_path / "clips", ROBOT)] == pytest.approx([0.2, 0.3])


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        motion.main(["import", str(tmp_path / "nothing.bvh")])
    with pytest.raises(UserError, match="--speeds must be above 0"):
        motion.main(["import", str(tmp_path / "nothing.bvh"), "--speeds", "0"])


def test_person_and_clip_are_told_by_the_same_curves(imported: Imported) -> None:
    person = person_curves(ROBOT, symmetric(imported.walking.straight.stride))
    assert person.speed == pytest.approx(imported.froude_speed)
    assert all(each.correlation > 0.9 for each in kept(clip_curves(ROBOT, imported.clips[0], "clip"), person))


def likeness(imported: Imported, clip: Clip) -> list[float]:
    """Correlations of the left hip, knee and ankle over the cycle: the clip's with the person's."""
    legs = symmetric(imported.walking.straight.stride).legs
    person = np.stack([-legs.thigh[:, 0], legs.knee[:, 0], legs.ankle()[:, 0]], axis=1)
    names = [clip.joint_names.index(f"left_{part}_pitch") for part in ("hip", "knee", "ankle")]
    clips = over_a_cycle(clip, np.arange(PHASES) / PHASES)[:, names]
    return [float(np.corrcoef(a, b)[0, 1]) for a, b in zip(person.T, clips.T, strict=True)]


@pytest.mark.skipif(MOCAP is None, reason="the motion capture of ../shared/mocap is not on this machine")
@pytest.mark.parametrize("name", ["walk_nyu.bvh", "walk_deepmimic.json"])
def test_real_people_can_be_imported(name: str) -> None:
    assert MOCAP is not None
    imported = import_motion(ROBOT, CONFIG, MotionFile(MOCAP / name), [0.3, 0.5])
    straight = [clip for clip in imported.clips if clip.command[2] == 0]
    assert [clip.command[0] for clip in straight] == pytest.approx([0.3, 0.5])
    for checked in check_clips(ROBOT, straight):
        assert set(checked.failed) <= {"torque_p99", "torque_peak"}
    for clip in straight:
        assert min(likeness(imported, clip)) > 0.95
