"""Rough ground: its shape, the height over it, and robots that start and stand on it in both engines."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.envs.commands import hold
from playground_amp.envs.draws import Draws
from playground_amp.envs.placing import PLACE_DRAWS, Placing
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.sole import make_sole_height
from playground_amp.robot import terrain
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Heights
from playground_amp.robot.robot import load_robot

ROUGH = load_robot("wildrobot", "rough")


def test_bumps_and_slopes_have_their_size():
    spacing = 0.1
    ground = terrain.heights(201, 201, 10.0, 10.0)
    # The hills alone: bumps are a few decimeters wide and average out over a meter, hills over 4 m and more do not.
    size = 11
    window = np.lib.stride_tricks.sliding_window_view(ground, (size, size)).mean(axis=(2, 3))
    slope = np.degrees(np.arctan(np.hypot(*np.gradient(window, spacing))))
    assert 3.5 < slope.max() < 5.2
    bumps = ground[size // 2 : -(size // 2), size // 2 : -(size // 2)] - window
    assert 0.010 < np.abs(bumps).max() < 0.020
    assert abs(ground.mean()) < 1e-9


def test_the_ground_is_the_same_every_time_and_lies_within_the_scene():
    model = model_of(ROUGH)
    heights = terrain.heights(441, 441, 22.0, 22.0)
    np.testing.assert_array_equal(heights, terrain.heights.__wrapped__(441, 441, 22.0, 22.0))
    assert 0 < model.hfield_data.min() < model.hfield_data.max() < 1
    assert model.geom("floor").priority[0] == model_of(load_robot("wildrobot")).geom("floor").priority[0]


def test_another_robot_steps_on_bumps_of_its_own_size(tmp_path: Path):
    robot = load_robot(second_body(tmp_path), "rough")
    assert isinstance(robot.ground, Heights)
    assert isinstance(ROUGH.ground, Heights)
    ratio = robot.standing_height / ROUGH.standing_height
    assert ratio != 1
    assert robot.ground.half_length == pytest.approx(ratio * ROUGH.ground.half_length)
    np.testing.assert_allclose(robot.ground.height, ratio * ROUGH.ground.height, atol=1e-6)


def test_the_height_over_the_ground_is_what_a_ray_measures():
    model, data = model_of(ROUGH), mujoco.MjData(model_of(ROUGH))
    data.qpos[:] = ROUGH.home_qpos
    data.qpos[2] = 50.0  # out of the rays' way
    mujoco.mj_forward(model, data)
    points = np.column_stack([np.random.default_rng(0).uniform(-20, 20, (60, 2)), np.ones(60)])
    hit, down = np.zeros(1, np.int32), np.array([0.0, 0.0, -1.0])
    measured = [mujoco.mj_ray(model, data, point, down, None, 1, -1, hit) for point in points]
    computed = jax.vmap(make_height_over_ground(ROUGH))(jnp.asarray(points, jnp.float32))
    np.testing.assert_allclose(computed, measured, atol=1e-5)


def test_starts_lie_apart_with_the_soles_just_clear_of_the_ground():
    placing = Placing(ROUGH)
    sole_height = make_sole_height(ROUGH)
    home = jnp.asarray(ROUGH.home_joint_position, jnp.float32)

    def start(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        draws = Draws(key, PLACE_DRAWS + 1)
        place, heading = placing.place(draws.take(PLACE_DRAWS)), draws.one() * 6.0
        return place, placing.standing(home, heading, place)

    places, qpos = jax.vmap(start)(jax.random.split(jax.random.PRNGKey(0), 64))
    assert np.ptp(np.asarray(places), axis=0).min() > 5.0
    model, data = model_of(ROUGH), mujoco.MjData(model_of(ROUGH))
    over_ground = make_height_over_ground(ROUGH)
    for configuration in np.asarray(qpos):
        data.qpos[:] = configuration
        mujoco.mj_forward(model, data)
        assert data.ncon == 0 or data.contact.dist.min() > -0.002  # a bump between the points that are looked at
        feet = [jnp.asarray(data.site(f"{side}_foot").xpos, jnp.float32) for side in ("left", "right")]
        assert min(float(over_ground(foot)) for foot in feet) < 0.03
    assert sole_height(qpos[0], jnp.stack(feet)).shape == (2,)


def standing(engine: str, terrain: str) -> Callable[[jax.Array], tuple[EnvState, EnvState]]:
    """The function key → a robot as it was put down on a ground, and after it stood there for half a second."""
    env = WildRobotEnv(load_config(STANDARD, [f"physics.engine={engine}", f"env.terrain={terrain}"]))

    @jax.jit
    def stand(key: jax.Array) -> tuple[EnvState, EnvState]:
        state = env.reset_at_rest(key, hold(0.0))
        return state, jax.lax.fori_loop(0, 25, lambda _, s: env.step(s, jnp.zeros(11)), state)

    return stand


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["native", "mjx", "warp"])
def test_a_robot_stands_on_mixed_ground(engine):
    pytest.importorskip("warp" if engine == "warp" else "jax")
    start, end = jax.vmap(standing(engine, "mixed"))(jax.random.split(jax.random.PRNGKey(3), 4))
    assert not end.terminated.any()
    np.testing.assert_allclose(end.readings.base_height, 0.458, atol=0.02)
    assert float(jnp.ptp(start.readings.base_position_w[:, 0])) > 10.0
    weight = 9.81 * model_of(ROUGH).body_mass.sum()
    np.testing.assert_allclose(end.readings.switch_force.sum(axis=1), weight, rtol=0.25)


@pytest.mark.parametrize("engine", ["native", pytest.param("mjx", marks=pytest.mark.slow)])
def test_a_robot_stands_on_rough_ground(engine):
    start, end = standing(engine, "rough")(jax.random.PRNGKey(3))
    assert not bool(end.terminated)
    assert 0.43 < float(end.readings.base_height) < 0.48
    assert float(jnp.abs(start.readings.base_position_w[2] - start.readings.base_height)) > 0.005
    weight = 9.81 * model_of(ROUGH).body_mass.sum()
    assert float(end.readings.switch_force.sum()) > 0.5 * weight
    assert float(end.readings.foot_height.max()) < 0.02
