"""What is said of a clip that was followed, what becomes a demonstration, and the task that it shows."""

import io
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from made_up_walks import ROBOT
from rich.console import Console

from playground_amp.configs.loader import dump_config, load_config
from playground_amp.motion.clip import Clip, load_clips
from playground_amp.motion.clip_output import TASK, write_clips
from playground_amp.motion.generate.gait import stand
from playground_amp.motion.posture import posture_of_recordings
from playground_amp.paths import CONFIGS, STANDARD
from playground_amp.record.followed import FollowedClip, Followings, followed_clip
from playground_amp.record.follower import follower_config
from playground_amp.record.table import print_followed
from playground_amp.record.task import gait_of, task_of
from playground_amp.record.tracker import tracker_config

CONFIG = load_config(STANDARD)
STAND = stand(ROBOT, 0.02, seconds=0.2)
CYCLE = 40  # frames: 0.8 s


def walk(speed: float, cycle: int = CYCLE, periodic: bool = True) -> Clip:
    """Gliding legs: the first joint swings by 0.3 rad in a cycle; both feet carry for a quarter of it."""
    phase = np.arange(cycle) / cycle
    qpos = np.tile(STAND.qpos[:1], (cycle, 1))
    qvel = np.zeros((cycle, ROBOT.nv))
    qpos[:, 0], qvel[:, 0] = speed * np.arange(cycle) * 0.02, speed
    qpos[:, 7] = 0.3 * np.sin(2 * np.pi * phase)
    contact = np.stack([(phase >= 0.375), (phase < 0.5) | (phase >= 0.875)], axis=1)
    return Clip(
        name=f"person {speed:g}", robot=ROBOT.name, joint_names=ROBOT.joint_names, rate=50.0, qpos=qpos, qvel=qvel,
        contact=contact, gait_phase=phase, command=np.array([speed, 0.0, 0.0]),
        displacement=np.array([speed * cycle * 0.02, 0, 0]), periodic=periodic, cycles=1, source="a person",
    )  # fmt: skip


def rows(clip: Clip, steps: int, off: float = 0.02, share: float = 1.0, falls_at: int | None = None) -> Followings:
    """The clip again and again, a joint off by so much, at a share of its speed."""
    frame = np.arange(steps) % len(clip.qpos)
    qpos, qvel = clip.qpos[frame].copy(), clip.qvel[frame] * share
    qpos[:, 0] = share * clip.command[0] * np.arange(steps) * 0.02
    offset = np.zeros((steps, ROBOT.num_joints))
    offset[:, 2] = off * np.where(np.arange(steps) % 2, 1, -1)
    terminated = np.arange(steps) == falls_at
    return Followings(
        qpos, qvel, clip.gait_phase[frame], np.ones((steps, 4), bool), np.full(offset.shape, 0.5), offset, terminated,
    )  # fmt: skip


def followed(clip: Clip, **changes: Any) -> FollowedClip:
    return followed_clip(ROBOT, CONFIG, clip, [rows(clip, 900, **changes)] * 2, settle=150)


def test_errors_are_told_joint_by_joint() -> None:
    found = followed(walk(0.5), off=0.02 * ROBOT.num_joints, share=0.99)
    assert found.joint_errors[2] == pytest.approx(0.02 * ROBOT.num_joints)
    assert not np.delete(found.joint_errors, 2).any()
    assert found.figures.joint_error == pytest.approx(0.02)
    assert found.figures.speed_error == pytest.approx(0.005)
    assert found.reached[0] == pytest.approx(0.495)
    assert found.figures.torque_rms == pytest.approx(0.5)
    assert found.failed == ()


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"off": 0.1 * ROBOT.num_joints}, "joint_error"),
        ({"share": 0.85}, "speed_error"),
        ({"falls_at": 500}, "fell"),
    ],
)
def test_what_was_not_followed_is_no_demonstration(changes: dict[str, Any], failed: str) -> None:
    found = followed(walk(0.5), **changes)
    assert [each.figure for each in found.failed] == [failed]
    assert found.demonstrations == ()


def test_a_walk_that_goes_round_gives_one_demonstration_labeled_with_what_was_reached() -> None:
    (kept,) = followed(walk(0.5), share=0.99).demonstrations
    np.testing.assert_allclose(kept.command, [0.495, 0, 0])
    assert kept.is_recorded
    assert not kept.periodic
    assert len(kept.qpos) == 600  # 12 s
    assert kept.qpos[0, 0] == pytest.approx(150 * 0.02 * 0.495)  # after the first 3 s


