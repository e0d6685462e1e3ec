"""The examples do what they say, in tiny sizes."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from playground_amp.cli.robot import main as robot_command
from playground_amp.cockpit.simulation import Simulation, Wishes, play_config
from playground_amp.configs.loader import load_config
from playground_amp.envs import payment
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.gates.gates import WALK
from playground_amp.paths import STANDARD
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TINY = ["num_envs=4", "num_iterations=1", "rollout_steps=4", "env.episode_length=4"]


def example(name: str) -> dict[str, Any]:
    """What an example defines, without its being run."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_every_example_is_told_of() -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if f"`examples/{path.name}`" not in page] == []


def test_a_bundle_walks_with_numpy_alone() -> None:
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['main'](0.04); print({'jax', 'mujoco'} & {*sys.modules})"
    command = [sys.executable, "-c", code, str(EXAMPLES / "bundle_with_numpy.py")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split("left knee")[0].strip() for line in said[:2]] == ["0.00 s", "0.02 s"]
    assert said[2:] == ["set()"]


def test_the_duck_becomes_a_robot_that_stands(tmp_path: Path) -> None:
    (tmp_path / "duck.xml").write_text(example("duck")["duck"]())
    folder = tmp_path / "duck"
    assert robot_command(["init", str(tmp_path / "duck.xml"), "--servo", "STS3215", "--output", str(folder)]) == 0
    model = model_of(load_robot(str(folder)))
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.key("home").id)
    mujoco.mj_step(model, data, nstep=1000)
    assert data.qpos[2] == pytest.approx(0.195, abs=0.01)  # as docs/your_own_robot.md says
    data.qvel[:2] = 2.0  # m/s: it falls over
    mujoco.mj_step(model, data, nstep=1000)
    assert 0.01 < data.qpos[2] < 0.1  # and lies on the floor, not in it


@pytest.mark.slow
def test_a_policy_is_trained_in_ten_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = EXAMPLES / "train_in_ten_lines.py"
    monkeypatch.setattr(sys, "argv", [str(path), *TINY, f"checkpoint_dir={tmp_path}"])
    runpy.run_path(str(path), run_name="__main__")
    assert (tmp_path / "final_iter_1.pkl").exists()
    assert len(path.read_text().partition("__main__")[2].splitlines()) <= 10


@pytest.mark.slow
def test_a_reward_of_ones_own_is_paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment, "TERMS", dict(payment.TERMS))
    main = example("own_reward")["main"]
    main([*TINY, f"checkpoint_dir={tmp_path}"], WALK.reduced(cells=["walk 0.3 m/s"], episodes=1, distance=1.0))
    assert '"reward/base_sway": -' in (tmp_path / "metrics.jsonl").read_text()


@pytest.mark.slow
def test_another_algorithm_trains_on_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = {"num_envs": 4, "batch_size": 8, "grad_updates_per_step": 1, "min_replay_size": 8, "num_eval_envs": 4}
    params = example("another_algorithm")["main"](64, max_replay_size=64, num_evals=2, **tiny)
    assert params is not None
    rewards = re.findall(r"steps: reward (\S+) an episode", capsys.readouterr().out)
    assert len(rewards) == 2
    assert np.isfinite([float(reward) for reward in rewards]).all()


@pytest.mark.slow
def test_the_squats_bend_the_knees_and_stay_up() -> None:
    env = WildRobotEnv(play_config(load_config(STANDARD)))
    wishes = Wishes(0.0, 0.0, 0.0, env.engine.robot.floor_friction)
    simulation = Simulation(env, example("own_controller")["squat"](env), wishes)
    heights = []
    for _ in range(150):
        simulation.step(wishes)
        heights.append(simulation.moment.qpos[2])
    assert not simulation.moment.fallen
    assert np.ptp(heights) > 0.02  # m
