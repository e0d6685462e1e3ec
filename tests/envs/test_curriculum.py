"""The difficulty: how it follows the length of episodes, and what it scales."""

import jax
import jax.numpy as jnp
import numpy as np
from moments import reward_inputs

from playground_amp.configs.loader import load_config
from playground_amp.envs import commands, curriculum, individuals, payment, pushes
from playground_amp.paths import ROBUST, STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale

CONFIG = load_config(ROBUST)
SETTINGS = CONFIG.trainer.curriculum


def test_long_episodes_make_it_harder_and_short_ones_easier():
    low, high = SETTINGS.episode_length

    def following(difficulty: float, length: float) -> float:
        return float(curriculum.next_difficulty(SETTINGS, jnp.float32(difficulty), jnp.float32(length), 1000))

    np.testing.assert_allclose(following(0.5, 1000 * high + 1), 0.5 + SETTINGS.rate, rtol=1e-6)
    np.testing.assert_allclose(following(0.5, 1000 * low - 1), 0.5 - SETTINGS.rate, rtol=1e-6)
    assert following(0.5, 500 * (low + high)) == 0.5
    assert following(1.0, 1000) == 1.0
    assert following(0.0, 0) == 0.0


def test_without_a_curriculum_everything_has_its_full_size():
    plain = load_config(STANDARD)
    assert curriculum.shares(plain.trainer.curriculum, jnp.float32(0.2)) == curriculum.Shares()
    assert float(curriculum.next_difficulty(plain.trainer.curriculum, jnp.float32(1.0), jnp.float32(1), 1000)) == 1.0


def test_each_part_grows_from_its_share_to_the_whole():
    shares = curriculum.shares(SETTINGS, jnp.float32(0.0))
    for name in curriculum.Shares._fields:
        np.testing.assert_allclose(getattr(shares, name), getattr(SETTINGS, name))
    half = curriculum.shares(SETTINGS, jnp.float32(0.5))
    np.testing.assert_allclose(half.commands, (1 + SETTINGS.commands) / 2)
    assert all(float(share) == 1.0 for share in curriculum.shares(SETTINGS, jnp.float32(1.0)))


def test_shares_scale_what_is_drawn():
    part = curriculum.Shares(*(jnp.float32(0.25) for _ in curriculum.Shares._fields))
    settings, robot = CONFIG.domain_randomization, load_robot("wildrobot")
    uniform = jax.random.uniform(jax.random.PRNGKey(0), (200, individuals.draw_count(robot)))

    def draw(shares: curriculum.Shares):
        def one(each):
            push = pushes.sample(each[: pushes.DRAWS], settings, 0.02, shares.pushes)
            command = commands.sample(
                each[: commands.DRAWS], CONFIG.env.commands, jnp.float32(0.0), 0.02, shares.commands, scale=Scale()
            )
            individual = individuals.draw(each, settings, robot, shares)
            return jnp.linalg.norm(push.force_w), command.forward, individual

        return jax.tree.map(np.asarray, jax.vmap(one)(uniform))

    push, forward, (parameters, sensors) = draw(curriculum.Shares())
    less_push, less_forward, (nearer, better) = draw(part)
    np.testing.assert_allclose(less_push, 0.25 * push, rtol=1e-5)
    moving = less_forward != 0
    np.testing.assert_allclose(less_forward[moving], 0.25 * forward[moving], rtol=1e-5)
    np.testing.assert_allclose(nearer.latency, 0.25 * parameters.latency, rtol=1e-5)
    np.testing.assert_allclose(nearer.motor_strength - 1, 0.25 * (parameters.motor_strength - 1), atol=1e-6)
    np.testing.assert_allclose(nearer.floor_friction - 0.8, 0.25 * (parameters.floor_friction - 0.8), atol=1e-6)
    np.testing.assert_allclose(better.joint_zero_offset, 0.25 * sensors.joint_zero_offset, rtol=1e-5)
    np.testing.assert_allclose(better.noise, 0.25)


def test_penalties_are_scaled_and_rewards_are_not():
    weights = {"alive": 1.0, "fall": -2.0}

    def paid(fallen: bool) -> dict[str, jax.Array]:
        return payment.weighted_terms(
            reward_inputs(after={"terminated": jnp.asarray(fallen)}), weights, 1.0, jnp.float32(0.5)
        )

    assert float(paid(fallen=False)["alive"]) == 1.0
    assert float(paid(fallen=True)["fall"]) == -1.0
