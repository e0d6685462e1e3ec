"""The networks' activation, and the noise that they act with."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.envs.observations import observation_sizes
from playground_amp.learning.networks import elu, make_networks
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot


def test_the_activation_and_its_slope_are_those_of_elu() -> None:
    x = jnp.concatenate([jnp.linspace(-30, 30, 3001), jnp.array([-1e-6, -0.0, 0.0, 1e-6, -1e30, 1e30])])
    np.testing.assert_allclose(elu(x), nn.elu(x), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(jax.vmap(jax.grad(elu))(x), jax.vmap(jax.grad(nn.elu))(x), rtol=1e-6, atol=1e-7)


def test_a_share_of_the_learned_noise_is_acted_with_and_counted() -> None:
    robot = load_robot("wildrobot")
    whole, part = (
        make_networks(load_config(STANDARD, settings).trainer, robot, observation_sizes(robot, history=1))
        for settings in ([], ["trainer.exploration=0.25"])
    )
    learned = (jnp.full((1000, 11), 0.3), jnp.full((1000, 11), 0.2))  # mean, standard deviation
    actions, fewer = (
        each.parametric_action_distribution.sample(learned, jax.random.PRNGKey(0)) for each in (whole, part)
    )
    np.testing.assert_allclose(fewer - 0.3, 0.25 * (actions - 0.3), atol=1e-6)
    np.testing.assert_array_equal(part.parametric_action_distribution.mode(learned), learned[0])
    said = part.parametric_action_distribution.log_prob(learned, fewer)
    gaussian = -0.5 * ((fewer - 0.3) / 0.05) ** 2 - np.log(0.05 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(said, gaussian.sum(axis=-1), rtol=1e-4)
