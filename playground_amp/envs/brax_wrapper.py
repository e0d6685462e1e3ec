"""The same task as a `brax.envs.base.Env`, so that Brax's algorithms (PPO, SAC, …) train on it unchanged."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from playground_amp.brax_api.environments import Env, EpisodeWrapper, State, VmapWrapper, Wrapper
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv


class BraxWildRobotWrapper(Env):
    """Joystick walking for Brax.

    Args:
      env: the task.
      asymmetric: observations are a dict with "state" [A] for the actor and "privileged_state" for the critic, as
        Brax's PPO takes them; else the actor's array [A] alone, which every algorithm takes.

    Episodes end in falls only: Brax's EpisodeWrapper cuts them off at their length. Brax's own AutoResetWrapper starts
    each robot where it first started; `wrap_for_training` resets every episode.
    """

    def __init__(self, env: WildRobotEnv, asymmetric: bool = False):
        self.env = env
        self.asymmetric = asymmetric

    def reset(self, rng: jax.Array) -> State:
        state = self.env.reset(rng)
        return State(
            pipeline_state=state,  # pyright: ignore[reportArgumentType]
            obs=self._observation(state),
            reward=jnp.zeros(()),
            done=jnp.zeros(()),
            metrics=_metrics(state),
            info={},
        )

    def step(self, state: State, action: jax.Array) -> State:
        reached = self.env.step(state.pipeline_state, action)  # pyright: ignore[reportArgumentType]
        return replace(
            state,
            pipeline_state=reached,
            obs=self._observation(reached),
            reward=reached.reward,
            done=reached.terminated.astype(jnp.float32),
            metrics=state.metrics | _metrics(reached),
        )

    @property
    def observation_size(self) -> Any:
        sizes = self.env.observation_sizes
        return {name: (size,) for name, size in sizes.items()} if self.asymmetric else sizes["state"]

    @property
    def action_size(self) -> int:
        return self.env.action_size

    @property
    def backend(self) -> str:
        return self.env.config.physics.engine

    def _observation(self, state: EnvState) -> Any:
        return state.observation if self.asymmetric else state.observation["state"]


def wrap_for_training(
    env: Env, episode_length: int = 1000, action_repeat: int = 1, randomization_fn: Any = None
) -> Env:
    """Brax's training wrappers with a new start for every episode; give it to a trainer as `wrap_env_fn`.

    Raises:
      ValueError: `randomization_fn` is given; the task randomizes itself.
    """
    if randomization_fn is not None:
        raise ValueError("the task draws its own physical parameters: randomization_fn is not used")
    return NewStartWrapper(EpisodeWrapper(VmapWrapper(env), episode_length, action_repeat))


class NewStartWrapper(Wrapper):
    """Starts ended episodes of a batched environment at new places."""

    def step(self, state: State, action: jax.Array) -> State:
        started = jnp.where(state.done, 0.0, state.info["steps"])
        state = replace(state, done=jnp.zeros_like(state.done), info=state.info | {"steps": started})
        reached = self.env.step(state, action)
        return jax.lax.cond(jnp.any(reached.done > 0), self._restart, lambda reached: reached, reached)

    def _restart(self, reached: State) -> State:
        keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(reached.pipeline_state.key)  # pyright: ignore
        fresh = self.env.reset(keys)

        def choose(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(reached.done.reshape(reached.done.shape + (1,) * (new.ndim - 1)) > 0, new, old)

        return replace(
            reached,
            pipeline_state=jax.tree.map(choose, fresh.pipeline_state, reached.pipeline_state),
            obs=jax.tree.map(choose, fresh.obs, reached.obs),
        )


def _metrics(state: EnvState) -> dict[str, jax.Array]:
    return {f"reward/{name}": term for name, term in state.reward_terms.items()}
