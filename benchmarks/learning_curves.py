"""This project's PPO loop against Brax's stock `ppo.train()`: same task, same settings, same judge.

    python benchmarks/learning_curves.py [--seeds 3] [--iterations 80] [--num-envs 512]

Both train on the native engine from the YAML's settings. After each stretch of iterations both policies play the same
seeded episodes, with the action noise they have learned, as in training. The table shows the mean reward of an episode
over seeds, its spread, and whether the curves agree: the means differ by less than twice the standard error of their
difference, or by less than a tenth.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

STRETCHES = 8
EPISODE_STEPS = 500
EPISODES = 64
Curve = dict[int, float]  # environment steps: mean reward of an episode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=80)
    parser.add_argument("--num-envs", type=int, default=512)
    arguments = parser.parse_args()
    curves: dict[str, list[Curve]] = {"wildrobot": [], "brax": []}
    for seed in range(arguments.seeds):
        for name, train in (("wildrobot", train_wildrobot), ("brax", train_brax)):
            curves[name].append(train(make_config(arguments, seed)))
            print(name, "seed", seed, {steps: round(value, 1) for steps, value in curves[name][-1].items()}, flush=True)
    sys.exit(0 if report(curves["wildrobot"], curves["brax"]) else 1)


def make_config(arguments: argparse.Namespace, seed: int) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import STANDARD

    iterations = max(arguments.iterations // STRETCHES, 1) * STRETCHES
    settings = {"num_envs": arguments.num_envs, "num_iterations": iterations, "seed": seed}
    return load_config(STANDARD, [f"trainer.{key}={value}" for key, value in settings.items()])


def train_wildrobot(config: Any) -> Curve:
    from playground_amp.learning.build import make_trainer

    trainer, judge = make_trainer(config), make_judge(config)
    state, curve = trainer.init(), {}
    for iteration in range(1, config.trainer.num_iterations + 1):
        state = trainer.iterate(state).state
        if iteration % (config.trainer.num_iterations // STRETCHES) == 0:
            curve[iteration * trainer.steps_per_iteration] = judge(trainer.policy(state).params)
    return curve


def train_brax(config: Any) -> Curve:
    from playground_amp.learning.brax_baseline import train_with_brax

    judge, curve = make_judge(config), {}

    def on_policy(steps: int, params: dict[str, Any]) -> None:
        if steps:
            curve[steps] = judge(params)

    train_with_brax(config, lambda record: None, on_policy, stretches=STRETCHES, evaluate=False)
    return curve


def make_judge(config: Any) -> Callable[[dict[str, Any]], float]:
    """Mean reward of seeded episodes under a policy with its noise; an episode that falls earns no more."""
    import jax
    import jax.numpy as jnp

    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.learning.networks import make_policy

    env = WildRobotEnv(config)
    policy = make_policy(config.trainer, env.engine.robot)

    @jax.jit
    def judge(params: dict[str, Any]) -> jax.Array:
        states = jax.vmap(env.reset)(jax.random.split(jax.random.PRNGKey(1), EPISODES))

        def step(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
            states, alive, total = carry
            states = jax.vmap(env.step)(states, policy(params, states.observation, key))
            total = total + alive * states.reward
            return (states, alive & ~states.terminated, total), None

        start = (states, jnp.ones(EPISODES, bool), jnp.zeros(EPISODES))
        keys = jax.random.split(jax.random.PRNGKey(2), EPISODE_STEPS)
        return jnp.mean(jax.lax.scan(step, start, keys)[0][2])

    return lambda params: float(judge(params))


def report(ours: list[Curve], theirs: list[Curve], names: tuple[str, str] = ("this loop", "Brax ppo.train")) -> bool:
    """Prints the two curves side by side and returns whether they agree at the end and over their mean."""
    print(f"{'steps':>10} {names[0]:>18} {names[1]:>18}")
    for steps in ours[0]:
        cells = [spread([curve[steps] for curve in curves]) for curves in (ours, theirs)]
        print(f"{steps:>10,} {cells[0]:>18} {cells[1]:>18}")
    ends = [[list(curve.values())[-1] for curve in curves] for curves in (ours, theirs)]
    areas = [[mean(curve.values()) for curve in curves] for curves in (ours, theirs)]
    verdicts = {"at the end": agree(*ends), "over the curve": agree(*areas)}
    for where, verdict in verdicts.items():
        print(f"{where}: {'agree' if verdict else 'DIFFER'}")
    return all(verdicts.values())


def spread(values: list[float]) -> str:
    return f"{mean(values):.1f} ± {stdev(values) if len(values) > 1 else 0:.1f}"


def agree(ours: list[float], theirs: list[float]) -> bool:
    difference = abs(mean(ours) - mean(theirs))
    if len(ours) > 1:
        error = ((stdev(ours) ** 2 + stdev(theirs) ** 2) / len(ours)) ** 0.5
        if difference < 2 * error:
            return True
    return difference < 0.1 * max(abs(mean(ours)), abs(mean(theirs)))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
