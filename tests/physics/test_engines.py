"""Engines against plain MuJoCo, and against each other."""

import copy
from functools import cache
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from one_period import CONTROL_DT, CONVERGED, at_rest, different, one_period, stepped

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs import commands
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.physics.engines.simulation_model import simulation_model
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

pytestmark = pytest.mark.usefixtures("optimized")

NEEDS_WARP = pytest.mark.skipif(find_spec("warp") is None, reason="needs the extra warp")


@cache
def config(engine: str) -> Config:
    return load_config(STANDARD, [f"physics.engine={engine}", *CONVERGED])


def targets(steps: int, robots: int, size: float) -> jax.Array:
    """Joint targets [steps, robots, 11]: a smooth seeded motion around home, different for every robot."""
    home = load_robot("wildrobot").home_joint_position
    rng = np.random.default_rng(7)
    frequency, phase = rng.uniform(0.5, 2.0, (robots, 11)), rng.uniform(0, 6.3, (robots, 11))
    time = CONTROL_DT * np.arange(steps)[:, None, None]
    return jnp.asarray(home + size * np.sin(6.283 * frequency * time + phase), jnp.float32)


def standing_start(robots: int) -> tuple[jax.Array, jax.Array]:
    robot = load_robot("wildrobot")
    return jnp.tile(jnp.asarray(robot.home_qpos, jnp.float32), (robots, 1)), jnp.zeros((robots, 17))


@cache
def native_states(num_threads: int, robots: int = 8, steps: int = 100) -> np.ndarray:
    """Positions and velocities [steps, robots, 35] under `targets`, from the native engine."""
    physics = config("native").physics.model_copy(update={"num_threads": num_threads})
    engine = make_engine(physics, load_robot("wildrobot"), CONTROL_DT)
    parameters = jax.tree.map(lambda x: jnp.tile(x, robots), engine.nominal_parameters())

    @jax.jit
    def run(orders):
        states, _ = jax.vmap(engine.reset)(*standing_start(robots), parameters)

        def step(states, order):
            states, _ = jax.vmap(engine.step)(states, order, jnp.zeros((robots, 3)), parameters)
            return states, jnp.concatenate([states.qpos, states.qvel], axis=1)

        return jax.lax.scan(step, states, orders)[1]

    return np.asarray(run(targets(steps, robots, 0.2)))


def test_native_engine_equals_a_plain_mujoco_loop():
    # States and parameters reach the engine as float32; the plain loop is given the same, so that what remains is
    # MuJoCo itself, and must agree to the last bit.
    engine_states = native_states(0)
    model = simulation_model(load_robot("wildrobot"), config("native").physics, "newton")
    model.geom("floor").friction[0] = np.float32(model.geom("floor").friction[0])
    orders = np.asarray(targets(100, 8, 0.2))
    for robot in (0, 5):
        data = mujoco.MjData(model)
        data.qpos[:] = load_robot("wildrobot").home_qpos.astype(np.float32)
        data.ctrl[:] = data.qpos[7:]
        mujoco.mj_forward(model, data)
        for step in range(100):
            data.qpos[:], data.qvel[:] = data.qpos.astype(np.float32), data.qvel.astype(np.float32)
            data.qacc_warmstart[:] = data.qacc_warmstart.astype(np.float32)
            data.ctrl[:] = orders[step, robot]
            for _ in range(10):
                mujoco.mj_step(model, data)
            plain = np.concatenate([data.qpos, data.qvel]).astype(np.float32)
            np.testing.assert_array_equal(engine_states[step, robot], plain)


def test_native_results_do_not_depend_on_the_number_of_threads():
    np.testing.assert_array_equal(native_states(1), native_states(2))
    np.testing.assert_array_equal(native_states(1), native_states(3))


