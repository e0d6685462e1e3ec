"""From clips to what training takes of them: starts, postures, coverage, and recordings of a policy."""

import dataclasses
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.amp.style_distance import style_distance
from playground_amp.cli.train import check_run
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.reference_motion import draw_start
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.learning.build import make_trainer
from playground_amp.learning.iteration import Trainer
from playground_amp.motion.clip import RECORDED, Clip
from playground_amp.motion.clip_output import write_clip
from playground_amp.motion.demonstrations import load_demonstrations, reference_buffer, reference_states
from playground_amp.motion.generate.table import make_clip
from playground_amp.motion.posture import make_posture_table
from playground_amp.motion.reference import posture_of
from playground_amp.paths import PACKAGE, STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.rotations import heading_of
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.state import read_state, restore, save_state

NARROW = (
    "env.commands.forward=[0.2,0.3]",
    "env.commands.sideways=[0.0,0.0]",
    "env.commands.yaw_rate=[0.0,0.0]",
)


@cache
def config(*settings: str) -> Config:
    return load_config(STANDARD, [*NARROW, *settings])


@cache
def clips() -> tuple[Clip, ...]:
    robot, env = load_robot("wildrobot"), config().env
    return tuple(make_clip(robot, env, command) for command in ((0.2, 0.0, 0.0), (0.3, 0.0, 0.0)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips")
    for clip in clips():
        write_clip(clip, path / f"{clip.name}.npz")
    return path


def with_clips(folder: Path, *settings: str) -> Config:
    return config(f"amp.demonstrations={folder}", *settings)


def test_a_command_that_no_clip_shows_is_refused(folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"env\.commands\.forward asks for 0\.5 to 0\.8 m/s, but the clips .* 0\.20 to 0"
    ):
        load_demonstrations(with_clips(folder, "env.commands.forward=[0.5,0.8]"))


def test_without_amp_the_setting_that_needs_no_clips_is_named_and_helps(folder: Path, tmp_path: Path) -> None:
    beyond = with_clips(folder, "env.commands.forward=[0.5,0.8]", f"trainer.checkpoint_dir={tmp_path}")
    with pytest.raises(UserError, match=r"start no episode on them \(--set env\.reference_start_share=0\)"):
        check_run(beyond)
    with_amp = beyond.model_copy(update={"amp": beyond.amp.model_copy(update={"enabled": True})})
    with pytest.raises(UserError, match=r"\(motion\.py record\)$"):
        check_run(with_amp)
    env = beyond.env.model_copy(update={"reference_start_share": 0.0})
    check_run(beyond.model_copy(update={"env": env}))


@pytest.mark.parametrize("path", sorted((PACKAGE / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_clips_show_what_a_shipped_configuration_commands(path: Path) -> None:
    assert load_demonstrations(load_config(path))


def test_clips_of_another_rate_are_refused(tmp_path: Path) -> None:
    write_clip(dataclasses.replace(clips()[0], rate=30.0), tmp_path / "slow.npz")
    with pytest.raises(UserError, match="has 30 frames a second, the task 50 control steps"):
        load_demonstrations(with_clips(tmp_path))


def test_an_episode_starts_on_a_moment_of_the_reference(folder: Path) -> None:
    states = reference_states(load_demonstrations(with_clips(folder)))
    start = draw_start(states, jnp.float32(0.3), jnp.float32(2.0))
    # The same joints at the same height; above the origin, and turned with its velocity to the heading asked for.
    row = int(np.argmin(np.abs(np.asarray(states.qpos[:, 7:]) - np.asarray(start.qpos[7:])).sum(axis=1)))
    np.testing.assert_allclose(start.qpos[2:3], states.qpos[row, 2:3])
    np.testing.assert_allclose(start.qpos[:2], 0)
    assert float(heading_of(start.qpos[3:7])) == pytest.approx(2.0, abs=1e-5)
    assert np.hypot(*start.qvel[:2]) == pytest.approx(np.hypot(*states.qvel[row, :2]), rel=1e-5)
    turn = 2.0 - float(heading_of(states.qpos[row, 3:7]))
    direction = [np.arctan2(qvel[1], qvel[0]) for qvel in (start.qvel, states.qvel[row])]
    assert direction[0] == pytest.approx(direction[1] + turn, abs=1e-5)
    np.testing.assert_array_equal(start.command, states.command[row])


def test_the_share_of_starts_on_the_reference_is_that_of_the_configuration(folder: Path) -> None:
    settings = with_clips(folder, "env.reference_start_share=0.75")
    env = WildRobotEnv(settings, starts=reference_states(load_demonstrations(settings)))
    states = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(0), 400))
    on_reference = (
        np.abs(np.asarray(states.joint_target) - load_robot("wildrobot").home_joint_position).max(axis=1) > 1e-6
    )
    assert on_reference.mean() == pytest.approx(0.75, abs=0.07)
    chosen = np.asarray(states.command.forward)[on_reference]
    assert set(np.round(chosen, 4)) == {np.float32(0.2), np.float32(0.3)}
    np.testing.assert_allclose(states.readings.joint_position[on_reference], states.joint_target[on_reference])


def test_postures_are_those_of_the_clips_and_between_them_linear() -> None:
    table = make_posture_table(clips())
    phase = 8 / 32
    joints = [table.at(jnp.array([speed, 0.0, 0.0]), jnp.float32(phase)) for speed in (0.2, 0.25, 0.3, 0.9)]
    frame = phase * len(clips()[0].qpos) / clips()[0].cycles
    below = clips()[0].qpos[int(frame), 7:]
    above = clips()[0].qpos[int(frame) + 1, 7:]
    np.testing.assert_allclose(joints[0], below + (above - below) * (frame % 1), atol=1e-5)
    np.testing.assert_allclose(joints[1], (joints[0] + joints[2]) / 2, atol=1e-5)
    np.testing.assert_allclose(joints[3], joints[2], atol=1e-6)  # beyond the grid


def test_where_all_walk_ahead_the_posture_is_that_of_the_recordings(tmp_path: Path) -> None:
    for clip in clips():
        recorded = dataclasses.replace(clip, source=RECORDED, periodic=False, cycles=0)
        write_clip(recorded, tmp_path / f"{clip.name}.npz")
    task = with_clips(tmp_path, "reward_weights.reference_posture=1", "env.commands.standing_share=0")
    table = posture_of(task)
    assert table is not None
    np.testing.assert_allclose(table.forward, [0.2, 0.3])
    assert table.joint_position.shape[1:3] == (1, 1)
    for phase in (0.0, 0.3, 0.7):
        expected = make_posture_table(clips()).at(jnp.array([0.25, 0.0, 0.0]), jnp.float32(phase))
        np.testing.assert_allclose(table.at(jnp.array([0.25, 0.0, 0.3]), jnp.float32(phase)), expected, atol=0.02)
    # A task without such a reward asks for none.
    assert posture_of(with_clips(tmp_path, "reward_weights.reference_posture=0")) is None


def test_a_grid_with_a_hole_is_refused() -> None:
    other = dataclasses.replace(clips()[1], command=np.array([0.3, 0.2, 0.0]))
    with pytest.raises(ValueError, match="do not fill a grid"):
        make_posture_table([clips()[0], other])


def test_clips_of_any_length_are_drawn_alike(folder: Path) -> None:
    loaded = load_demonstrations(with_clips(folder))
    short = dataclasses.replace(
        loaded[0],
        qpos=loaded[0].qpos[:10],
        qvel=loaded[0].qvel[:10],
        contact=loaded[0].contact[:10],
        gait_phase=loaded[0].gait_phase[:10],
        periodic=False,
    )
    buffer = reference_buffer(load_robot("wildrobot"), [short, loaded[1]])
    assert buffer.transitions.shape[:2] == (2, len(loaded[1].qpos))
    np.testing.assert_array_equal(buffer.transitions[0, 9], buffer.transitions[0, 0])


def test_the_distance_is_in_standard_deviations() -> None:
    demonstrations = np.random.default_rng(0).standard_normal((500, 2)) * (1, 3)
    moved = demonstrations + (2 * demonstrations.std(axis=0))
    np.testing.assert_allclose(style_distance(moved, demonstrations), 2)
    np.testing.assert_allclose(style_distance(demonstrations[::-1], demonstrations), 0)


def test_penalties_grow_with_what_style_adds() -> None:
    # Weight 1: style pays as much again as the task can at most, so what effort costs doubles.
    alone, style = config(), config("amp.enabled=true", "amp.weight=1.0")
    assert alone.paid_weights == alone.reward_weights
    assert style.paid_weights["torque"] == 2 * style.reward_weights["torque"]
    assert style.paid_weights["alive"] == style.reward_weights["alive"]
    assert config("amp.enabled=true", "amp.weight=0.0").paid_weights == alone.reward_weights

    def terms(settings: Config) -> dict[str, jax.Array]:
        env = WildRobotEnv(settings)
        return jax.jit(lambda: env.step(env.reset(jax.random.key(0)), jnp.full(11, 0.1)).reward_terms)()

    ours, theirs = terms(alone), terms(style)
    assert float(ours["torque"]) < 0
    assert float(theirs["torque"]) == pytest.approx(2 * float(ours["torque"]))
    assert float(theirs["alive"]) == float(ours["alive"])


@pytest.fixture(scope="module")
def amp_trainer(folder: Path) -> Trainer:
    small = ("num_envs=8", "rollout_steps=5", "num_minibatches=2", "amp.batch_size=16", "amp.replay_intake=16")
    networks = ("actor_layers=[16]", "critic_layers=[16]", "amp.discriminator_layers=[16]", "amp.enabled=true")
    return make_trainer(with_clips(folder, *small, *networks, "env.reference_start_share=0.8"))


def test_a_saved_state_with_amp_goes_on_to_the_same_bits(amp_trainer: Trainer, tmp_path: Path) -> None:
    state = amp_trainer.iterate(amp_trainer.init()).state
    save_state(tmp_path / "state.npz", state, Manifest(), {"iteration": 1})
    through, metrics, _ = amp_trainer.iterate(state)
    resumed, again, _ = amp_trainer.iterate(restore(read_state(tmp_path / "state.npz"), amp_trainer.init()))
    for ours, theirs in zip(jax.tree.leaves(through), jax.tree.leaves(resumed), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert float(metrics["amp/style_reward"]) == float(again["amp/style_reward"])


def test_the_policy_file_of_a_run_with_amp_holds_the_discriminator(amp_trainer: Trainer) -> None:
    policy = amp_trainer.policy(amp_trainer.init())
    assert policy.amp is not None
    assert policy.amp.weight == 1.0
    assert policy.amp.discriminator["normalizer"]["mean"].shape == (2 * 37 + 3,)  # two frames and the command
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(policy.amp.discriminator))
