"""Many robots side by side; whoever's episode has ended starts a new one at once."""

import jax
import jax.numpy as jnp

from playground_amp.envs.wildrobot_env import EnvState, WildRobotEnv


class VectorEnv:
    """`WildRobotEnv` over a leading axis of robots [N], with automatic starts."""

    def __init__(self, env: WildRobotEnv):
        self.env = env

    def reset(self, keys: jax.Array) -> EnvState:
        """States [N] at starts of their own. Keys [N, 2]."""
        return jax.vmap(self.env.reset)(keys)

    def step(self, states: EnvState, actions: jax.Array) -> tuple[EnvState, EnvState]:
        """One control step of every robot.

        Returns:
          The states to go on from, where ended episodes have been replaced by new starts, and the states that were
          reached, which tell what each episode ended with.
        """
        reached = jax.vmap(self.env.step)(states, actions)
        done = reached.terminated | reached.truncated
        return jax.lax.cond(jnp.any(done), self._restart, lambda reached, _: reached, reached, done), reached

    def _restart(self, reached: EnvState, done: jax.Array) -> EnvState:
        keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(reached.key)
        fresh = jax.vmap(self.env.reset)(keys, done)

        def choose(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(done.reshape(done.shape + (1,) * (new.ndim - 1)), new, old)

        return jax.tree.map(choose, fresh, reached)
