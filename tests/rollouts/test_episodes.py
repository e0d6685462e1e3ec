"""Episodes end where they should, follow their programs, and do not depend on who walks beside them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.rollouts import episodes as rollouts
from playground_amp.rollouts.episodes import Episode, record_episodes
from playground_amp.rollouts.recording import Recording

CONFIG = load_config(STANDARD)
KEYS = jax.random.split(jax.random.PRNGKey(1), 4)


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return WildRobotEnv(CONFIG)


def lean(state: EnvState, joint_index: jax.Array) -> jax.Array:
    """Leans on the ankles until it falls forward."""
    return jnp.zeros_like(state.joint_target).at[joint_index].set(-0.4 / CONFIG.env.action_scale)


def first_joint_by_command(state: EnvState) -> jax.Array:
    """Turns a joint by the commanded speed; shows in the recording what was commanded, and when."""
    return jnp.zeros_like(state.joint_target).at[0].set(state.command.forward)


def test_a_robot_stops_being_recorded_at_its_distance(env: WildRobotEnv):
    # Falling forward passes 5 cm on the way; the other robots, asked for 0.5 m, fall.
    names = env.engine.robot.joint_names
    ankles = jnp.array([names.index("left_ankle_pitch"), names.index("right_ankle_pitch")])
    ahead = [(hold(0.5, heading=0.0), 5.0)]
    episodes = [Episode(ahead, distance) for distance in (0.05, 0.5, 0.5, 0.5)]
    short, far, *_ = record_episodes(env, Partial(lean, joint_index=ankles), episodes, KEYS)

    assert not short.fell
    assert far.fell
    assert 0.05 <= short.qpos[-1, 0] - short.qpos[0, 0] < 0.1


@pytest.fixture(scope="module")
def programs() -> list[Episode]:
    """A program of three commands, and others of other lengths."""
    changing = [(hold(0.3), 0.2), (hold(0.0), 0.1), (hold(-0.2), 0.3)]
    others = [[(hold(0.1 * number), seconds)] for number, seconds in enumerate((6.0, 0.1, 0.4))]
    return [Episode(program) for program in (changing, *others)]


@pytest.fixture(scope="module")
def side_by_side(env: WildRobotEnv, programs: list[Episode]) -> list[Recording]:
    return record_episodes(env, Partial(first_joint_by_command), programs, KEYS)


def test_commands_change_when_the_program_says(side_by_side: list[Recording]):
    asked = side_by_side[0].joint_target[1:, 0] / CONFIG.env.action_scale

    assert [len(each.qpos) for each in side_by_side] == [31, 301, 6, 21]
    assert asked == pytest.approx(np.repeat([0.3, 0.0, -0.2], [10, 5, 15]), abs=1e-6)


def test_episodes_that_wait_for_a_place_are_the_same(
    env: WildRobotEnv, programs: list[Episode], side_by_side: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rollouts, "PLACES", 2)
    heard: list[tuple[int, float]] = []
    in_turn = record_episodes(
        env, Partial(first_joint_by_command), programs, KEYS, lambda *progress: heard.append(progress)
    )

    for one, other in zip(side_by_side, in_turn, strict=True):
        np.testing.assert_allclose(one.qpos, other.qpos, atol=1e-5)
    assert heard == [(3, 5.0), (1, 10.0), (0, 15.0)]  # a place is filled anew after each chunk of 5 s
