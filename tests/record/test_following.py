"""The task of following clips: what is seen, what is asked for, when it ends."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_up_walks import ROBOT

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.reference_motion import Followed
from playground_amp.learning.networks import make_networks
from playground_amp.motion.generate.gait import stand
from playground_amp.paths import STANDARD
from playground_amp.record.followed import follow
from playground_amp.record.follower import follower_config
from playground_amp.record.following import FollowingEnv
from playground_amp.record.track import make_track

pytestmark = pytest.mark.usefixtures("optimized")

CONFIG = follower_config(load_config(STANDARD, ["actor_layers=[16]", "critic_layers=[16]"]))
STAND = stand(ROBOT, 0.02, seconds=2.0)
TRACK = make_track(ROBOT, [dataclasses.replace(STAND, periodic=False)], 0.02)


@pytest.fixture(scope="module")
def env() -> FollowingEnv:
    return FollowingEnv(CONFIG, TRACK)


def state(moment: int = 5, **changes: Any) -> Any:
    """A robot that stands as it should, but for the changes of its readings."""
    readings = {
        "base_position_w": TRACK.qpos[moment, :3],
        "base_height": TRACK.qpos[moment, 2],
        "heading": jnp.float32(0.0),
        "gravity_b": TRACK.gravity_b[moment],
        "joint_position": TRACK.qpos[moment, 7:],
        "finite": jnp.asarray(True),
    }
    followed = Followed(jnp.int32(moment), jnp.zeros(2), jnp.float32(0.0))
    return SimpleNamespace(readings=SimpleNamespace(**{**readings, **changes}), followed=followed, command=hold(0.0))


def test_an_episode_goes_on_in_states_of_one_shape(env: FollowingEnv) -> None:
    start = jax.eval_shape(env.reset, jax.random.key(0))
    reached = jax.eval_shape(env.step, start, jnp.zeros(ROBOT.num_joints))
    on_a_moment = jax.eval_shape(env.reset_on, jax.random.key(0), jnp.int32(3))
    assert jax.tree.structure(start) == jax.tree.structure(reached) == jax.tree.structure(on_a_moment)
    shapes = [[(x.shape, x.dtype) for x in jax.tree.leaves(each)] for each in (start, reached, on_a_moment)]
    assert shapes[0] == shapes[1] == shapes[2]
    assert {name: x.shape[0] for name, x in start.observation.items()} == env.observation_sizes
    assert set(start.reward_terms) == set(CONFIG.reward_weights)


def test_who_is_behind_is_asked_to_catch_up_but_not_too_fast(env: FollowingEnv) -> None:
    def asked(**changes: Any) -> np.ndarray:
        command = env._next_command(state(**changes), jnp.zeros(8), Shares())
        return np.array([command.forward, command.sideways, command.yaw_rate])

    place = TRACK.qpos[5, :3]
    np.testing.assert_allclose(asked(), 0.0, atol=1e-6)
    np.testing.assert_allclose(asked(base_position_w=place + jnp.array([-0.05, 0.02, 0])), [0.05, -0.02, 0], atol=1e-6)
    np.testing.assert_allclose(asked(base_position_w=place - jnp.array([0.5, 0, 0])), [0.1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(asked(heading=jnp.float32(-0.2)), [0, 0, 0.2], atol=1e-6)
    # Looking to the left, what lies ahead in the world is to the right.
    turned = asked(base_position_w=place - jnp.array([0.05, 0, 0]), heading=jnp.float32(np.pi / 2))
    np.testing.assert_allclose(turned[:2], [0, -0.05], atol=1e-6)


def test_who_falls_or_strays_is_told_from_who_follows(env: FollowingEnv) -> None:
    def lost(**changes: Any) -> tuple[bool, bool]:
        robot = state(**changes)
        now = env.due(robot.followed)
        return bool(env._fallen_from(now, robot.readings)), bool(env._astray(now, robot.readings))

    height = float(TRACK.qpos[5, 2])
    joints = TRACK.qpos[5, 7:]
    assert lost() == (False, False)
    assert lost(base_height=jnp.float32(height - 0.25)) == (True, False)
    assert lost(gravity_b=jnp.array([1.0, 0.0, 0.0])) == (True, False)
    assert lost(base_position_w=TRACK.qpos[5, :3] + jnp.array([0.45, 0, 0])) == (False, True)
    assert lost(heading=jnp.float32(1.2)) == (False, True)
    assert lost(joint_position=joints + 0.6) == (False, True)
    assert lost(joint_position=joints + 0.3) == (False, False)


@pytest.mark.slow
def test_a_clip_of_standing_is_followed_by_a_policy_that_does_nothing() -> None:
    env = FollowingEnv(CONFIG, TRACK, may_stray=True)
    sizes = env.observation_sizes
    policy = jax.tree.map(
        jnp.zeros_like, make_networks(CONFIG.trainer, ROBOT, sizes).policy_network.init(jax.random.PRNGKey(0))
    )
    normalizer = {name: {"state": fill(sizes["state"])} for name, fill in (("mean", np.zeros), ("std", np.ones))}
    clip = dataclasses.replace(STAND, periodic=False)
    (found,) = follow(CONFIG, {"normalizer": normalizer, "policy": policy}, TRACK, [clip], seed=0)
    assert found.failed == ()
    assert found.figures.joint_error < 0.04
    assert found.joint_errors.shape == (ROBOT.num_joints,)
    (kept,) = found.demonstrations
    assert len(kept.qpos) == len(clip.qpos) - 1  # from the moment after the first to the last
    assert not kept.command.any()
