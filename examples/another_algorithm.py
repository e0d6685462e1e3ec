"""Trains the same task by another algorithm, Brax's SAC: `python examples/another_algorithm.py`.

`BraxWildRobotWrapper` is an environment as Brax's algorithms take it; `wrap_for_training` starts every episode anew.
"""

from collections.abc import Mapping
from typing import Any

from playground_amp.configs.loader import load_config
from playground_amp.envs.brax_wrapper import BraxWildRobotWrapper, wrap_for_training
from playground_amp.learning.build import make_task
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import check_engine, prepare


def main(steps: int = 1_000_000, **settings: Any) -> Any:
    """Trains for that many control steps of all robots; the parameters of SAC's policy. `settings`: of Brax's SAC."""
    config = load_config(STANDARD)
    prepare(check_engine(config.physics, training=True))
    environment = BraxWildRobotWrapper(make_task(config))

    from brax.training.agents.sac.train import train

    defaults = {
        "num_envs": 128,
        "batch_size": 512,
        "grad_updates_per_step": 16,
        "min_replay_size": 8192,
        "num_evals": 10,
        "num_eval_envs": 32,
    }
    _, params, _ = train(
        environment=environment,
        num_timesteps=steps,
        episode_length=config.env.episode_length,
        wrap_env_fn=wrap_for_training,
        normalize_observations=True,
        progress_fn=_tell,
        **(defaults | settings),
    )
    return params


def _tell(steps: int, metrics: Mapping[str, Any]) -> None:
    print(f"{steps:,} steps: reward {metrics['eval/episode_reward']:.2f} an episode")


if __name__ == "__main__":
    main()
