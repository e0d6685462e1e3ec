"""What a rollout collects, counted by hand: three robots that age, one that falls at 2, one whose time is out at 3."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.envs.commands import Command
from playground_amp.learning import rollout

FALLS_AT, ENDS_AT = jnp.array([2, 99, 99]), jnp.array([99, 3, 99])
Anything = Any  # stands for the task, of which the rollout asks little


class Readings(NamedTuple):
    finite: jax.Array
    joint_torque: jax.Array


class State(NamedTuple):
    age: jax.Array  # [N]
    terminated: jax.Array
    truncated: jax.Array
    reward: jax.Array
    observation: dict[str, jax.Array]
    readings: Readings
    reward_terms: dict[str, jax.Array]
    average_velocity: jax.Array
    command: Command
    step: jax.Array
    previous_action: jax.Array
    joint_target: jax.Array
    physics: jax.Array
    parameters: jax.Array
    push: jax.Array
    sensors: jax.Array


def state(age: jax.Array, bad: jax.Array, torque: jax.Array | None = None) -> State:
    nothing, count = jnp.zeros(3), age * 1.0
    return State(
        age=age,
        terminated=age == FALLS_AT,
        truncated=age == ENDS_AT,
        reward=count,
        observation={"state": count[:, None]},
        readings=Readings(~bad, jnp.zeros((3, 1)) if torque is None else torque),
        reward_terms={"age": count, "half": count / 2},
        average_velocity=jnp.zeros((3, 3)),
        command=Command(*jnp.zeros((4, 3)), hold_heading=age == 1, steps_left=age),
        step=age,
        previous_action=jnp.zeros((3, 1)),
        joint_target=jnp.zeros((3, 1)),
        physics=count,
        parameters=nothing,
        push=nothing,
        sensors=nothing,
    )


class Task:
    """Rewards are ages, torques what is acted. From `bad_age` on, robot 2 is not finite."""

    class config:
        class env:
            control_dt = 0.5

    def __init__(self, bad_age: int = 99) -> None:
        self.env, self.bad_age = self, bad_age

    def velocity_command(self, state: Anything) -> jax.Array:
        return jnp.array([3.0, 4.0, 1.0])

    def step(self, states: State, action: jax.Array, difficulty: Any) -> tuple[State, State]:
        age = states.age + 1
        bad = (jnp.arange(3) == 2) & (age >= self.bad_age)
        reached = state(age, bad, action)
        going_on = state(jnp.where(reached.terminated | reached.truncated, 0, age), bad, action)
        return going_on, reached


@pytest.fixture(autouse=True)
def no_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "force_now", lambda push: jnp.zeros(3))
    monkeypatch.setattr(rollout, "true_target", lambda target, sensors: target)


def collected(
    steps: int, bad_age: int = 99, **options: Any
) -> tuple[State, rollout.EpisodeStatistics, rollout.Rollout]:
    def act(observation: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        return observation["state"], {"log_prob": observation["state"][:, 0]}

    task: Anything = Task(bad_age)
    start: Anything = state(jnp.zeros(3, jnp.int32), jnp.zeros(3, bool))
    return rollout.collect(task, act, start, rollout.start_statistics(3), jax.random.PRNGKey(0), steps, **options)  # pyright: ignore


def test_a_fall_and_a_time_out_end_an_episode_and_are_told_apart() -> None:
    states, _, experience = collected(4)
    steps = experience.transitions
    np.testing.assert_array_equal(steps.reward, [[1, 2, 1, 2], [1, 2, 3, 1], [1, 2, 3, 4]])
    np.testing.assert_array_equal(steps.discount, [[1, 0, 1, 0], [1, 1, 0, 1], [1, 1, 1, 1]])
    np.testing.assert_array_equal(steps.extras["state_extras"]["truncation"], [[0] * 4, [0, 0, 1, 0], [0] * 4])
    # What the policy saw is the state before each step; an ended episode starts anew.
    np.testing.assert_array_equal(steps.observation["state"][..., 0], [[0, 1, 0, 1], [0, 1, 2, 0], [0, 1, 2, 3]])
    np.testing.assert_array_equal(steps.action, steps.observation["state"])
    np.testing.assert_array_equal(steps.next_observation["state"], [[[0]], [[1]], [[4]]])
    np.testing.assert_array_equal(states.age, [0, 1, 4])
    assert int(experience.metrics["falls"]) == 2


def test_robots_that_are_watched_act_without_noise_and_their_noise_is_kept() -> None:
    def plain(observation: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        return -observation["state"], {}

    _, _, experience = collected(4, watched=(plain, jnp.array([True, False, False])))
    walked, action = experience.walked, experience.transitions.action
    assert walked
    np.testing.assert_array_equal(walked.torque, action * np.array([-1, 1, 1])[:, None, None])
    np.testing.assert_array_equal(walked.holds, experience.transitions.observation["state"][..., 0] == 1)
    np.testing.assert_array_equal(walked.ended, experience.transitions.discount == 0)
    np.testing.assert_array_equal(action, experience.transitions.observation["state"])
    assert collected(4)[2].walked is None


def test_means_are_of_the_episodes_that_ended() -> None:
    _, statistics, experience = collected(4)
    # Robot 0: 1 + 2 in 2 steps, twice; robot 1: 1 + 2 + 3 in 3.
    assert float(statistics.mean_reward) == pytest.approx((3 + 3 + 6) / 3)
    assert float(statistics.mean_length) == pytest.approx((2 + 2 + 3) / 3)
    np.testing.assert_array_equal(statistics.reward, [0, 1, 1 + 2 + 3 + 4])
    np.testing.assert_array_equal(statistics.length, [0, 1, 4])
    metrics = experience.metrics
    assert float(metrics["episode_length"]) == pytest.approx(7 / 3)
    # Means over robots and steps, a second: ages sum up to 6 + 7 + 10 in 12 steps of half a second.
    assert float(metrics["reward/age"]) == pytest.approx(23 / 12 / 0.5)
    assert float(metrics["reward/half"]) == pytest.approx(23 / 24 / 0.5)
    assert float(metrics["speed_error"]) == 5.0  # of (3, 4), nothing reached
    assert float(metrics["yaw_rate_error"]) == 1.0


def test_the_first_robot_that_goes_bad_is_kept_with_the_state_before() -> None:
    _, _, experience = collected(4, bad_age=3)
    assert bool(experience.evidence.found)
    assert float(experience.evidence.physics) == 2.0  # its age before  # pyright: ignore
    assert float(experience.evidence.action[0]) == 2.0
    assert int(experience.metrics["bad_envs"]) == 2
    assert float(experience.metrics["speed_error"]) == pytest.approx(5.0 * 10 / 12)  # left out of the means
    assert not bool(collected(4)[2].evidence.found)
