"""The doctor on clips: what they show, and whether this robot could do it."""

from pathlib import Path

import numpy as np
import pytest
from doctored import JOINT_NAMES, ROBOT, changed, clips, config, exchanged, slow, with_joints

from playground_amp.doctor import clips as doctor
from playground_amp.doctor.check import findings_of
from playground_amp.motion.checks.recorded import touching_speed
from playground_amp.motion.clip import Clip
from playground_amp.motion.quotients import state_quotients
from playground_amp.physics.motion_analysis import SoleMotion
from playground_amp.robot.scale import Scale

TASK = config("forward=[0,0.5]", "sideways=[0,0]", "yaw_rate=[0,0.4]", "forward_share=1.0", "heading_share=0.0")


def examined(*given: Clip) -> str:
    return "\n".join(findings_of(doctor.check_clips(TASK, ROBOT, given, "clips")))


def test_healthy_clips_pass() -> None:
    checks = doctor.check_clips(TASK, ROBOT, clips(), "clips")
    assert [check.title for check in checks if not check.passed] == []


def test_clips_slower_than_the_commands() -> None:
    check = doctor.check_commands(config("forward=[0.5,0.8]", "sideways=[0,0]", "yaw_rate=[0,0]"), [slow()], "clips")
    (finding,) = check.findings
    assert finding.startswith("the task commands what no clip shows")
    assert "asks for 0.5 to 0.8 m/s, but the clips in clips show 0.27 to 0.27" in finding


def test_a_hole_between_the_clips() -> None:
    ends = [changed(slow(), command=np.array([speed, 0.0, 0.0])) for speed in (0.0, 0.8)]
    task = config("forward=[0,0.8]", "sideways=[0,0]", "yaw_rate=[0,0]", "forward_share=1.0", "heading_share=0.0")
    assert doctor.check_commands(task, ends, "clips").passed
    (finding,) = doctor.check_distances(task, ends, Scale()).findings
    assert "farther than 3 kernel widths from every clip" in finding


def test_standing_needs_no_clip() -> None:
    walks = [changed(slow(), command=np.array([speed, 0.0, 0.0])) for speed in (0.5, 0.7)]
    task = config("forward=[0.5,0.7]", "sideways=[0,0]", "yaw_rate=[0,0]", "standing_share=0.5", "forward_share=1.0")
    assert doctor.check_distances(task, walks, Scale()).passed
    only = config("standing_share=1.0")
    assert doctor.check_distances(only, walks, Scale()).measured == "100.0%"


def test_a_clip_that_says_another_speed_than_it_walks() -> None:
    assert "moves otherwise than its field command says" in examined(changed(slow(), command=np.array([0.5, 0, 0])))


def test_half_of_a_clip_stands_still() -> None:
    qpos, qvel, half = slow().qpos.copy(), slow().qvel.copy(), len(slow().qpos) // 2
    qpos[half:], qvel[half:] = qpos[half], 0.0
    found = examined(changed(slow(), qpos=qpos, qvel=qvel, periodic=False))
    assert f"{slow().name}: stands still in 50% of its frames though its command is to walk" in found


def test_standing_is_not_held_against_a_clip_of_standing() -> None:
    assert doctor.check_still(clips(), Scale()).passed


@pytest.mark.parametrize("kind", ["backward", "forward", "central"])
def test_finite_differences_in_a_file(kind: str) -> None:
    quotient = state_quotients(slow().qpos, slow().rate)._asdict()[kind]
    qvel = np.where(np.isfinite(quotient), quotient, slow().qvel).astype(np.float32)
    check = doctor.check_velocities([changed(slow(), qvel=qvel), clips()[2]], Scale())
    (finding,) = check.findings
    assert finding.startswith(f"{slow().name}: qvel is a finite difference of qpos ({kind})")


def test_two_joints_swapped_in_all_files() -> None:
    order = exchanged("left_hip_pitch", "left_knee_pitch")
    found = examined(*(with_joints(clip, order) for clip in clips()))
    assert "it looks as if left_hip_pitch and left_knee_pitch are swapped" in found


def test_two_joints_swapped_in_one_file_among_others() -> None:
    order = exchanged("left_knee_pitch", "right_knee_pitch")
    found = examined(with_joints(slow(), order), *clips()[2:], clips()[3])
    assert f"{slow().name}: it looks as if left_knee_pitch and right_knee_pitch are swapped" in found


