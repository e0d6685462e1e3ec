"""Clips as they are followed: what comes after what, where the robot should be, and what cannot be followed."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from made_up_walks import ROBOT

from playground_amp.envs.reference_motion import Followed
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.gait import stand
from playground_amp.record.track import due, make_track, next_of, start_of, velocity_of
from playground_amp.rotations import heading_of

STAND = stand(ROBOT, 0.02, seconds=0.2)
FRAMES = len(STAND.qpos)


def moved(periodic: bool, velocity: tuple[float, float, float] = (0.5, 0.0, 0.0)) -> Clip:
    """The standing robot, carried forward at a speed."""
    time = np.arange(FRAMES) * 0.02
    qpos, qvel = STAND.qpos.copy(), STAND.qvel.copy()
    qpos[:, 0] = velocity[0] * time
    qvel[:, 0] = velocity[0]
    way = np.array([velocity[0] * FRAMES * 0.02, 0.0, velocity[2] * FRAMES * 0.02])
    return dataclasses.replace(
        STAND, qpos=qpos, qvel=qvel, command=np.array(velocity), displacement=way, periodic=periodic, cycles=1
    )


def at(moment: int, place: tuple[float, float] = (0.0, 0.0), heading: float = 0.0) -> Followed:
    return Followed(jnp.int32(moment), jnp.array(place), jnp.float32(heading))


def test_a_clip_that_goes_round_goes_on_where_it_ended_and_another_one_stays() -> None:
    track = make_track(ROBOT, [moved(True, (0.5, 0.0, np.pi / 0.4)), moved(False)], 0.02)  # a quarter turn a round
    last = at(FRAMES - 1)
    round_again = next_of(track, last)
    assert int(round_again.moment) == 0
    np.testing.assert_allclose(round_again.place, [0.1, 0.0], atol=1e-6)
    assert float(round_again.heading) == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(due(track, round_again).place_w, [0.1, 0.0], atol=1e-6)
    once_more = next_of(track, round_again._replace(moment=last.moment))
    np.testing.assert_allclose(once_more.place, [0.1, 0.1], atol=1e-6)  # the second round goes to the left

    end = at(2 * FRAMES - 1)
    assert bool(track.ends[end.moment])
    assert not bool(track.ends[last.moment])
    assert int(next_of(track, end).moment) == int(end.moment)


def test_a_robot_starts_where_it_should_be() -> None:
    track = make_track(ROBOT, [moved(True)], 0.02)
    followed, qpos, qvel = start_of(track, jnp.int32(4), jnp.float32(2.0))
    now = due(track, followed)
    np.testing.assert_allclose(qpos[:2], [0.0, 0.0])
    np.testing.assert_allclose(now.place_w, qpos[:2], atol=1e-6)
    assert float(heading_of(qpos[3:7])) == pytest.approx(2.0, abs=1e-5)
    assert float(now.heading) == pytest.approx(2.0, abs=1e-5)
    np.testing.assert_allclose(qvel[:2], 0.5 * np.array([np.cos(2.0), np.sin(2.0)]), atol=1e-5)
    # A control step later it should be 10 mm further along its heading.
    then = due(track, next_of(track, followed))
    np.testing.assert_allclose(then.place_w, 0.01 * np.array([np.cos(2.0), np.sin(2.0)]), atol=1e-5)


def test_the_pose_that_is_due_is_that_of_the_clip() -> None:
    now = due(make_track(ROBOT, [STAND], 0.02), at(3))
    np.testing.assert_allclose(now.joint_position, STAND.joint_position[3], atol=1e-6)
    np.testing.assert_allclose(now.gravity_b, [0.0, 0.0, -1.0], atol=1e-3)
    assert float(now.height) == pytest.approx(STAND.qpos[3, 2], abs=1e-6)
    np.testing.assert_allclose(now.feet_h[:, 2], -now.height, atol=2e-3)  # the soles are on the floor
    assert now.contact.all()


def test_a_motion_that_changes_is_an_answer_to_the_way_it_goes_around_then() -> None:
    clip = moved(False)
    slower = np.linspace(1.0, 0.0, 100)
    qpos, qvel = np.tile(STAND.qpos[:1], (100, 1)), np.zeros((100, STAND.qvel.shape[1]))
    qvel[:, 0] = slower
    stopping = dataclasses.replace(clip, qpos=qpos, qvel=qvel)
    velocity = velocity_of(stopping)
    assert velocity[50, 0] == pytest.approx(slower[50], abs=0.02)
    assert velocity[0, 0] == pytest.approx(slower[:13].mean(), abs=0.02)
    assert not velocity[:, 1:].any()
    np.testing.assert_array_equal(velocity_of(moved(True))[:, 0], 0.5)


def test_a_clip_of_another_rate_is_refused() -> None:
    with pytest.raises(UserError, match="the clip stand has 50 frames a second, the task 100 control steps"):
        make_track(ROBOT, [STAND], 0.01)
