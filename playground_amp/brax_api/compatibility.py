"""What Brax 0.14 needs on JAX 0.10 and later."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

_PMAP_AXIS = "i"  # as Brax names it; under another name an environment with a callback fails


def restore_device_put_replicated() -> None:
    """Puts back `jax.device_put_replicated`, which Brax's trainers call and JAX 0.10 no longer has (google/brax #671).

    Does nothing where JAX still has it.
    """
    if not hasattr(jax, "device_put_replicated"):
        jax.device_put_replicated = _device_put_replicated  # pyright: ignore[reportAttributeAccessIssue]


def _device_put_replicated(tree: Any, devices: Sequence[Any]) -> Any:
    """A copy of every leaf on every device, stacked along a new leading axis."""
    sharding = NamedSharding(Mesh(np.array(devices), (_PMAP_AXIS,)), PartitionSpec(_PMAP_AXIS))

    def replicate(leaf: Any) -> jax.Array:
        leaf = jnp.asarray(leaf)
        return jax.device_put(jnp.broadcast_to(leaf, (len(devices), *leaf.shape)), sharding)

    return jax.tree.map(replicate, tree)
