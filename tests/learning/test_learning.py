"""Training learns: half a minute of it on two cores, with the settings of the YAML."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import hold
from playground_amp.learning import build
from playground_amp.learning.iteration import Trainer
from playground_amp.learning.networks import make_policy
from playground_amp.paths import STANDARD
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.loop import train
from playground_amp.runs.tracking.metrics_log import read_records

pytestmark = pytest.mark.usefixtures("optimized")

ITERATIONS = 45
ROBOTS, STEPS = 16, 250  # of a judgement: 5 s


# In brackets behind each bound: what seeds 0, 1 and 2 gave.


@cache
def trainer() -> Trainer:
    """One for all runs here, so that it compiles once. Where a run is kept is nothing that it looks at."""
    return Trainer(config(Path("unused"), ITERATIONS))


def config(folder: Path, iterations: int) -> Config:
    settings = ["num_envs=512", f"num_iterations={iterations}", f"checkpoint_dir={folder}"]
    settings.append("env.bus=false")  # on the bus it learns the same, but later
    return load_config(STANDARD, settings)


def run(folder: Path, iterations: int) -> list[dict[str, Any]]:
    """The records of a run without their timing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "make_trainer", lambda _: trainer())
        assert train(config(folder, iterations), use_wandb=False).exit_status == 0
    records = read_records(folder / "metrics.jsonl")
    return [{name: value for name, value in record.items() if not name.startswith("time/")} for record in records]


class Run(NamedTuple):
    folder: Path
    records: list[dict[str, Any]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    return Run(folder, run(folder, ITERATIONS))


class Judgement(NamedTuple):
    """Of each robot."""

    seconds: np.ndarray  # [16] s on its feet
    way: np.ndarray  # [16] m forward until it fell


@cache
def roll_out() -> Any:
    """The function (policy params, forward command m/s, disturbance) → (seconds [16], way [16]), from rest.

    The policy is deterministic; the disturbance times seeded white noise is added to its actions.
    """
    env = trainer().env.env
    policy = make_policy(trainer().config.trainer, env.engine.robot)
    noise = jax.random.normal(jax.random.PRNGKey(2), (STEPS, ROBOTS, env.action_size))

    def run_all(params: Any, speed: jax.Array, disturbance: jax.Array) -> tuple[jax.Array, jax.Array]:
        keys = jax.random.split(jax.random.PRNGKey(1), ROBOTS)
        start = jax.vmap(env.reset_at_rest, (0, None))(keys, hold(0.0, heading=0.0)._replace(forward=speed))

        def step(carry: tuple, noise_now: jax.Array) -> tuple[tuple, jax.Array]:
            states, upright, way = carry
            action = policy(params, states.observation, None) + disturbance * noise_now
            reached = jax.vmap(env.step)(states, action)
            upright = upright & ~reached.terminated
            way = jnp.where(upright, reached.readings.base_position_w[:, 0], way)
            return (reached, upright, way), upright

        carry = (start, jnp.ones(ROBOTS, bool), jnp.zeros(ROBOTS))
        (_, _, way), upright = jax.lax.scan(step, carry, noise)
        return upright.sum(axis=0) * env.config.env.control_dt, way

    return jax.jit(run_all)


def judged(params: dict[str, Any], speed: float, disturbance: float) -> Judgement:
    seconds, way = roll_out()(params, jnp.float32(speed), jnp.float32(disturbance))
    return Judgement(np.asarray(seconds), np.asarray(way))


def mean(records: list[dict[str, Any]], name: str) -> float:
    return float(np.mean([record[name] for record in records]))


def test_episodes_last_longer_and_earn_more(trained: Run) -> None:
    early, late = trained.records[5:10], trained.records[-5:]
    assert mean(early, "episode_length") < 150  # [91 to 96]
    assert mean(late, "episode_length") > 250  # [374 to 441]
    assert mean(early, "reward") < 3  # [1.2 to 1.4]
    assert mean(late, "reward") > 8  # [12.5 to 14.9]


def test_what_was_saved_stands_and_keeps_its_feet_where_the_untrained_falls(trained: Run) -> None:
    """Disturbed by noise of 0.5, 0.2 rad a joint, as when training began; walking, by as much as when it ended."""
    untrained = trainer().policy(trainer().init()).params
    learned = read_policy(trained.folder / f"final_iter_{ITERATIONS}.pkl").params
    assert (judged(learned, 0.0, 0.0).seconds == 5.0).all()
    standing, before = judged(learned, 0.0, 0.5), judged(untrained, 0.0, 0.5)
    assert before.seconds.mean() < 2.4  # [1.8 to 1.9]
    assert standing.seconds.mean() > 4.0  # [4.9 to 5.0]
    explored = trained.records[-1]["action_std"]  # 0.34
    walking, before = judged(learned, 0.3, explored), judged(untrained, 0.3, explored)
    assert walking.seconds.mean() > before.seconds.mean() + 0.8  # seed 0: 4.3 against 2.8
    assert walking.way.mean() > before.way.mean() + 0.3  # [0.62 more]


def test_the_same_seed_gives_the_same_records(trained: Run, tmp_path: Path) -> None:
    assert run(tmp_path, 4) == trained.records[:4]
