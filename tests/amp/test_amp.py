"""The motion prior: one feature function, a convention that pays what it says, fair sides, and a balance."""

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from second_body import second_body

from playground_amp.amp import discriminator as disc
from playground_amp.amp.features import feature_names, frame_names, state_transitions, transition
from playground_amp.amp.learner import MotionPrior, PriorState
from playground_amp.amp.ref_buffer import ReferenceBuffer, command_kernel
from playground_amp.configs.amp import AmpConfig
from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale

ROBOT = load_robot("wildrobot")
KERNEL = command_kernel(Scale())
FEATURE_NAMES, FRAME_NAMES = feature_names(ROBOT), frame_names(ROBOT)
FEATURE_SIZE = len(FEATURE_NAMES)
SETTINGS = (
    "amp.discriminator_layers=[32,32]",
    "amp.batch_size=64",
    "amp.replay_size=96",
    "amp.replay_intake=64",
    "amp.discriminator_lr=0.001",
    "amp.num_updates=2",
    "amp.input_noise=[0.01,1.0]",
)


@cache
def config() -> AmpConfig:
    return load_config(STANDARD, SETTINGS).amp


def reference(mean: float = 0.0, seed: int = 0) -> ReferenceBuffer:
    """Two clips of noise, of the commands 0 and 0.5 m/s; the second one's features are 1 higher."""
    noise = np.random.default_rng(seed).standard_normal((2, 2000, FEATURE_SIZE)) + mean
    noise[1] += 1.0
    return ReferenceBuffer(jnp.asarray(noise, jnp.float32), jnp.array([[0.0, 0, 0], [0.5, 0, 0]]), KERNEL)


@cache
def prior() -> MotionPrior:
    return MotionPrior(config(), reference())


def policy_side(mean: float, seed: int = 1) -> tuple[jax.Array, jax.Array]:
    transitions = np.random.default_rng(seed).standard_normal((2048, FEATURE_SIZE)) + mean
    return jnp.asarray(transitions, jnp.float32), jnp.zeros((2048, 3))


update = jax.jit(lambda state, transitions, command, key: prior().update(state, transitions, command, key))


def after_updates(count: int, mean: float) -> tuple[PriorState, dict[str, jax.Array]]:
    state, metrics = prior().init(jax.random.key(0)), {}
    for seed in range(count):
        state, metrics = update(state, *policy_side(mean, seed), jax.random.key(seed))
    return state, metrics


def test_features_are_named_one_by_one() -> None:
    assert len(FRAME_NAMES) == len(set(FRAME_NAMES)) == 37
    assert (FEATURE_SIZE, FEATURE_NAMES[0], FEATURE_NAMES[37]) == (74, "before/gravity_b/x", "after/gravity_b/x")


def test_features_of_another_robot_have_its_joints(tmp_path: Path) -> None:
    robot = load_robot(second_body(tmp_path / "second"))
    names = feature_names(robot)
    qpos, qvel = np.tile(robot.home_qpos, (2, 1)), np.zeros((2, robot.nv))
    (step,) = state_transitions(robot, qpos, qvel)
    named = dict(zip(names, step, strict=True))
    home = {
        f"after/joint_position/{name}": x for name, x in zip(robot.joint_names, robot.home_joint_position, strict=True)
    }
    assert {name: named[name] for name in home} == pytest.approx(home, abs=1e-6)
    prior = MotionPrior(config(), ReferenceBuffer(jnp.asarray(step)[None, None], jnp.zeros((1, 3)), KERNEL))
    assert (
        prior.init(jax.random.key(0)).replay.transitions.shape[1] == len(names) == 2 * (15 + 2 * len(robot.joint_names))
    )


