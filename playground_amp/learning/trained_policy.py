"""What training hands back. Imports nothing heavy: a policy file can be looked at without JAX."""

from typing import NamedTuple

from playground_amp.untyped import Params


class AmpPrior(NamedTuple):
    """The motion prior that a policy was trained with."""

    discriminator: Params
    weight: float  # of the style reward


class TrainedPolicy(NamedTuple):
    """A policy as nested dicts of NumPy arrays, and with AMP its judge."""

    params: Params  # "normalizer", "policy" and "value", as networks.make_policy takes them
    amp: AmpPrior | None = None
