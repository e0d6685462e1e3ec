"""What training hands back. Imports nothing heavy: a policy file can be looked at without JAX."""

from typing import Any, NamedTuple


class TrainedPolicy(NamedTuple):
    """A policy as nested dicts of NumPy arrays, and with AMP its judge."""

    params: dict[str, Any]  # "normalizer", "policy" and "value", as networks.make_policy takes them
    amp_discriminator: dict[str, Any] | None = None
    amp_weight: float | None = None