def test_an_engine_and_a_stored_state_have_the_same_features() -> None:
    # What the policy's side computes from the readings of the engine, and the reference's from qpos and qvel.
    engine = make_engine(load_config(STANDARD).physics, load_robot("wildrobot"), 0.02)
    generator = np.random.default_rng(0)
    qpos = np.tile(load_robot("wildrobot").home_qpos, (2, 1))
    qpos[:, 3:7] = (0.9, 0.1, -0.2, 0.3)
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qpos[:, 7:] += 0.1 * generator.standard_normal((2, 11))
    qvel = generator.standard_normal((2, 17))
    readings = [
        engine.reset(jnp.array(p), jnp.array(v), engine.nominal_parameters())[1]
        for p, v in zip(qpos, qvel, strict=True)
    ]
    stored = state_transitions(load_robot("wildrobot"), qpos, qvel)
    np.testing.assert_allclose(stored[0], transition(*readings), atol=2e-6)


def test_features_are_what_they_are_named() -> None:
    robot = load_robot("wildrobot")
    qpos, qvel = np.tile(robot.home_qpos, (2, 1)), np.zeros((2, 17))
    half_turn = np.pi / 4  # the robot looks along the world's y axis, walks that way and turns
    qpos[:, 3:7] = (np.cos(half_turn), 0, 0, np.sin(half_turn))
    qvel[:, :6] = (0.0, 0.7, 0.0, 0.0, 0.0, 0.4)
    qvel[1, 6 + robot.joint_names.index("left_knee_pitch")] = 3.0
    named = dict(zip(FEATURE_NAMES, state_transitions(robot, qpos, qvel)[0], strict=True))
    assert named["before/gravity_b/z"] == pytest.approx(-1)
    assert named["before/linear_velocity_h/x"] == pytest.approx(0.7, abs=1e-6)
    assert named["before/angular_velocity_h/z"] == pytest.approx(0.4, abs=1e-6)
    assert named["after/joint_velocity/left_knee_pitch"] == pytest.approx(3.0)
    assert named["before/joint_velocity/left_knee_pitch"] == 0
    assert named["before/joint_position/left_knee_pitch"] == pytest.approx(0.49)
    assert named["before/foot_position_b/left_z"] == pytest.approx(-0.46, abs=0.005)
    assert named["before/foot_position_b/left_y"] == pytest.approx(-named["before/foot_position_b/right_y"], abs=1e-6)


def test_a_certain_demonstration_pays_1_a_certain_fake_nothing_and_doubt_three_quarters() -> None:
    answers = jnp.array([disc.REAL, disc.FAKE, 0.0, 3.0, -5.0, 0.5])
    np.testing.assert_allclose(disc.style_reward(answers), [1, 0, 0.75, 0, 0, 0.9375], atol=1e-6)


def test_the_loss_is_that_of_its_targets() -> None:
    # A discriminator a + b·x with a = 0.5, b = (2, 0): real (0, 0) answers 0.5, fake (1, 0) answers 2.5.
    # Wrong by 0.5 and 3.5: ½ (0.25 + 12.25) = 6.25. Its slope is (2, 0) everywhere: penalty 4.
    parts = disc.losses(lambda p, x: p + x @ jnp.array([2.0, 0.0]), 0.5, jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]]))
    assert (float(parts.classification), float(parts.penalty)) == (6.25, 4.0)


def test_accuracy_weighs_both_sides_alike() -> None:
    # 3 of 4 demonstrations and 1 of 2 fakes are told: (0.75 + 0.5) / 2.
    assert float(disc.accuracy(jnp.array([1.0, 1, 1, -1]), jnp.array([-1.0, 1]))) == 0.625


def test_commands_of_a_larger_robot_count_as_alike_farther_apart() -> None:
    np.testing.assert_allclose(command_kernel(Scale(speed=2.0, rate=0.5)), [0.16, 0.16, 0.075], rtol=1e-6)


def test_demonstrations_are_drawn_at_the_command() -> None:
    command = jnp.repeat(jnp.array([[0.0, 0, 0], [0.5, 0, 0]]), 500, axis=0)
    drawn = np.asarray(reference().draw(jax.random.key(0), command)).mean(axis=1)
    assert drawn[:500].mean() == pytest.approx(0, abs=0.05)
    assert drawn[500:].mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("asked", [0.2, 0.3, 0.45])
