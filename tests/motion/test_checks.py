"""The gates see what they are for: each planted fault fails the gate named after it, and a sound clip passes all."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.motion.analysis import mean_velocity, stances
from playground_amp.motion.checks import made, recorded
from playground_amp.motion.checks.judge import check_clips
from playground_amp.motion.checks.made import MadeFigures
from playground_amp.motion.checks.recorded import RecordedFigures
from playground_amp.motion.clip import Clip, load_clip, load_clips
from playground_amp.motion.demonstrations import shipped_folder
from playground_amp.motion.generate.table import make_clip
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
CONFIG = load_config(Path("playground_amp/configs/wildrobot_phase3_training.yaml")).env


@pytest.fixture(scope="module")
def sound() -> Clip:
    return make_clip(ROBOT, CONFIG, (0.1, 0.0, 0.0))


def failed(clip: Clip) -> list[str]:
    return check_clips(ROBOT, [clip])[0].failed


def changed(clip: Clip, column: int, by: np.ndarray | float, field: str = "qpos") -> Clip:
    values = getattr(clip, field).copy()
    values[:, column] += by
    return dataclasses.replace(clip, **{field: values})


def test_generated_walking_passes_every_gate(sound: Clip) -> None:
    assert failed(sound) == []


def test_standing_passes_every_gate() -> None:
    assert failed(make_clip(ROBOT, CONFIG, (0.0, 0.0, 0.0))) == []


def test_a_robot_in_the_air_or_in_the_floor_is_seen(sound: Clip) -> None:
    assert "stance_height" in failed(changed(sound, 2, 0.01))
    assert {"stance_height", "below_floor"} <= set(failed(changed(sound, 2, -0.01)))


def test_sliding_feet_are_seen(sound: Clip) -> None:
    assert "slip" in failed(changed(sound, 0, 0.1, "qvel"))


def test_a_faster_command_than_the_motion_is_seen(sound: Clip) -> None:
    assert failed(dataclasses.replace(sound, command=np.array([0.3, 0, 0]))) == ["command_error"]


def test_a_pivoting_foot_is_seen(sound: Clip) -> None:
    assert "pivot_excess" in failed(changed(sound, 5, 0.5, "qvel"))


def test_a_joint_at_its_end_is_seen(sound: Clip) -> None:
    knee = 7 + ROBOT.joint_names.index("left_knee_pitch")
    shift = ROBOT.joint_upper[knee - 7] - sound.qpos[:, knee].max() - 0.04
    assert "joint_range_spare" in failed(changed(sound, knee, shift))


def test_a_limp_is_seen(sound: Clip) -> None:
    assert "mirror" in failed(changed(sound, 7 + ROBOT.joint_names.index("left_hip_roll"), 0.03))


def test_a_jump_at_the_wrap_is_seen(sound: Clip) -> None:
    half = len(sound.qpos) // 2
    cut = {name: getattr(sound, name)[: half // 2] for name in ("qpos", "qvel", "contact")}
    assert "step_mismatch" in failed(dataclasses.replace(sound, **cut))


def test_velocities_of_another_motion_are_seen(sound: Clip) -> None:
    assert "step_mismatch" in failed(dataclasses.replace(sound, qvel=3 * sound.qvel))


def test_a_motion_in_fast_forward_asks_too_much_of_the_joints(sound: Clip) -> None:
    fast = dataclasses.replace(sound, qvel=6 * sound.qvel, rate=6 * sound.rate, command=6 * sound.command)
    assert {"joint_speed", "torque_p99", "torque_peak"} <= set(failed(fast))


def test_a_lean_that_nothing_supports_is_seen(sound: Clip) -> None:
    tilted = sound.qpos.copy()
    tilted[:, 0] += 0.3 * np.sign(tilted[:, 0] + 1)
    lifted = dataclasses.replace(sound, contact=np.zeros_like(sound.contact), qpos=tilted)
    assert "unsupported" in failed(lifted)


def test_a_stance_across_the_wrap_is_one() -> None:
    contact = np.array([[1, 1], [0, 1], [0, 0], [1, 0], [1, 1]], bool)
    clip = Clip(
        name="",
        robot="",
        joint_names=(),
        rate=50.0,
        qpos=np.zeros((5, 18)),
        qvel=np.zeros((5, 17)),
        contact=contact,
        gait_phase=np.zeros(5),
        command=np.zeros(3),
        displacement=np.zeros(3),
        periodic=True,
        cycles=1,
        source="",
    )
    assert [frames.tolist() for frames in stances(clip, 0)] == [[3, 4, 0]]
    assert [frames.tolist() for frames in stances(clip, 1)] == [[4, 0, 1]]
    once = dataclasses.replace(clip, periodic=False)
    assert [frames.tolist() for frames in stances(once, 0)] == [[0], [3, 4]]


def test_mean_velocity_is_that_of_the_heading_frame() -> None:
    # Looks to the left (90 degrees) and moves along the world's y: that is forward.
    qpos, qvel = np.zeros((2, 18)), np.zeros((2, 17))
    qpos[:, 3], qpos[:, 6] = np.sqrt(0.5), np.sqrt(0.5)
    qvel[:, 1], qvel[:, 5] = 0.4, 0.2
    np.testing.assert_allclose(mean_velocity(qpos, qvel), (0.4, 0.0, 0.2), atol=1e-12)


def test_recordings_are_held_to_what_recordings_show() -> None:
    shipped = load_clips(shipped_folder(ROBOT), ROBOT)[::20]
    checked = check_clips(ROBOT, shipped)
    assert [each.failed for each in checked] == [[]] * len(shipped)
    assert {bound.figure for bound in checked[0].bounds} == set(RecordedFigures._fields)
    # The same motion, if it had been computed: impacts and joints on their stops would be held against it.
    assert all(failed(dataclasses.replace(clip, source="computed")) for clip in shipped if clip.command.any())


def test_a_recording_off_the_floor_is_seen() -> None:
    clip = load_clip(shipped_folder(ROBOT) / "stand.npz", ROBOT)
    assert {"contact_height", "unsupported"} <= set(failed(changed(clip, 2, 0.05)))


def test_bounds_name_what_is_measured() -> None:
    for record, kind in ((MadeFigures, made), (RecordedFigures, recorded)):
        assert tuple(bound.figure for bound in kind.bounds(ROBOT)) == record._fields
