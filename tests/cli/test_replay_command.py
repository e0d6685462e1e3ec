"""`replay.py`: the control step once more, of the robot and on the ground of the run."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.cli import replay
from playground_amp.configs.loader import load_config
from playground_amp.learning.rollout import Evidence
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import make_engine
from playground_amp.robot.record import Heights
from playground_amp.robot.robot import load_robot
from playground_amp.runs.evidence import replay_evidence
from playground_amp.runs.manifest import make_manifest
from playground_amp.runs.state import save_state


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A robot at home on the highest point of rough ground, as a run keeps it."""
    config = load_config(STANDARD, ["env.terrain=rough", "physics.engine=native"])
    robot = load_robot(config.robot, config.env.terrain)
    assert isinstance(robot.ground, Heights)
    row, column = np.unravel_index(np.argmax(robot.ground.height), robot.ground.height.shape)
    rows, columns = robot.ground.height.shape
    x = np.interp(column, [0, columns - 1], [-robot.ground.half_length, robot.ground.half_length])
    y = np.interp(row, [0, rows - 1], [-robot.ground.half_width, robot.ground.half_width])
    highest = float(robot.ground.height.max())
    assert highest > 0.05  # over a flat floor, the robot would hang in the air there
    qpos = jnp.asarray(robot.home_qpos, jnp.float32).at[:3].add(jnp.array([x, y, highest - 0.002]))
    engine = make_engine(config.physics, robot, config.env.control_dt)
    parameters = engine.nominal_parameters()
    physics, _ = engine.reset(qpos, jnp.zeros(robot.nv), parameters)
    home = jnp.asarray(robot.home_joint_position, jnp.float32)
    kept = Evidence(jnp.bool_(True), physics, parameters, jnp.zeros(robot.num_joints), home, home, jnp.zeros(3))
    path = tmp_path_factory.mktemp("run") / "evidence" / "iter_00000007.npz"
    save_state(path, kept, make_manifest(config), {"iteration": 7})
    return path


def test_it_stands_on_the_ground_of_the_run(evidence: Path) -> None:
    assert np.asarray(replay_evidence(evidence).readings.foot_switch).any()


def test_the_step_is_told_joint_by_joint(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main([str(evidence)]) == 1
    first, heading, *lines = capsys.readouterr().out.splitlines()
    assert first == "iteration 7, one control step of 0.02 s on the engine native"
    robot = load_robot("wildrobot", "rough")
    joints = lines[: robot.num_joints]
    assert [line.split()[0] for line in joints] == list(robot.joint_names)
    assert [float(line.split()[1]) for line in joints] == pytest.approx(robot.home_joint_position, abs=1e-3)
    assert {len(line) for line in joints} == {len(heading)}
    assert lines[-1] == "the state reached is finite"
