"""The networks' activation."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.learning.networks import elu


def test_the_activation_and_its_slope_are_those_of_elu() -> None:
    x = jnp.concatenate([jnp.linspace(-30, 30, 3001), jnp.array([-1e-6, -0.0, 0.0, 1e-6, -1e30, 1e30])])
    np.testing.assert_allclose(elu(x), nn.elu(x), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(jax.vmap(jax.grad(elu))(x), jax.vmap(jax.grad(nn.elu))(x), rtol=1e-6, atol=1e-7)
