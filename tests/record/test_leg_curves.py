"""Hips, knees and ankles over the cycle: what is kept of one walk in another."""

from pathlib import Path

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.record.curves_picture import print_curves, save_curves
from playground_amp.record.leg_curves import CYCLE, Kept, LegCurves, clip_curves, kept, nearest, straight
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
LEFT = [ROBOT.joint_names.index(f"left_{part}_pitch") for part in ("hip", "knee", "ankle")]
RIGHT = [ROBOT.joint_names.index(f"right_{part}_pitch") for part in ("hip", "knee", "ankle")]
RATE, CYCLE_TIME = 50.0, 0.8


def curve(phase: np.ndarray) -> np.ndarray:
    """Hip, knee and ankle [T, 3] of a leg at phases of the cycle."""
    angle = 2 * np.pi * phase
    return np.stack([0.3 * np.cos(angle), 0.5 + 0.4 * np.sin(angle), 0.1 * np.cos(2 * angle)], axis=1)


def walk(speed: float, turn: float = 0.0, late: float = 0.0) -> Clip:
    """Four cycles of a walk whose right leg does as the left one, half a cycle later; `late` by a share of it."""
    clock = np.arange(round(4 * CYCLE_TIME * RATE)) / (CYCLE_TIME * RATE)
    phase = clock - late
    qpos = np.tile([0, 0, 0.4, 1, 0, 0, 0, *np.zeros(ROBOT.num_joints)], (len(phase), 1))
    sign = np.sign(ROBOT.joint_axis_b[LEFT, 1]), np.sign(ROBOT.joint_axis_b[RIGHT, 1])
    qpos[:, 7 + np.array(LEFT)] = curve(phase) * sign[0]
    qpos[:, 7 + np.array(RIGHT)] = curve(phase + 0.5) * sign[1]
    return Clip(
        name=f"at {speed}",
        robot=ROBOT.name,
        joint_names=ROBOT.joint_names,
        rate=RATE,
        qpos=qpos,
        qvel=np.zeros((len(phase), 6 + ROBOT.num_joints)),
        contact=np.ones((len(phase), 2), bool),
        gait_phase=clock % 1.0,
        command=np.array([speed, 0.0, turn]),
        displacement=np.zeros(3),
        periodic=False,
        cycles=0,
        source="made up",
    )


@pytest.mark.parametrize("late", [0.0, 0.3])
def test_a_clip_has_the_curves_that_it_was_made_of(late: float) -> None:
    curves = clip_curves(ROBOT, walk(0.4, late=late), "clip")
    assert curves.speed == 0.4
    assert curves.cycle_time == pytest.approx(CYCLE_TIME)
    np.testing.assert_allclose(curves.angles, curve(CYCLE), atol=1e-6)


def test_what_is_kept_by_hand() -> None:
    """Half the swing, a quarter of a cycle later (cosine against sine: no correlation), 0.1 rad up; the same; the
    other way round."""
    angle = 2 * np.pi * CYCLE
    person = LegCurves("person", 0.6, 0.8, np.stack([np.cos(angle)] * 3, axis=1))
    other = person._replace(angles=np.stack([0.5 * np.sin(angle) + 0.1, np.cos(angle), -np.cos(angle)], axis=1))
    hip, knee, ankle = kept(other, person)
    assert hip == pytest.approx((0.0, 0.5, 0.1), abs=1e-9)
    assert knee == pytest.approx((1.0, 1.0, 0.0), abs=1e-9)
    assert ankle == pytest.approx((-1.0, 1.0, 0.0), abs=1e-9)
    assert str(Kept(0.984, 0.5, -0.1)) == "0.98, ×0.50, -0.10"


def test_clips_that_go_straight_are_found_by_their_speed() -> None:
    clips = straight([walk(0.5), walk(0.3, turn=0.2), walk(0.3), walk(-0.2)])
    assert [clip.command[0] for clip in clips] == [0.3, 0.5]
    assert nearest(clips, 0.46, within=0.05) is clips[1]
    assert nearest(clips, 0.40, within=0.05) is None


def test_a_table_and_a_picture_tell_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    person = LegCurves("person", 0.6, 0.9, curve(CYCLE))
    speeds = [[clip_curves(ROBOT, walk(speed), what) for what in ("clip", "policy")] for speed in (0.3, 0.5)]
    print_curves(person, speeds)
    told = capsys.readouterr().out
    assert "swings 0.60 rad" in told
    assert told.count("1.00, ×1.00, +0.00") == 12
    save_curves(person, speeds, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "mine.png").write_bytes(b"somebody's")
    with pytest.raises(UserError, match=r"mine\.png"):
        save_curves(person, speeds, tmp_path / "mine.png")
