"""Names for what other people's libraries leave untyped, which is nowhere else called Any."""

from typing import Any, TypeAlias

Pytree: TypeAlias = Any
"""Arrays in nested containers, as `jax.tree` takes them: states of training, of optimizers, evidence."""

Params: TypeAlias = Any
"""Weights as Flax and Brax hand them out: nested dicts, whose leaves are arrays of JAX or of NumPy."""

Plain: TypeAlias = Any
"""What the parsers of YAML, JSON and pickles hand back: numbers, text, lists and dicts of anybody's choice.

Whoever reads it checks it; the schema does for a configuration.
"""
