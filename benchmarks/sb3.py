"""Stable-Baselines3's PPO on the same task: what a user of a CPU would otherwise pick.

    python benchmarks/sb3.py [--workers 2 4 8] [--seconds 20]        (pip install -e '.[benchmark]')

One robot is a Gymnasium environment, a worker is a process with one of them (`SubprocVecEnv`), as Stable-Baselines3's
guide sets it up; the task is this project's own function, compiled, on the native engine with one thread. Batch,
networks, epochs and rates are those of the YAML. Prints JSON: steps a second, with learning, by number of workers.
"""

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium  # pyright: ignore[reportMissingImports]  (extra: benchmark)
import numpy as np


class RobotEnv(gymnasium.Env):
    """One robot; observes what the actor sees."""

    def __init__(self, seed: int):
        import jax
        from measurements import make_config

        from playground_amp.learning.build import make_task

        config = make_config(4, "physics.num_threads=1", "physics.engine=native")
        task = make_task(config)
        size = task.observation_sizes["state"]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        # Bounds are asked for; these are 4 rad from home, beyond every joint's range.
        self.action_space = gymnasium.spaces.Box(-10.0, 10.0, (task.action_size,), np.float32)
        self._keys = iter(jax.random.split(jax.random.PRNGKey(seed), 100_000))
        self._reset, self._step = jax.jit(task.reset), jax.jit(task.step, donate_argnums=0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        self._state = self._reset(next(self._keys))
        return np.asarray(self._state.observation["state"]), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        state = self._state = self._step(self._state, action)
        observation = np.asarray(state.observation["state"])
        return observation, float(state.reward), bool(state.terminated), bool(state.truncated), {}


def steps_per_second(workers: int, seconds: float) -> float:
    """Environment steps a second of collecting and learning, for about so many seconds after one update."""
    import torch  # pyright: ignore[reportMissingImports]
    from measurements import make_config
    from stable_baselines3 import PPO  # pyright: ignore[reportMissingImports]
    from stable_baselines3.common.vec_env import SubprocVecEnv  # pyright: ignore[reportMissingImports]

    trainer = make_config(512).trainer
    batch = 512 * trainer.rollout_steps
    envs = SubprocVecEnv([partial(RobotEnv, seed) for seed in range(workers)], start_method="spawn")
    layers = {"pi": list(trainer.actor_layers), "vf": list(trainer.critic_layers)}
    model = PPO(
        "MlpPolicy",
        envs,
        learning_rate=trainer.lr,
        n_steps=batch // workers,
        batch_size=batch // trainer.num_minibatches,
        n_epochs=trainer.num_epochs,
        gamma=trainer.gamma,
        gae_lambda=trainer.gae_lambda,
        clip_range=trainer.clip_epsilon,
        ent_coef=trainer.entropy_cost,
        policy_kwargs={"net_arch": layers, "activation_fn": torch.nn.ELU},
        device="cpu",
        seed=0,
    )
    model.learn(batch)
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        model.learn(batch, reset_num_timesteps=False)
        steps += batch
    elapsed = time.perf_counter() - started
    envs.close()
    return steps / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    print(json.dumps({str(count): steps_per_second(count, arguments.seconds) for count in arguments.workers}))


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]
    main()
