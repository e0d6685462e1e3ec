"""The discriminator: what it is trained to say, and what its answer pays. All of the convention is on this screen.

Least-squares targets (Mao et al. 2017; Peng et al. 2021): +1 for a demonstration, -1 for the policy. The style reward
is 1 where the discriminator is sure of a demonstration and 0 where it is sure of the policy; undecided (0) pays 0.75.
Other targets need another reward: with 0 and 1, this one would pay 0.75 to a certain fake.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from playground_amp.brax_api.learning import MLP
from playground_amp.untyped import Params

REAL, FAKE = 1.0, -1.0  # targets
Discriminator = Callable[[Params, jax.Array], jax.Array]  # (params, normalized features [..., n]) → answers [...]


class Losses(NamedTuple):
    """Parts of the loss, [] each."""

    classification: jax.Array
    penalty: jax.Array  # mean squared norm of the answer's gradient at demonstrations


def make_discriminator(layers: Sequence[int], feature_size: int) -> tuple[Callable[[jax.Array], Params], Discriminator]:
    """The functions (key → params) and (params, features → answers): ReLU layers and one linear output."""
    network = MLP(layer_sizes=[*layers, 1], activation=nn.relu)
    blank = jnp.zeros((1, feature_size))
    return lambda key: network.init(key, blank), lambda params, x: network.apply(params, x)[..., 0]  # pyright: ignore


def style_reward(answer: jax.Array) -> jax.Array:
    """In [0, 1]: 1 − ¼ (answer − 1)², not below 0 (Peng et al. 2021, equation 7)."""
    return jnp.clip(1.0 - 0.25 * (answer - REAL) ** 2, 0.0, 1.0)


def losses(discriminator: Discriminator, params: Params, real: jax.Array, fake: jax.Array) -> Losses:
    """Of normalized features [B, n]; the gradient penalty is taken at the demonstrations (Mescheder et al. 2018)."""
    wrong = jnp.mean((discriminator(params, real) - REAL) ** 2) + jnp.mean((discriminator(params, fake) - FAKE) ** 2)
    slope = jax.vmap(jax.grad(discriminator, argnums=1), (None, 0))(params, real)
    return Losses(0.5 * wrong, jnp.mean(jnp.sum(slope**2, axis=-1)))


def accuracy(real_answer: jax.Array, fake_answer: jax.Array) -> jax.Array:
    """Share [] of answers on the right side of 0, demonstrations and policy weighed alike; one half: no idea."""
    return 0.5 * (jnp.mean(real_answer > 0) + jnp.mean(fake_answer < 0))