def test_a_reversed_sign_in_a_file() -> None:
    sign = np.where(np.array(JOINT_NAMES) == "right_ankle_pitch", -1.0, 1.0)
    qpos, qvel = slow().qpos.copy(), slow().qvel.copy()
    qpos[:, 7:], qvel[:, 6:] = qpos[:, 7:] * sign, qvel[:, 6:] * sign
    assert "the sign of right_ankle_pitch is reversed" in examined(changed(slow(), qpos=qpos, qvel=qvel))


def test_joints_swapped_in_positions_only() -> None:
    swapped = with_joints(slow(), exchanged("left_hip_pitch", "left_knee_pitch"))
    assert "joint velocities are off the change" in examined(changed(swapped, qvel=slow().qvel))


def faster(clip: Clip, times: int) -> Clip:
    """The clip played so many times as fast."""
    rows = np.arange(0, len(clip.qpos), times)
    return changed(
        clip,
        qpos=clip.qpos[rows],
        qvel=clip.qvel[rows] * times,
        contact=clip.contact[rows],
        gait_phase=clip.gait_phase[rows],
        command=clip.command * times,
        periodic=False,
    )


def test_a_clip_the_servos_cannot_follow() -> None:
    assert "a joint needs far more torque than its servo has" in examined(faster(clips()[2], 2))
    assert "times as fast as its servo does without load" in examined(faster(clips()[2], 4))


@pytest.mark.parametrize(
    ("rise", "words"),
    [
        (-0.02, "m through the floor"),
        (0.05, "of the weight hangs in the air: no push of the floor"),
    ],
)
def test_feet_that_do_not_stand_on_the_floor(rise: float, words: str) -> None:
    qpos = slow().qpos.copy()
    qpos[:, 2] += rise
    assert words in examined(changed(slow(), qpos=qpos))


def test_a_base_that_glides() -> None:
    # The base goes 0.3 m/s faster than the legs carry it; its positions and velocities agree.
    qpos, qvel = slow().qpos.copy(), slow().qvel.copy()
    qpos[:, 0] += 0.3 * np.arange(len(qpos)) / slow().rate
    qvel[:, 0] += 0.3
    clip = changed(slow(), qpos=qpos, qvel=qvel, command=slow().command + np.array([0.3, 0, 0]), periodic=False)
    assert "carrying feet slide at 0.3 m/s" in examined(clip)


def test_joints_beyond_their_stops() -> None:
    qpos = slow().qpos.copy()
    qpos[:, 7 + JOINT_NAMES.index("waist_yaw")] = 0.7  # the range ends at 0.52
    assert "a joint is 0.18 rad beyond its stop" in examined(changed(slow(), qpos=qpos))


def test_the_speed_of_what_touches_is_that_of_the_part_on_the_floor() -> None:
    # The left sole stands on its two toe corners, which move at 0.1 m/s; the heel is up and faster.
    position, velocity = np.zeros((1, 2, 4, 3)), np.zeros((1, 2, 4, 3))
    position[0, 0, 2:, 2], velocity[0, 0, 2:, 0], velocity[0, 0, :2, 0] = 0.02, 1.0, 0.1
    speed = touching_speed(ROBOT, SoleMotion(position, velocity, np.zeros((1, 2)), np.zeros((1, 2))))
    np.testing.assert_allclose(speed, [[0.1, 0.0]])


def test_quotients_are_those_of_a_known_turn() -> None:
    # The base turns about its own z axis by 0.02 rad and moves 0.01 m a frame, at 50 frames a second.
    angle = 0.02 * np.arange(4)
    qpos = np.zeros((4, 18))
    qpos[:, 0], qpos[:, 3], qpos[:, 6] = 0.01 * np.arange(4), np.cos(angle / 2), np.sin(angle / 2)
    for quotient in state_quotients(qpos, 50.0):
        known = quotient[1:3]
        np.testing.assert_allclose(known[:, [0, 5]], np.tile([0.5, 1.0], (2, 1)), atol=1e-9)
        np.testing.assert_allclose(np.delete(known, [0, 5], axis=1), 0, atol=1e-9)


def test_a_folder_of_no_clips_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from playground_amp.cli import doctor as command
    from playground_amp.errors import UserError

    with pytest.raises(UserError, match="no clips"):
        command.main(["--demonstrations", str(tmp_path)])
    assert capsys.readouterr().out == ""
