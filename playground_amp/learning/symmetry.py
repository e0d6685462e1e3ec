"""Networks that treat left and right alike, exactly.

A policy f is symmetric if f(M_o o) = M_a f(o): the mirror image of a situation is answered by the mirror image of the
action. Here every hidden layer's second half is the mirror image of its first half, and each layer's weights are
averaged with their own image, which makes the network symmetric whatever the weights (group averaging of the weights;
cf. Ravanbakhsh et al. 2017, "Equivariance through parameter-sharing"). It costs no more than a plain network, and the
averaged weights are those of a plain network: what is exported needs no knowledge of this.
"""

from collections.abc import Callable, Mapping

import jax
import numpy as np
from jax.custom_derivatives import linear_call

from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror
from playground_amp.untyped import Params


def symmetric_layers(layers: Params, first: Mirror, last: Mirror) -> Params:
    """Dense layers {name: {"kernel": [in, out], "bias": [out]}}, in order, averaged with their mirror image.

    Args:
      layers: from input to output; hidden sizes are even.
      first: mirror of the input.
      last: mirror of the output.
    """
    names = list(layers)
    sizes = [layers[name]["bias"].shape[0] for name in names[:-1]]
    mirrors = [first, *(mirror.both_sides(mirror.signs(*np.ones(size // 2))) for size in sizes), last]
    return {
        name: {
            "kernel": _average(layers[name]["kernel"], before, after),
            "bias": _average_vector(layers[name]["bias"], after),
        }
        for name, before, after in zip(names, mirrors[:-1], mirrors[1:], strict=True)
    }


def symmetric_policy(params: Params, observation: Mirror, action: Mirror) -> Params:
    """Parameters of Brax's policy network (hidden layers, mean, standard deviation), averaged with their image."""
    content = params["params"]
    hidden, mean, std = content["MLP_0"], content["Dense_0"], content["std_logparam"]["log_value"]
    layers = symmetric_layers({**hidden, "mean": mean}, observation, action)
    unsigned = Mirror(action.index, np.abs(action.sign))
    return {
        "params": {
            "MLP_0": {name: layers[name] for name in hidden},
            "Dense_0": layers["mean"],
            "std_logparam": {"log_value": _average_vector(std, unsigned)},
        }
    }


def symmetric_value(params: Params, observation: Mirror) -> Params:
    """Parameters of Brax's value network, averaged with their image: the same value for both."""
    return {"params": symmetric_layers(params["params"], observation, mirror.signs(1))}


def symmetric_normalizer(normalizer: Params, observations: Mapping[str, Mirror]) -> Params:
    """Brax's observation statistics, averaged with those of the mirrored observations."""
    mean = {name: _average_vector(x, observations[name]) for name, x in normalizer.mean.items()}
    std = {
        name: _average_vector(x, Mirror(observations[name].index, np.abs(observations[name].sign)))
        for name, x in normalizer.std.items()
    }
    return normalizer.replace(mean=mean, std=std)


def _average(kernel: jax.Array, before: Mirror, after: Mirror) -> jax.Array:
    return _projected(lambda x: 0.5 * (x + x[before.index][:, after.index] * before.sign[:, None] * after.sign), kernel)


def _average_vector(vector: jax.Array, at: Mirror) -> jax.Array:
    return _projected(lambda x: 0.5 * (x + x[at.index] * at.sign), vector)


def _projected(project: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """An orthogonal projection of x, which is its own transpose: JAX would go back through it by slow scatters."""
    return linear_call(lambda _, x: project(x), lambda _, gradient: project(gradient), (), x)
