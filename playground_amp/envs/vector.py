"""Many robots side by side; whoever's episode has ended starts a new one at once."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv

_In = TypeVar("_In")
_Out = TypeVar("_Out")
ROBOTS = "robots"  # the axis of a mesh of devices
STARTS_AT_ONCE = 16  # one robot in so many


class VectorEnv:
    """`WildRobotEnv` over a leading axis of robots [N], with automatic starts.

    With a mesh of devices, axis `ROBOTS`, each steps its own share of the robots and waits for no other.
    """

    def __init__(self, env: WildRobotEnv, mesh: Mesh | None = None):
        self.env = env
        self._mesh = mesh

    def reset(self, keys: jax.Array, difficulty: jax.Array | float = 1.0) -> EnvState:
        """States [N] at starts of their own. Keys [N, 2]; difficulty [] of these episodes."""

        def reset(keys: jax.Array, difficulty: jax.Array) -> EnvState:
            return jax.vmap(self.env.reset, (0, None, None))(keys, True, difficulty)

        return self._on_devices(reset)(keys, jnp.asarray(difficulty, jnp.float32))

    def step(
        self, states: EnvState, actions: jax.Array, difficulty: jax.Array | float = 1.0
    ) -> tuple[EnvState, EnvState]:
        """One control step of every robot; `difficulty` [] is that of the episodes which start after it.

        Returns:
          The states to go on from, where ended episodes have been replaced by new starts, and the states that were
          reached, which tell what each episode ended with.
        """
        return self._on_devices(self._step)((states, actions), jnp.asarray(difficulty, jnp.float32))

    def _step(self, moment: tuple[EnvState, jax.Array], difficulty: jax.Array) -> tuple[EnvState, EnvState]:
        states, actions = moment
        reached = jax.vmap(self.env.step)(states, actions)
        done = reached.terminated | reached.truncated
        return self._restart(reached, done, difficulty), reached

    def _restart(self, reached: EnvState, done: jax.Array, difficulty: jax.Array) -> EnvState:
        """New starts where `done` [N], a handful at a time: at most steps few episodes end, and a start costs work."""
        count = len(done)
        places = max(1, count // STARTS_AT_ONCE)

        def start_some(carry: tuple[EnvState, jax.Array]) -> tuple[EnvState, jax.Array]:
            states, waiting = carry
            (robots,) = jnp.nonzero(waiting, size=places, fill_value=count)  # beyond the last: no robot
            keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(states.key[robots])
            fresh = unpaid(jax.vmap(self.env.reset, (0, 0, None))(keys, robots < count, difficulty))
            states = jax.tree.map(lambda old, new: old.at[robots].set(new, mode="drop"), states, fresh)
            return states, waiting.at[robots].set(False, mode="drop")

        def unpaid(states: EnvState) -> EnvState:
            """Without what a step has paid, which a new start leaves as it is."""
            return states._replace(reward=None, reward_terms={})

        started = jax.lax.while_loop(lambda carry: jnp.any(carry[1]), start_some, (unpaid(reached), done))[0]
        return started._replace(reward=reached.reward, reward_terms=reached.reward_terms)

    def _on_devices(self, function: Callable[[_In, jax.Array], _Out]) -> Callable[[_In, jax.Array], _Out]:
        """The function (robots' [N, ...], everybody's) → robots' [N, ...], each device with its own robots."""
        if self._mesh is None:
            return function
        robots, everybodys = PartitionSpec(ROBOTS), PartitionSpec()
        return jax.shard_map(
            function, mesh=self._mesh, in_specs=(robots, everybodys), out_specs=robots, check_vma=False
        )