def test_a_motion_that_ends_gives_pieces_each_with_its_own_command() -> None:
    clip = walk(0.5, cycle=301, periodic=False)
    clip.qvel[150:, 0] = 0.0
    # What comes after the end, where others are still being followed, counts for nothing: 300 steps lead to it.
    pieces = followed(clip, falls_at=500).demonstrations
    assert [len(piece.qpos) for piece in pieces] == [100, 100, 100]
    np.testing.assert_allclose([piece.command[0] for piece in pieces], [0.5, 0.25, 0.0], atol=1e-6)


def test_the_tables_name_every_clip_and_every_joint() -> None:
    text = io.StringIO()
    print_followed(ROBOT, [followed(walk(0.5)), followed(walk(0.3), falls_at=400)], Console(file=text, width=130))
    printed = text.getvalue()
    assert "recorded" in printed
    assert "4 of 4" in next(line for line in printed.splitlines() if "person 0.3" in line)
    assert all(joint in printed for joint in ROBOT.joint_names)


def test_the_task_has_the_gait_of_the_clips(tmp_path: Path) -> None:
    walks = [followed(walk(0.5, cycle=40)), followed(walk(0.3, cycle=50))]
    task = task_of(ROBOT, load_config(CONFIGS / "wildrobot_walk_like.yaml"), walks, tmp_path)
    gait, commands = task.env.gait, task.env.commands
    assert commands.forward == (0.275, 0.5)  # from a little below: the slowest is not the edge of standing
    assert (commands.sideways, commands.yaw_rate) == ((0, 0), (0, 0))
    assert commands.standing_share == CONFIG.env.commands.standing_share  # who walks has to stop as well
    # 1.0 s at 0.3 m/s, 0.8 s at 0.5 m/s: a second less a m/s
    assert gait.cycle_time_slope == pytest.approx(1.0, abs=1e-3)
    assert gait.cycle_time_at_rest == pytest.approx(1.3, abs=1e-3)
    assert gait.double_support == pytest.approx(0.25, abs=0.02)
    assert task.env.target_height == pytest.approx(STAND.qpos[0, 2], abs=1e-3)
    assert task.amp.demonstrations == str(tmp_path)


def test_one_speed_alone_has_one_cycle_time() -> None:
    gait = gait_of(ROBOT, CONFIG, [walk(0.4)])
    assert (gait["env.gait.cycle_time_slope"], gait["env.gait.cycle_time_at_rest"]) == (0.0, 0.8)


def test_the_task_lies_beside_its_demonstrations_and_earlier_ones_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "demonstrations"
    for speed in (0.5, 0.3):
        walks = [followed(walk(speed))]
        task = dump_config(task_of(ROBOT, CONFIG, walks, folder))
        write_clips([clip for each in walks for clip in each.demonstrations], folder, task)
    assert [clip.command[0] for clip in load_clips(folder, ROBOT)] == [0.3]
    assert load_config(folder / TASK).env.commands.forward == (0.275, 0.3)


def test_following_is_paid_for_by_its_own_terms_alone() -> None:
    config = follower_config(load_config(STANDARD, ["reward_weights.swing_tilt=-1", "amp.enabled=true"]))
    assert "swing_tilt" not in config.reward_weights
    assert "swing_clearance" not in config.reward_weights
    assert not config.amp.enabled
    assert list(config.stages) == ["learn", "obey", "spare"]


@pytest.mark.parametrize("made", [follower_config, tracker_config])
def test_what_is_set_holds_for_following_too_but_not_what_is_paid_for(made) -> None:
    given = ["env.bus=true", "trainer.desired_kl=0.03", "reward_weights.torque=-9", "stages={}"]
    config = made(load_config(STANDARD, given), given)
    assert (config.env.bus, config.trainer.desired_kl) == (True, 0.03)
    assert config.env.commands.heading_gain == 1.0
    assert list(config.stages) == ["learn", "obey", "spare"]
    assert not made(load_config(STANDARD)).env.bus


def test_the_posture_of_recordings_is_their_mean_over_the_cycle() -> None:
    noisy = followed(walk(0.5)).demonstrations + followed(walk(0.3)).demonstrations
    table = posture_of_recordings(noisy)
    np.testing.assert_allclose(table.forward, [0.3, 0.5])
    assert table.joint_position.shape == (2, 1, 1, 33, ROBOT.num_joints)
    resting = posture_of_recordings(noisy, at_rest=np.full(ROBOT.num_joints, 0.1))
    np.testing.assert_allclose(resting.at(jnp.zeros(3), jnp.float32(0.25)), 0.1, atol=1e-6)
    assert resting.spread == table.spread
    swing = np.asarray(table.at(jnp.array([0.4, 0.0, 0.2]), jnp.float32(0.25)))
    assert swing[0] == pytest.approx(0.3, abs=1e-4)
