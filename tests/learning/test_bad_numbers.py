"""Numbers that go bad in real training: the robot or the update is left out and counted, and learning goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from fake_trainer import fake_config
from mujoco.batch import Batch, SimulationError

from playground_amp.cli import replay
from playground_amp.errors import UserError
from playground_amp.learning import rollout
from playground_amp.learning.iteration import IterationOutput, Trainer, TrainingState
from playground_amp.physics.engines.native import NativeEngine
from playground_amp.physics.protocol import PhysicsState
from playground_amp.robot.altered import altered_robot
from playground_amp.robot.robot import load_robot
from playground_amp.runs.contents import list_states, state_path
from playground_amp.runs.evidence import replay_evidence
from playground_amp.runs.loop import run
from playground_amp.runs.result import RunResult
from playground_amp.runs.state import read_state
from playground_amp.runs.tracking.metrics_log import read_records

ROBOTS = 64
SETTINGS = (
    f"trainer.num_envs={ROBOTS}",
    "rollout_steps=8",
    "env.bus=false",
    "actor_layers=[32, 32]",
    "critic_layers=[32, 32]",
)
MARK = -1000  # an age no robot has: asks `poisoned` for a reward that is not a number
Change = Callable[[TrainingState], TrainingState]


@pytest.fixture(scope="module")
def trainer() -> Any:
    """The trainer, compiled once, with a fault that a robot's age switches on after the rollout."""
    collect = rollout.collect

    def poisoned(env: Any, act: Any, states: Any, *others: Any) -> Any:
        following, statistics, experience = collect(env, act, states, *others)
        at = (states.step < -1)[:, None] & (jnp.arange(8) == 3)
        transitions: Any = experience.transitions
        transitions = transitions._replace(reward=jnp.where(at, jnp.nan, transitions.reward))
        observation = {**transitions.observation}
        observation["state"] = jnp.where(at[..., None], jnp.inf, observation["state"])
        return following, statistics, experience._replace(transitions=transitions._replace(observation=observation))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollout, "collect", poisoned)
        trainer = Trainer(fake_config("unused", *SETTINGS))
        jax.eval_shape(trainer.iterate, jax.eval_shape(trainer.init))
        trainer.iterate(trainer.init())
    return trainer


class Faulty:
    """A trainer whose state is changed before some iterations."""

    def __init__(self, trainer: Trainer, changes: dict[int, Change]) -> None:
        self.trainer, self.changes, self.parameters = trainer, changes, [np.zeros(1)]
        self.init, self.policy, self.taught = trainer.init, trainer.policy, trainer.taught
        self.steps_per_iteration = trainer.steps_per_iteration

    def iterate(self, state: TrainingState) -> IterationOutput:
        change = self.changes.get(int(state.iteration) + 1, lambda state: state)
        output = self.trainer.iterate(change(state))
        leaves = jax.tree.leaves((output.state.learner.params, output.state.learner.normalizer))
        self.parameters.append(np.concatenate([np.ravel(leaf) for leaf in leaves]))
        return output


def too_fast(*robots: int, speed: float = 1e5) -> Change:
    """These robots' bases move at a speed that is finite and that no physics step survives."""

    def change(state: TrainingState) -> TrainingState:
        physics = state.env_states.physics
        physics = physics._replace(qvel=physics.qvel.at[jnp.array(robots), 0].set(speed))
        return state._replace(env_states=state.env_states._replace(physics=physics))

    return change


def aged(robot: int, age: int) -> Change:
    def change(state: TrainingState) -> TrainingState:
        step = state.env_states.step.at[robot].set(age)
        return state._replace(env_states=state.env_states._replace(step=step))

    return change


def train(trainer: Trainer, folder: Path, changes: dict[int, Change], *settings: str) -> tuple[RunResult, Faulty]:
    faulty = Faulty(trainer, changes)
    config = fake_config(folder, *SETTINGS, *settings)
    return run(config, lambda _: faulty, use_wandb=False), faulty


def counts(folder: Path, name: str) -> list[float | None]:
    return [record[name] for record in read_records(folder / "metrics.jsonl")]


def learns_on(faulty: Faulty) -> bool:
    """Whether parameters and normalizer stayed finite throughout and changed in every iteration."""
    finite = all(np.isfinite(parameters).all() for parameters in faulty.parameters)
    return finite and all(
        not np.array_equal(a, b) for a, b in zip(faulty.parameters[1:], faulty.parameters[2:], strict=False)
    )


