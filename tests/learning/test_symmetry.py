"""The mirror: of observations against the simulated robot, and of the networks."""

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.brax_api.learning import running_statistics
from playground_amp.configs.loader import load_config
from playground_amp.envs import commands
from playground_amp.envs.observations import observation_mirrors, observation_sizes
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_networks, make_policy, policy_params
from playground_amp.learning.symmetry import symmetric_normalizer, symmetric_policy
from playground_amp.paths import STANDARD
from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror
from playground_amp.robot.robot import load_robot

CONFIG = load_config(STANDARD)
ROBOT = load_robot(CONFIG.robot)
ACTION_MIRROR = mirror.joints(ROBOT)
SIZES = observation_sizes(ROBOT, history=1)


def image(at: Mirror, array: Any) -> Any:
    """Of an array [..., n], JAX's or NumPy's."""
    return array[..., at.index] * at.sign


def test_every_mirror_undoes_itself():
    for at in (*observation_mirrors(ROBOT, SIZES["state"]).values(), ACTION_MIRROR, mirror.both_sides(mirror.POLAR)):
        array = np.random.default_rng(0).normal(size=at.size)
        np.testing.assert_allclose(image(at, image(at, array)), array)


@cache
def env() -> WildRobotEnv:
    exact = ["physics.solver=newton", "physics.iterations=50", "ls_iterations=50"]
    return WildRobotEnv(load_config(STANDARD, [*exact, "env.bus=false"]))  # left and right have rounds of their own


def start(command: commands.Command, gait_phase: float) -> EnvState:
    state = env().reset_at_rest(jax.random.PRNGKey(0), command)
    qpos = jnp.asarray(env().engine.robot.home_qpos, jnp.float32)
    physics, readings = env().engine.reset(qpos, jnp.zeros(17), state.parameters)
    return state._replace(physics=physics, readings=readings, gait_phase=jnp.float32(gait_phase))


def test_the_mirrored_robot_sees_the_mirrored_observations():
    """Mirrored commands, clock and actions from a symmetric start: every observation is the other's image."""
    actions = 0.3 * jax.random.normal(jax.random.PRNGKey(1), (25, 11))

    @jax.jit
    def run(state: EnvState, actions: jax.Array):
        return jax.lax.scan(
            lambda s, a: ((after := env().step(s, a)), (after.observation, after.reward)), state, actions
        )[1]

    one, reward = run(start(commands.hold(0.3, 0.1, 0.2), 0.1), actions)
    other, other_reward = run(start(commands.hold(0.3, -0.1, -0.2), 0.6), image(ACTION_MIRROR, actions))
    for name, at in observation_mirrors(ROBOT, SIZES["state"]).items():
        np.testing.assert_allclose(image(at, other[name]), one[name], atol=2e-3)
    np.testing.assert_allclose(other_reward, reward, atol=1e-4)


@pytest.fixture(params=[1, 3], ids=["one observation", "the last three"])
def parameters(request):
    """Networks, a lopsided normalizer and random weights."""
    sizes = {name: at.size for name, at in observation_mirrors(ROBOT, request.param * SIZES["state"]).items()}
    networks = make_networks(CONFIG.trainer, ROBOT, sizes)
    keys = jax.random.split(jax.random.PRNGKey(2), 4)
    policy, value = networks.policy_network.init(keys[0]), networks.value_network.init(keys[1])
    shapes = {name: jax.ShapeDtypeStruct((size,), jnp.float32) for name, size in sizes.items()}
    batch = {name: 1 + jax.random.normal(keys[2], (50, size)) for name, size in sizes.items()}
    normalizer = running_statistics.update(running_statistics.init_state(shapes), batch)
    return networks, normalizer, policy, value, {name: x[:6] for name, x in batch.items()}


def test_the_networks_answer_an_image_with_the_image(parameters):
    networks, normalizer, policy, value, batch = parameters
    mirrored = {
        name: image(at, batch[name]) for name, at in observation_mirrors(ROBOT, batch["state"].shape[1]).items()
    }
    mean, std = networks.policy_network.apply(normalizer, policy, batch)
    mirrored_mean, mirrored_std = networks.policy_network.apply(normalizer, policy, mirrored)
    np.testing.assert_allclose(mirrored_mean, image(ACTION_MIRROR, mean), atol=1e-6)
    np.testing.assert_allclose(mirrored_std, std[:, ACTION_MIRROR.index], atol=1e-6)
    assert np.abs(np.asarray(mean)).max() > 1e-3
    np.testing.assert_allclose(
        networks.value_network.apply(normalizer, value, mirrored),
        networks.value_network.apply(normalizer, value, batch),
        atol=1e-5,
    )


def test_the_saved_policy_acts_like_the_trained_one(parameters):
    networks, normalizer, policy, value, batch = parameters
    mean, _ = networks.policy_network.apply(normalizer, policy, batch)
    saved = policy_params(CONFIG.trainer, ROBOT, normalizer, policy, value)
    np.testing.assert_allclose(make_policy(CONFIG.trainer, ROBOT)(saved, batch, None), mean, atol=1e-6)


def test_gradients_are_those_of_the_plain_network_averaged(parameters):
    networks, normalizer, policy, _, batch = parameters
    mirrors = observation_mirrors(ROBOT, batch["state"].shape[1])
    plain = make_networks(
        CONFIG.trainer.model_copy(update={"symmetric": False}), ROBOT, {n: x.shape[1] for n, x in batch.items()}
    )

    def loss(network, scale, params):
        mean, std = network.policy_network.apply(scale, params, batch)
        return jnp.sum(mean**2 + mean + std)

    averaged = partial(symmetric_policy, observation=mirrors["state"], action=ACTION_MIRROR)
    gradient = jax.grad(partial(loss, networks, normalizer))(policy)
    scale = symmetric_normalizer(normalizer, mirrors)
    expected = averaged(jax.grad(partial(loss, plain, scale))(averaged(policy)))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5), gradient, expected)


def test_without_symmetry_the_networks_are_plain(parameters):
    _, normalizer, policy, _, batch = parameters
    plain = make_networks(
        CONFIG.trainer.model_copy(update={"symmetric": False}), ROBOT, {n: x.shape[1] for n, x in batch.items()}
    )
    mirrored = {
        name: image(at, batch[name]) for name, at in observation_mirrors(ROBOT, batch["state"].shape[1]).items()
    }
    mean, mirrored_mean = (plain.policy_network.apply(normalizer, policy, x)[0] for x in (batch, mirrored))
    assert np.abs(np.asarray(mirrored_mean - image(ACTION_MIRROR, mean))).max() > 1e-3
