"""A run that trains, from policy to policy: newer ones are found, and what was compiled serves on."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from deployable import CONFIG, CONFIG_PATH, ROBOT, ROBOT_DATA, made_up_params

from playground_amp.configs.loader import dump_config, load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.learning import averaging
from playground_amp.learning.networks import make_networks, policy_params
from playground_amp.learning.ppo import init_learner
from playground_amp.policies.opening import open_policy
from playground_amp.runs.checkpoint import save_policy
from playground_amp.runs.contents import checkpoint_path, state_path
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.state import save_state


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return WildRobotEnv(CONFIG)


def write_run(folder: Path, config: Config) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(dump_config(config))


def write_policy(folder: Path, iteration: int, config: Config = CONFIG) -> Path:
    path = checkpoint_path(folder, iteration)
    save_policy(path, made_up_params(seed=iteration), {}, config.model_dump(mode="json"), ROBOT_DATA)
    return path


def write_average(folder: Path, iteration: int, env: WildRobotEnv) -> averaging.Average:
    """A saved state, as far as the policy goes."""
    observation = jax.eval_shape(env.reset, jax.random.PRNGKey(0)).observation
    networks = make_networks(CONFIG.trainer, ROBOT, {name: shape.shape[0] for name, shape in observation.items()})
    learner = init_learner(CONFIG.trainer, networks, observation, jax.random.PRNGKey(iteration))
    average = jax.tree.map(jnp.asarray, averaging.of_now(learner))
    manifest = Manifest(config=CONFIG.model_dump(mode="json"), robot=ROBOT_DATA)
    state = {"average": average, "more": jnp.zeros(3)}
    save_state(state_path(folder, iteration), state, manifest, {"iteration": iteration})
    return average


def test_a_run_is_followed_from_policy_to_policy(tmp_path: Path, env: WildRobotEnv) -> None:
    write_run(tmp_path, CONFIG)
    average = write_average(tmp_path, 50, env)
    said: list[str] = []
    source = open_policy(tmp_path, say=said.append)
    assert said == []
    first = source.controller(env)
    assert source.name == f"iteration 50 of {tmp_path}"
    expected = policy_params(CONFIG.trainer, ROBOT, average.normalizer, average.params.policy, average.params.value)
    jax.tree.map(np.testing.assert_array_equal, first.args[0], expected)
    assert source.newer() is None
    write_average(tmp_path, 100, env)
    write_policy(tmp_path, 100)  # of the same iteration, the checkpoint
    newer = source.newer()
    assert newer is not None
    assert newer.name == f"iteration 100 of {tmp_path}"
    jax.tree.map(np.testing.assert_array_equal, newer.controller.args[0], made_up_params(seed=100))
    assert jax.tree.structure(newer.controller) != jax.tree.structure(made_up_params())
    assert newer.controller.func == first.func  # what is compiled serves on
    assert source.newer() is None


def test_a_saved_state_is_a_policy_too(tmp_path: Path, env: WildRobotEnv) -> None:
    average = write_average(tmp_path, 50, env)
    source = open_policy(state_path(tmp_path, 50))
    expected = policy_params(CONFIG.trainer, ROBOT, average.normalizer, average.params.policy, average.params.value)
    jax.tree.map(np.testing.assert_array_equal, source.controller(env).args[0], expected)
    assert source.name == "iter_00000050.npz"
    assert source.newer() is None


def test_a_run_started_anew_with_another_task_is_not_followed(tmp_path: Path, env: WildRobotEnv) -> None:
    write_run(tmp_path, CONFIG)
    write_policy(tmp_path, 1)
    source = open_policy(tmp_path)
    source.controller(env)
    write_policy(tmp_path, 2, load_config(CONFIG_PATH, ["trainer.actor_layers=[16, 12]", "env.action_scale=0.3"]))
    with pytest.raises(UserError, match="started anew with another configuration"):
        source.newer()


def test_a_run_without_a_policy_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path, CONFIG)
    monkeypatch.setattr("playground_amp.policies.run.time.sleep", lambda _: write_policy(tmp_path, 1))
    said: list[str] = []
    source = open_policy(tmp_path, say=said.append)
    assert "waiting for the run" in said[0]
    assert source.config.trainer.actor_layers == CONFIG.trainer.actor_layers
