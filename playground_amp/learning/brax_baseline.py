"""`--trainer brax`: Brax's stock `ppo.train()` on the same task with the same settings.

A second opinion on the loop of this project (benchmarks/learning_curves.py holds them against each other), and the
place to start for whoever wants another of Brax's algorithms.
"""

from collections.abc import Callable, Mapping
from functools import partial

from playground_amp.brax_api.environments import train_ppo
from playground_amp.brax_api.learning import PPONetworks
from playground_amp.configs.schema import Config, TrainerConfig
from playground_amp.envs.brax_wrapper import BraxWildRobotWrapper, wrap_for_training
from playground_amp.errors import UserError
from playground_amp.learning.build import make_task
from playground_amp.learning.networks import make_networks, policy_params
from playground_amp.physics.protocol import Engine
from playground_amp.robot.record import Robot
from playground_amp.untyped import Params

Progress = dict[str, float]  # metrics after a stretch, by name
_EVALUATION_ENVS = 64


def train_with_brax(
    config: Config,
    on_progress: Callable[[Progress], None],
    on_policy: Callable[[int, Params], None] = lambda steps, params: None,
    *,
    engine: Engine | None = None,
    stretches: int = 10,
    evaluate: bool = True,
) -> tuple[Params, Progress]:
    """Trains for `trainer.num_iterations` iterations, rounded up to a whole number a stretch: policy and last record.

    Args:
      config: of the run.
      on_progress: gets a record of metrics after each stretch.
      on_policy: gets the environment steps so far and the policy (see `policy_params`) after each stretch.
      engine: another one than the configuration's.
      stretches: how often there is a record, at most.
      evaluate: run whole episodes after each stretch; without it records have no reward and no episode length.

    Raises:
      UserError: AMP is on, which Brax's trainer does not have.
    """
    _require_known_settings(config)
    trainer, task = config.trainer, make_task(config, engine=engine)
    iterations_a_stretch = -(-trainer.num_iterations // stretches)
    stretches = -(-trainer.num_iterations // iterations_a_stretch)
    steps_per_iteration = trainer.num_envs * trainer.rollout_steps
    records: list[Progress] = []

    def progress(steps: int, metrics: Mapping[str, Params]) -> None:
        if steps:  # 0: the policy before training
            records.append(_progress_of(steps, steps // steps_per_iteration, metrics))
            on_progress(records[-1])

    _, params, _ = train_ppo(
        environment=BraxWildRobotWrapper(task, asymmetric=True),
        num_timesteps=stretches * iterations_a_stretch * steps_per_iteration,
        num_evals=stretches + 1,
        run_evals=evaluate,
        network_factory=partial(_network_factory, trainer, task.engine.robot),
        progress_fn=progress,
        policy_params_fn=lambda steps, _, params: on_policy(steps, policy_params(trainer, task.engine.robot, *params)),
        **_settings(config),
    )
    return policy_params(trainer, task.engine.robot, *params), records[-1]


def _require_known_settings(config: Config) -> None:
    if config.amp.enabled:
        raise UserError("amp.enabled needs trainer.name wildrobot: Brax's ppo.train() has no motion prior")


def _settings(config: Config) -> Params:
    """Brax's names for the settings of the trainer."""
    trainer = config.trainer
    return {
        "wrap_env_fn": wrap_for_training,
        "num_envs": trainer.num_envs,
        "num_eval_envs": min(trainer.num_envs, _EVALUATION_ENVS),
        "episode_length": config.env.episode_length,
        "unroll_length": trainer.rollout_steps,
        "batch_size": trainer.num_envs // trainer.num_minibatches,
        "num_minibatches": trainer.num_minibatches,
        "num_updates_per_batch": trainer.num_epochs,
        "learning_rate": trainer.lr,
        "learning_rate_schedule": "ADAPTIVE_KL",
        "learning_rate_schedule_min_lr": trainer.lr_range[0],
        "learning_rate_schedule_max_lr": trainer.lr_range[1],
        "desired_kl": trainer.desired_kl,
        "entropy_cost": trainer.entropy_cost,
        "discounting": trainer.gamma,
        "gae_lambda": trainer.gae_lambda,
        "clipping_epsilon": trainer.clip_epsilon,
        "vf_loss_coefficient": trainer.value_loss_weight,
        "max_grad_norm": trainer.max_grad_norm,
        "normalize_observations": True,
        "seed": trainer.seed,
    }


def _network_factory(
    trainer: TrainerConfig,
    robot: Robot,
    observation_size: Params,
    action_size: int,
    preprocess_observations_fn: Params = None,
) -> PPONetworks:
    del action_size, preprocess_observations_fn  # this project's networks normalize, and know the robot's joints
    return make_networks(trainer, robot, observation_size)


def _progress_of(steps: int, iteration: int, metrics: Mapping[str, Params]) -> Progress:
    names = {
        "reward": "eval/episode_reward",
        "episode_length": "eval/avg_episode_length",
        "policy_loss": "training/policy_loss",
        "value_loss": "training/v_loss",
        "entropy_loss": "training/entropy_loss",
        "kl": "training/kl_mean",
        "learning_rate": "training/learning_rate",
        "steps_per_second": "training/sps",
    }
    values = {ours: float(metrics[theirs]) for ours, theirs in names.items() if theirs in metrics}
    return {"iteration": iteration, "steps": steps} | values