def test_demonstrations_that_lie_unevenly_show_the_speed_asked_for_on_the_average(asked: float) -> None:
    speeds = jnp.array([0.0, 0.1, 0.19, 0.21, 0.25, 0.36, 0.48, 0.5, 0.52, 0.55])
    command = jnp.stack([speeds, jnp.zeros(10), jnp.zeros(10)], axis=1)
    shown = ReferenceBuffer(speeds[:, None, None], command, KERNEL)
    drawn = shown.draw(jax.random.key(0), jnp.tile(jnp.array([asked, 0.0, 0.0]), (4000, 1)))
    assert float(drawn.mean()) == pytest.approx(asked, abs=0.005)


def test_beyond_all_demonstrations_the_nearest_are_drawn() -> None:
    drawn = reference().draw(jax.random.key(0), jnp.tile(jnp.array([9.0, 0.0, 0.0]), (100, 1)))
    assert float(drawn.mean()) == pytest.approx(1, abs=0.05)


def test_what_differs_is_learned_and_paid_for() -> None:
    state, metrics = after_updates(60, mean=2.0)
    assert metrics["amp/accuracy"] > 0.95
    assert metrics["amp/real_score"] > 0.5
    assert metrics["amp/fake_score"] < -0.5
    real, (fake, command) = prior().reference.transitions[0], policy_side(2.0)
    assert prior().style(state, real, command[: len(real)]).mean() > 0.8
    assert prior().style(state, fake, command).mean() < 0.2


def test_the_same_motion_is_told_by_the_command_that_it_was_not_drawn_for() -> None:
    # Whoever was told 0.5 m/s moves as demonstrations of 0 m/s do.
    state = prior().init(jax.random.key(0))
    slow, told = prior().reference.transitions[0], jnp.tile(jnp.array([[0.5, 0.0, 0.0]]), (2000, 1))
    for seed in range(60):
        state, metrics = update(state, slow, told, jax.random.key(seed))
    assert metrics["amp/accuracy"] > 0.9
    assert prior().style(state, slow, told).mean() < 0.2


def test_what_does_not_differ_is_not_told_apart() -> None:
    state, metrics = after_updates(60, mean=0.0)
    assert metrics["amp/accuracy"] == pytest.approx(0.5, abs=0.12)
    assert prior().style(state, *policy_side(0.0)).mean() == pytest.approx(0.75, abs=0.1)


def test_both_sides_feed_the_normalizer_alike() -> None:
    # 4000 demonstrations, of clips 0 and 1, mean 0.5; then 2 updates of 64 at mean 0 and 64 at mean 80.
    state, _ = after_updates(1, mean=80.0)
    expected = (4000 * 0.5 + 128 * 0 + 128 * 80) / 4256
    assert np.mean(np.asarray(state.normalizer.mean)[:FEATURE_SIZE]) == pytest.approx(expected, abs=0.05)


def test_noise_rises_while_the_discriminator_knows_too_well_and_falls_while_it_guesses() -> None:
    low, high = config().accuracy_band
    state = prior().init(jax.random.key(0))._replace(noise=jnp.float32(0.1))
    noise = [float(prior()._balance(state._replace(accuracy=jnp.float32(x))).noise) for x in (high + 0.1, low - 0.1)]
    assert noise[1] < 0.1 < noise[0]
    held = prior()._balance(state._replace(accuracy=jnp.float32((low + high) / 2)))
    assert float(held.noise) == pytest.approx(0.1)


def test_the_replay_buffer_is_a_ring() -> None:
    # Each update puts 64 into 96 places: the second one wraps and leaves rows 32 to 63 of the first.
    state, _ = after_updates(1, mean=1.0)
    first = np.asarray(state.replay.transitions)
    state, _ = update(state, *policy_side(5.0), jax.random.key(9))
    second = np.asarray(state.replay.transitions)
    assert int(state.replay.filled) == 128
    np.testing.assert_array_equal(second[32:64], first[32:64])
    assert second[64:].mean() == pytest.approx(5, abs=0.1)
    assert second[:32].mean() == pytest.approx(5, abs=0.1)
