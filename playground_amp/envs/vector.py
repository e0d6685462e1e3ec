"""Many robots side by side; whoever's episode has ended starts a new one at once."""

import jax
import jax.numpy as jnp

from playground_amp.envs.wildrobot_env import EnvState, WildRobotEnv


class VectorEnv:
    """`WildRobotEnv` over a leading axis of robots [N], with automatic starts."""

    def __init__(self, env: WildRobotEnv):
        self.env = env

    def reset(self, keys: jax.Array, difficulty: jax.Array | float = 1.0) -> EnvState:
        """States [N] at starts of their own. Keys [N, 2]; difficulty [] of these episodes."""
        return jax.vmap(self.env.reset, (0, None, None))(keys, True, difficulty)

    def step(
        self, states: EnvState, actions: jax.Array, difficulty: jax.Array | float = 1.0
    ) -> tuple[EnvState, EnvState]:
        """One control step of every robot; `difficulty` [] is that of the episodes which start after it.

        Returns:
          The states to go on from, where ended episodes have been replaced by new starts, and the states that were
          reached, which tell what each episode ended with.
        """
        reached = jax.vmap(self.env.step)(states, actions)
        done = reached.terminated | reached.truncated
        difficulty = jnp.asarray(difficulty, jnp.float32)
        operands = (reached, done, difficulty)
        return jax.lax.cond(jnp.any(done), self._restart, lambda reached, *_: reached, *operands), reached

    def _restart(self, reached: EnvState, done: jax.Array, difficulty: jax.Array) -> EnvState:
        keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(reached.key)
        fresh = jax.vmap(self.env.reset, (0, 0, None))(keys, done, difficulty)
        # What a step paid is read from `reached`; to choose it here would cost time in compiling and in every step.
        fresh = fresh._replace(reward=reached.reward, reward_terms=reached.reward_terms)

        def choose(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(done.reshape(done.shape + (1,) * (new.ndim - 1)), new, old)

        return jax.tree.map(choose, fresh, reached)