def test_physics_of_training_stay_close_to_those_of_the_gates():
    """One control period at a time, from the states that the gate's physics reach."""
    fine = native_states(0)
    engine = make_engine(load_config(STANDARD, []).physics, load_robot("wildrobot"), CONTROL_DT)
    robots = fine.shape[1]
    parameters = jax.tree.map(lambda x: jnp.tile(x, robots), engine.nominal_parameters())
    push = jnp.zeros((robots, 3))

    @jax.jit
    def one_period(states, order):
        qpos, qvel = states[:, :18], states[:, 18:]
        start, _ = jax.vmap(engine.reset)(qpos, qvel, parameters)
        reached, _ = jax.vmap(engine.step)(start, order, push, parameters)
        return jnp.concatenate([reached.qpos, reached.qvel], axis=1)

    orders = targets(100, robots, 0.2)
    off = np.stack([one_period(fine[i - 1], orders[i]) - fine[i] for i in range(10, 60)])

    def size(part: slice) -> float:
        return float(np.sqrt(np.mean(off[..., part] ** 2)))

    assert size(slice(7, 18)) < 0.0015  # rad, joints [0.0008]
    assert size(slice(24, 35)) < 0.12  # rad/s, joints [0.070]
    assert size(slice(18, 21)) < 0.03  # m/s, base [0.016]


@cache
def episode(engine: str, steps: int):
    """Observations, rewards, ends [steps, robots, …] of the task from rest under the same seeded targets."""
    robots = 4
    env = WildRobotEnv(config(engine))
    home = jnp.asarray(load_robot("wildrobot").home_joint_position, jnp.float32)
    actions = (targets(steps, robots, 0.12) - home) / env.config.env.action_scale

    @jax.jit
    def run():
        keys = jax.random.split(jax.random.PRNGKey(3), robots)
        states = jax.vmap(env.reset_at_rest, (0, None))(keys, commands.hold(0.3, heading=0.0))

        def step(states, action):
            states = jax.vmap(env.step)(states, action)
            return states, (states.observation, states.reward, states.terminated, states.readings)

        return jax.lax.scan(step, states, actions)[1]

    return jax.tree.map(np.asarray, run())


@pytest.mark.parametrize("other", ["mjx", pytest.param("warp", marks=NEEDS_WARP)])
def test_engines_agree_for_half_a_second_of_contact(other):
    """Stated tolerance over 25 control steps: 2e-3 in every observation, 1e-3 in the reward, the same ends."""
    native, run = episode("native", 40), episode(other, 40)
    contact = native[3].switch_force.sum(-1) > 1.0
    first = int(np.argmax(contact.all(axis=1)))
    assert first < 10, "the robots stand on the floor within 0.2 s"
    window = slice(0, first + 25)
    np.testing.assert_allclose(run[0]["state"][window], native[0]["state"][window], atol=2e-3)
    np.testing.assert_allclose(run[1][window], native[1][window], atol=1e-3)


@pytest.mark.slow
def test_engines_agree_on_who_falls():
    """Contacts make later motion differ in detail, so of all 200 steps only the ends are compared, to 0.1 s."""
    native, mjx = episode("native", 200), episode("mjx", 200)
    for robot in range(native[2].shape[1]):
        falls = [np.flatnonzero(ends[:, robot]) for ends in (native[2], mjx[2])]
        assert bool(falls[0].size) == bool(falls[1].size)
        if falls[0].size:
            assert abs(falls[0][0] - falls[1][0]) <= 5


