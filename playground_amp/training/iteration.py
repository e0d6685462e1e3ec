"""One iteration of training: roll out, learn. Read me first.

Everything that changes is in `TrainingState`; `Trainer.iterate` is one jitted program from it to the next.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import EnvState, WildRobotEnv
from playground_amp.training import ppo, rollout
from playground_amp.training.policy import make_networks, policy_params

from brax.training.agents.ppo.networks import make_inference_fn


class TrainingState(NamedTuple):
    """All that a run carries: save it and the run can go on."""

    learner: ppo.Learner
    env_states: EnvState  # [num_envs]
    statistics: rollout.EpisodeStatistics
    key: jax.Array
    iteration: jax.Array  # [] int32, finished iterations


class Trainer:
    """PPO on the walking task. Compiles on the first call of `init` and of `iterate`, and never again."""

    def __init__(self, config: Config):
        self.config = config
        self.env = VectorEnv(WildRobotEnv(config))
        self.networks = make_networks(config.trainer, self.env.env.observation_sizes)
        self.steps_per_iteration = config.trainer.num_envs * config.trainer.rollout_steps
        self._update = ppo.make_update(config.trainer, self.networks)
        self.init = jax.jit(self._init)
        self.iterate = jax.jit(self._iterate, donate_argnums=0)

    def _init(self) -> TrainingState:
        """The state before the first iteration."""
        key, env_key, learner_key = jax.random.split(jax.random.PRNGKey(self.config.trainer.seed), 3)
        num_envs = self.config.trainer.num_envs
        states = self.env.reset(jax.random.split(env_key, num_envs))
        # Robots start at different ages, so that they do not all reach the end of their episodes together.
        ages = jnp.arange(num_envs, dtype=jnp.int32) * self.config.env.episode_length // num_envs
        one_observation = jax.tree.map(lambda x: x[0], states.observation)
        state = TrainingState(
            learner=ppo.init_learner(self.config.trainer, self.networks, one_observation, learner_key),
            env_states=states._replace(step=ages),
            statistics=rollout.start_statistics(num_envs),
            key=key,
            iteration=jnp.int32(0),
        )
        return strongly_typed(state)

    def _iterate(self, state: TrainingState) -> tuple[TrainingState, dict[str, Any]]:
        """One iteration. Metrics are scalars by name; `evidence` holds what led to a state that is not finite."""
        key, rollout_key, update_key = jax.random.split(state.key, 3)
        learner = state.learner
        act = make_inference_fn(self.networks)((learner.normalizer, learner.params.policy, learner.params.value))
        env_states, statistics, experience = rollout.collect(
            self.env, act, state.env_states, state.statistics, rollout_key, self.config.trainer.rollout_steps
        )
        learner, metrics = self._update(learner, experience.transitions, update_key)
        metrics = experience.metrics | metrics | {"evidence": experience.evidence}
        following = TrainingState(learner, env_states, statistics, key, state.iteration + 1)
        return strongly_typed(following), metrics

    def policy_params(self, state: TrainingState) -> dict[str, Any]:
        """The policy as nested dicts of NumPy arrays."""
        learner = state.learner
        return policy_params(self.config.trainer, learner.normalizer, learner.params.policy, learner.params.value)


def strongly_typed(state: TrainingState) -> TrainingState:
    """The same arrays, none weakly typed: JAX would compile anew for the state that comes back, or is restored."""
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), state)
