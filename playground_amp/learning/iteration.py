"""One iteration of training: roll out, score the style, learn, teach the discriminator. Read me first.

Everything that changes is in `TrainingState`; `Trainer.iterate` is one jitted program from it to the next.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from playground_amp.amp import features
from playground_amp.amp.learner import MotionPrior, PriorState
from playground_amp.brax_api.learning import make_inference_fn
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import asks_to_stand
from playground_amp.envs.curriculum import next_difficulty
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning import averaging, devices, ppo, rollout
from playground_amp.learning.aim import Aim, Aiming
from playground_amp.learning.networks import make_networks, policy_params
from playground_amp.learning.trained_policy import AmpPrior, TrainedPolicy
from playground_amp.untyped import Params


class TrainingState(NamedTuple):
    """All that a run carries: save it and the run can go on."""

    learner: ppo.Learner
    average: averaging.Average  # of the learner's weights: the policy that is handed back
    prior: PriorState | None  # with AMP
    aim: Aim  # what is corrected by feedback
    env_states: EnvState  # [num_envs]
    statistics: rollout.EpisodeStatistics
    difficulty: jax.Array  # [] in [0, 1], see envs/curriculum.py
    key: jax.Array
    iteration: jax.Array  # [] int32, finished iterations


class IterationOutput(NamedTuple):
    """What an iteration gives."""

    state: TrainingState
    metrics: dict[str, jax.Array]  # [] each, by name
    evidence: rollout.Evidence  # of a robot whose state was not finite, if there was one


class Trainer:
    """PPO, or PPO + AMP, on the walking task. Compiles on the first call of `init` and of `iterate`, and never again.

    Args:
      config: of the run.
      task: a task to train on instead of the configuration's own.
      prior: the motion prior; None trains by PPO alone.
    """

    def __init__(self, config: Config, task: WildRobotEnv | None = None, prior: MotionPrior | None = None):
        self.config = config
        mesh = devices.make_mesh(config.trainer.num_devices, config.trainer.num_envs)
        task = task or WildRobotEnv(config)
        self.env = VectorEnv(task, mesh)
        self.prior = prior
        self.aiming = Aiming(config, task.engine.robot)
        self.networks = make_networks(config.trainer, task.engine.robot, task.observation_sizes)
        self.steps_per_iteration = config.trainer.num_envs * config.trainer.rollout_steps
        self._update = ppo.make_update(config.learner, self.networks, task.observer.actor.slices["command"])
        # On a CPU the first, which runs once, is not worth a compiler's effort: by the plain emitters it takes 0.9 s of
        # processor time, by the usual ones 2.2 s. The second runs as fast at level 2 as at 3, and compiles sooner.
        least = enough = None
        if jax.default_backend() == "cpu":
            least = {"xla_backend_optimization_level": 0}
            enough = {"xla_backend_optimization_level": 2}
            if jax.__version_info__[:2] <= (0, 10):  # later ones have no such choice, and refuse it
                least["xla_cpu_use_fusion_emitters"] = False
        places = everywhere = None
        if mesh is not None:
            places, everywhere = self._places(mesh), devices.same_everywhere(mesh)
        self._programs = (
            jax.jit(self._init, compiler_options=least, out_shardings=places),
            jax.jit(
                self._iterate,
                donate_argnums=0,
                compiler_options=enough,
                in_shardings=(places,),
                out_shardings=places and IterationOutput(places, everywhere, everywhere),  # pyright: ignore
            ),
        )
        self.init: Callable[[], TrainingState] = self._programs[0]
        self.iterate: Callable[[TrainingState], IterationOutput] = self._programs[1]

    def compile(self) -> None:
        """Compiles `init` and `iterate` side by side; without it, each compiles when it is first called."""
        init, iterate = self._programs
        with ThreadPoolExecutor(1) as pool:
            start = init.trace()
            compiled = pool.submit(lambda: iterate.lower(start.out_info).compile())
            self.init = start.lower().compile()
            self.iterate = compiled.result()

    def _init(self) -> TrainingState:
        """The state before the first iteration."""
        key, env_key, learner_key = jax.random.split(jax.random.PRNGKey(self.config.trainer.seed), 3)
        prior = self.prior.init(jax.random.fold_in(learner_key, 1)) if self.prior else None
        num_envs = self.config.trainer.num_envs
        difficulty = jnp.float32(0.0 if self.config.trainer.curriculum.enabled else 1.0)
        states = self.env.reset(jax.random.split(env_key, num_envs), difficulty)
        # Robots start at different ages, so that they do not all reach the end of their episodes together.
        ages = jnp.arange(num_envs, dtype=jnp.int32) * self.config.env.episode_length // num_envs
        one_observation = jax.tree.map(lambda x: x[0], states.observation)
        learner = ppo.init_learner(self.config.trainer, self.networks, one_observation, learner_key)
        state = TrainingState(
            learner=learner,
            average=averaging.of_now(learner),
            prior=prior,
            aim=self.aiming.init(),
            env_states=states._replace(step=ages),
            statistics=rollout.start_statistics(num_envs),
            difficulty=difficulty,
            key=key,
            iteration=jnp.int32(0),
        )
        return strongly_typed(state)

    def _iterate(self, state: TrainingState) -> IterationOutput:
        """One iteration."""
        key, rollout_key, update_key = jax.random.split(state.key, 3)
        learner = state.learner
        env_states, statistics, experience = self._collect(state, rollout_key)
        transitions, metrics = experience.transitions, experience.metrics | {"difficulty": state.difficulty}
        if self.prior and state.prior and experience.motion:
            style = self.prior.style(state.prior, experience.motion.transitions, experience.motion.command)
            # Standing has no style: beside demonstrations that hardly move, what sensors add would be all that counts.
            paid = self._style_weight(statistics) * style * ~asks_to_stand(experience.motion.command)
            transitions = transitions._replace(reward=transitions.reward + paid)
            metrics |= {"amp/style_reward": jnp.mean(style), "amp/paid": jnp.mean(paid)}
        aim = state.aim
        if experience.walked:
            transitions = transitions._replace(reward=transitions.reward + self.aiming.paid(aim, experience.walked))
            aim, aim_metrics = self.aiming.follow(aim, experience.walked)
            metrics |= aim_metrics
        learner, ppo_metrics = self._update(learner, transitions, update_key)
        metrics |= ppo_metrics
        iteration = state.iteration + 1
        average = averaging.follow(state.average, learner, self.config.trainer.average_share, iteration)
        prior = state.prior
        if self.prior and prior and experience.motion:
            motion = jax.tree.map(lambda x: x.reshape(-1, x.shape[-1]), experience.motion)
            prior, amp_metrics = self.prior.update(
                prior, motion.transitions, motion.command, jax.random.fold_in(update_key, 1)
            )
            metrics |= amp_metrics
        difficulty = next_difficulty(
            self.config.trainer.curriculum, state.difficulty, statistics.mean_length, self.config.env.episode_length
        )
        following = TrainingState(learner, average, prior, aim, env_states, statistics, difficulty, key, iteration)
        return IterationOutput(strongly_typed(following), metrics, experience.evidence)

    def _collect(
        self, state: TrainingState, key: jax.Array
    ) -> tuple[EnvState, rollout.EpisodeStatistics, rollout.Rollout]:
        """A rollout under the learner's policy; robots that are watched act by the one that would be handed back."""
        act, learner, average = make_inference_fn(self.networks), state.learner, state.average
        scale = learner.normalizer.replace(mean=average.normalizer.mean, std=average.normalizer.std)  # pyright: ignore
        judged = act((scale, average.params.policy, average.params.value), deterministic=True)
        return rollout.collect(
            self.env,
            act((learner.normalizer, learner.params.policy, learner.params.value)),
            state.env_states,
            state.statistics,
            key,
            self.config.trainer.rollout_steps,
            features.transition if self.prior else None,
            state.difficulty,
            (judged, self.aiming.watched) if self.config.trainer.aim.any else None,
        )

    def _places(self, mesh: Mesh) -> TrainingState:
        """Where the state lives: robots spread over the devices, the rest the same on each."""
        state = jax.eval_shape(self._init)
        robots, everywhere = devices.spread(mesh), devices.same_everywhere(mesh)
        places = jax.tree.map(lambda _: everywhere, state)
        statistics = places.statistics._replace(reward=robots, length=robots)
        aim = places.aim._replace(last=robots, since=robots)
        return places._replace(
            aim=aim, env_states=jax.tree.map(lambda _: robots, state.env_states), statistics=statistics
        )

    def _style_weight(self, statistics: rollout.EpisodeStatistics) -> jax.Array:
        """What a style of 1 pays a step, []: at weight 1 as much as the task pays at most, once episodes are long."""
        return self.config.style_pay * jnp.minimum(1.0, statistics.mean_length / self.config.amp.ramp_episode_length)

    def taught(self, state: TrainingState, params: Params, steps: int) -> TrainingState:
        """A state at the start of a run with the networks and the normalizer of a policy, trained for so many steps."""
        learner = ppo.taught(state.learner, params, steps)
        return strongly_typed(state._replace(learner=learner, average=averaging.of_now(learner)))

    def policy(self, state: TrainingState) -> TrainedPolicy:
        """The averaged policy, and with AMP its discriminator."""
        normalizer, average = state.average
        robot = self.env.env.engine.robot
        params = policy_params(self.config.trainer, robot, normalizer, average.policy, average.value)
        if state.prior is None:
            return TrainedPolicy(params)
        scale = {"mean": state.prior.normalizer.mean, "std": state.prior.normalizer.std}
        discriminator = jax.tree.map(np.asarray, {"normalizer": scale, "params": state.prior.params})
        return TrainedPolicy(params, AmpPrior(discriminator, self.config.amp.weight))


def strongly_typed(state: TrainingState) -> TrainingState:
    """The same arrays, none weakly typed: JAX would recompile for the state that comes back or is restored."""
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), state)