@pytest.mark.parametrize("call", ["reset", "step"])
def test_the_first_call_of_an_engine_reads_what_later_ones_read(call):
    engine = make_engine(config("native").physics, load_robot("wildrobot"), CONTROL_DT)
    qpos, qvel = jax.tree.map(lambda x: x[0], standing_start(1))
    qpos, parameters = qpos.at[2].add(-0.008), engine.nominal_parameters()  # soles pressed into the floor
    state, _ = make_engine(config("native").physics, load_robot("wildrobot"), CONTROL_DT).reset(qpos, qvel, parameters)

    def read() -> Readings:
        if call == "reset":
            return engine.reset(qpos, qvel, parameters)[1]
        return engine.step(state, qpos[7:], jnp.zeros(3), parameters)[1]

    first, second = read(), read()
    assert float(first.switch_force.sum()) > 1
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_readings_match_mujoco():
    robot = load_robot("wildrobot")
    engine = make_engine(config("native").physics, load_robot("wildrobot"), CONTROL_DT)
    rng = np.random.default_rng(1)
    model, data = copy.copy(model_of(robot)), mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    quaternion = np.array([0.9, 0.1, -0.2, 0.3])
    data.qpos[3:7] = quaternion / np.linalg.norm(quaternion)
    data.qpos[7:] += rng.uniform(-0.2, 0.2, 11)
    data.qvel[:] = rng.uniform(-1, 1, 17)
    mujoco.mj_forward(model, data)
    _, readings = jax.jit(engine.reset)(
        jnp.asarray(data.qpos, jnp.float32), jnp.asarray(data.qvel, jnp.float32), engine.nominal_parameters()
    )
    base = data.body("waist").xmat.reshape(3, 3)
    np.testing.assert_allclose(readings.gravity_b, base.T @ [0, 0, -1], atol=1e-6)
    np.testing.assert_allclose(readings.linear_velocity_b, base.T @ data.qvel[:3], atol=1e-6)
    velocity = np.zeros(6)
    for side, name in enumerate(("left_foot", "right_foot")):
        site = data.site(name)
        np.testing.assert_allclose(readings.foot_position_w[side], site.xpos, atol=1e-6)
        np.testing.assert_allclose(readings.foot_position_b[side], base.T @ (site.xpos - data.qpos[:3]), atol=1e-6)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site.id, velocity, 0)
        np.testing.assert_allclose(readings.foot_velocity_w[side], velocity[3:], atol=1e-5)


@pytest.mark.parametrize(
    "engine", ["native", pytest.param("mjx", marks=pytest.mark.slow), pytest.param("warp", marks=NEEDS_WARP)]
)
def test_friction_and_push_reach_the_physics(engine):
    """A 6 N push on 4.1 kg (0.15 of its weight) slides the robot on a floor of friction 0.02 but not of 0.8."""
    start = standing_start(1)[0][0]

    def pushed(friction: float) -> np.ndarray:
        targets = np.tile(start[7:], (15, 1))
        readings = stepped(engine, start, targets, different(floor_friction=friction), push_force_w=(0.0, 6.0, 0.0))
        return np.asarray(readings.foot_position_w[-1, :, 1] - readings.foot_position_w[0, :, 1])

    assert np.all(pushed(0.02) > 0.02)
    assert np.all(np.abs(pushed(0.8)) < 0.005)


@pytest.mark.parametrize(
    "engine", ["native", pytest.param("mjx", marks=pytest.mark.slow), pytest.param("warp", marks=NEEDS_WARP)]
)
def test_each_joint_gets_its_target_when_it_arrives(engine):
    """In the air a joint whose target arrives after 12 ms moves as under a latency of 12 ms, one after 30 ms not."""
    start = at_rest(standing_start(1)[0][0].at[2].add(1.0))
    home = start.qpos[7:]
    late = jnp.full(11, 0.012).at[4].set(0.030)

    def moved(target: jax.Array, latency: float, *arrival: jax.Array) -> jax.Array:
        order = (start, target, jnp.zeros(3), different(latency=latency), home, *arrival)
        return one_period(engine)(*order)[1].joint_position

    by_latency = moved(jnp.where(jnp.arange(11) == 4, home, home + 0.1), 0.012)
    np.testing.assert_allclose(moved(home + 0.1, 0.0, late), by_latency, atol=1e-6)
    assert np.max(np.abs(by_latency - home)) > 0.002


def test_a_state_that_is_not_finite_stays_with_its_robot():
    engine = make_engine(config("native").physics, load_robot("wildrobot"), CONTROL_DT)
    parameters = jax.tree.map(lambda x: jnp.tile(x, 4), engine.nominal_parameters())
    qpos, qvel = standing_start(4)
    states, _ = jax.vmap(engine.reset)(qpos, qvel, parameters)
    spoiled = states._replace(qvel=states.qvel.at[2, 0].set(jnp.nan))
    after, readings = jax.jit(jax.vmap(engine.step))(spoiled, qpos[:, 7:], jnp.zeros((4, 3)), parameters)
    assert readings.finite.tolist() == [True, True, False, True]
    assert np.isfinite(np.asarray(after.qpos)[[0, 1, 3]]).all()
