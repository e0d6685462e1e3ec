"""The speed that rewards are for: without the sway of the steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import EnvConfig
from playground_amp.envs import speed
from playground_amp.envs.commands import hold
from playground_amp.paths import STANDARD

COMMAND = hold(0.3)
CYCLE = 0.784  # s at 0.3 m/s: no whole number of control steps


def averages(env: EnvConfig, moments: np.ndarray) -> np.ndarray:
    """[T, 3] of velocities [T, 3], the first of them that of the start."""

    def following(before, moment):
        (average, recent), (velocity, step) = before, moment
        average, recent = speed.averaged(env, average, recent, velocity, step, COMMAND)
        return (average, recent), average

    steps = jnp.arange(1, len(moments))
    start = (jnp.asarray(moments[0]), speed.nothing_yet(env))
    return np.asarray(jax.lax.scan(following, start, (jnp.asarray(moments[1:]), steps))[1])


def task(average_time: float | None) -> EnvConfig:
    wanted = "null" if average_time is None else average_time
    return load_config(STANDARD, [f"env.velocity_average_time={wanted}"]).env


def test_over_a_gait_cycle_the_sway_of_the_steps_cancels():
    turns = 2 * np.pi * 0.02 * np.arange(300) / CYCLE
    moments = np.stack([0.29 + 0.1 * np.sin(2 * turns), 0.15 * np.cos(turns), 0.3 * np.sin(turns)], axis=1)
    errors = {each: averages(task(each), moments)[50:] - [0.29, 0.0, 0.0] for each in (0.25, None)}
    np.testing.assert_allclose(errors[None], 0.0, atol=5e-3)
    assert np.abs(errors[0.25][:, 1]).max() > 0.05


def test_what_was_a_cycle_ago_is_forgotten():
    moments = np.zeros((80, 3))
    moments[:20] = 1.0
    average = averages(task(None), moments)
    assert average[18 + 39].max() > 0  # 38 of 39.2 steps are over
    np.testing.assert_array_equal(average[18 + 41 :], 0.0)


def test_before_a_cycle_is_over_all_that_has_been_counts_alike():
    moments = np.zeros((11, 3))
    moments[1:, 0] = np.arange(10)
    np.testing.assert_allclose(averages(task(None), moments)[:, 0], np.arange(10) / 2, rtol=1e-5)


def test_a_time_constant_averages_exponentially():
    moments = np.zeros((4, 3))
    moments[1:] = 1.0
    np.testing.assert_allclose(averages(task(0.2), moments)[:, 0], 1 - 0.9 ** np.arange(1, 4), rtol=1e-6)


@pytest.mark.parametrize(("average_time", "length"), [(0.25, None), (None, 42)])
def test_only_who_needs_them_carries_recent_velocities(average_time, length):
    recent = speed.nothing_yet(task(average_time))
    assert (recent if recent is None else len(recent)) == length