def test_a_robot_that_goes_bad_is_counted_kept_as_evidence_and_learning_goes_on(
    trainer: Trainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result, faulty = train(trainer, tmp_path, {2: too_fast(5), 4: too_fast(7, 8, speed=np.nan)}, "num_iterations=5")
    assert result.exit_status == 0
    assert counts(tmp_path, "bad_envs") == [0, 1, 0, 2, 0]
    assert counts(tmp_path, "skipped_updates") == [0] * 5
    assert None not in counts(tmp_path, "reward") + counts(tmp_path, "speed_error") + counts(tmp_path, "policy_loss")
    assert learns_on(faulty)
    capsys.readouterr()
    again = replay_evidence(tmp_path / "evidence/iter_00000002.npz")
    assert again.evidence.physics.qvel[0] == np.float32(1e5)
    assert np.isfinite(jax.tree.leaves(again.evidence)[1]).all()
    assert not again.readings.finite
    assert replay.main([str(tmp_path / "evidence/iter_00000002.npz")]) == 0
    assert "the state reached is not finite" in capsys.readouterr().out
    with pytest.raises(UserError, match="does not fit this run"):
        replay_evidence(list_states(tmp_path)[0])


def test_a_gradient_that_is_not_finite_is_left_out_and_learning_goes_on(trainer: Trainer, tmp_path: Path) -> None:
    result, faulty = train(trainer, tmp_path, {2: aged(9, MARK), 3: aged(9, 0)}, "num_iterations=4")
    assert result.exit_status == 0
    assert counts(tmp_path, "bad_envs") == [0] * 4
    # The robot is in one of the 4 minibatches of each of the 4 epochs.
    assert counts(tmp_path, "skipped_updates") == [0, 4, 0, 0]
    assert None not in counts(tmp_path, "learning_rate") + counts(tmp_path, "reward")
    assert learns_on(faulty)


@pytest.mark.parametrize(
    ("change", "setting", "evidence"),
    [
        (
            too_fast(5),
            "max_bad_env_iterations=2",
            ["iter_00000001.npz", "iter_00000002.npz", "state_iter_00000002.npz"],
        ),
        (aged(9, MARK), "max_skipped_update_iterations=2", ["state_iter_00000002.npz"]),
    ],
)
def test_if_it_repeats_the_run_stops_with_the_evidence(
    trainer: Trainer, tmp_path: Path, change: Change, setting: str, evidence: list[str]
) -> None:
    result, _ = train(trainer, tmp_path, dict.fromkeys(range(1, 9), change), setting)
    assert (result.exit_status, result.iteration) == (3, 2)
    assert sorted(path.name for path in (tmp_path / "evidence").iterdir()) == evidence
    assert read_state(tmp_path / "evidence/state_iter_00000002.npz").iteration == 2


def test_a_run_that_bad_numbers_stopped_goes_on_as_if_they_had_not_been(trainer: Trainer, tmp_path: Path) -> None:
    train(trainer, tmp_path / "whole", {}, "num_iterations=6")
    stopped, _ = train(trainer, tmp_path / "cut", {5: too_fast(5)}, "num_iterations=6", "max_bad_env_iterations=1")
    assert (stopped.exit_status, stopped.iteration) == (3, 5)
    config = fake_config(tmp_path / "cut", *SETTINGS, "num_iterations=6")
    assert run(config, lambda _: trainer, use_wandb=False, resume=tmp_path / "cut").exit_status == 0
    whole, cut = (read_state(state_path(tmp_path / name, 6)).arrays for name in ("whole", "cut"))
    assert whole.keys() == cut.keys()
    assert [name for name in whole if whole[name].tobytes() != cut[name].tobytes()] == []
    for name in ("reward", "policy_loss", "bad_envs"):
        assert counts(tmp_path / "whole", name) == counts(tmp_path / "cut", name)


def test_an_error_of_the_native_engine_ends_those_robots_episodes_only(
    trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, calls = Batch.step, []

    def failing(batch: Batch, *arguments: Any, **options: Any) -> Any:
        calls.append(step(batch, *arguments, **options))
        if len(calls) == 8 + 3:  # in the second iteration
            raise SimulationError(np.array([3, 11]), "mj_stackAlloc: out of memory")

    monkeypatch.setattr(Batch, "step", failing)
    result, faulty = train(trainer, tmp_path, {}, "num_iterations=3")
    assert result.exit_status == 0
    assert counts(tmp_path, "bad_envs") == [0, 2, 0]
    assert learns_on(faulty)
    assert np.isfinite(replay_evidence(tmp_path / "evidence/iter_00000002.npz").evidence.physics.qpos).all()


def test_the_native_engine_names_the_robots_that_it_failed_on(tmp_path: Path) -> None:
    def with_little_memory(spec: mujoco.MjSpec) -> None:
        spec.memory = 20_000  # bytes: enough in the air, too few for the contacts of a robot on the floor

    robot = altered_robot(load_robot("wildrobot"), tmp_path / "robot", with_little_memory)
    config = fake_config("unused")
    engine = NativeEngine(robot, config.physics, config.env.control_dt)
    qpos = np.tile(robot.home_qpos, (4, 1)).astype(np.float32)
    qpos[1:3, 2] = 2.0
    still = jnp.zeros((4, robot.nv))
    physics = PhysicsState(jnp.asarray(qpos), still, still, jnp.zeros(4))
    targets = jnp.tile(jnp.asarray(robot.home_joint_position, jnp.float32), (4, 1))
    step = jax.vmap(engine.step, (0, 0, None, None))
    _, readings = step(physics, targets, jnp.zeros(3), engine.nominal_parameters())
    assert readings.finite.tolist() == [False, True, True, False]
