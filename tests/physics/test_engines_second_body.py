"""Every engine steps a body that is not WildRobot: against plain MuJoCo, and against each other."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import PhysicsConfig
from playground_amp.errors import UserError
from playground_amp.paths import STANDARD
from playground_amp.physics.engines.simulation_model import simulation_model
from playground_amp.physics.protocol import PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

CONTROL_DT, SUBSTEPS, PERIODS = 0.02, 10, 25
CONVERGED = ("timestep=0.002", "physics.solver=newton", "physics.iterations=50", "ls_iterations=50")
PUSH = np.array([0.5, 1.0, 0.0])  # N
ENGINES = [
    pytest.param("mjx", marks=pytest.mark.slow),
    *(
        pytest.param(name, marks=pytest.mark.skipif(find_spec(module) is None, reason=f"needs the extra {name}"))
        for name, module in (("warp", "warp"), ("drake", "pydrake"))
    ),
]


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second")))


def physics(engine: str, *settings: str) -> PhysicsConfig:
    return load_config(STANDARD, [f"physics.engine={engine}", *CONVERGED, *settings]).physics


def orders(robot: Robot, steps: int) -> np.ndarray:
    """Joint targets [steps, J]: a smooth seeded motion around home that starts there."""
    rng = np.random.default_rng(7)
    frequency, size = rng.uniform(0.5, 1.5, robot.num_joints), rng.uniform(-0.15, 0.15, robot.num_joints)
    time = CONTROL_DT * np.arange(steps)[:, None]
    return (robot.home_joint_position + size * np.sin(6.283 * frequency * time)).astype(np.float32)


@pytest.fixture(scope="module")
def walked(robot: Robot) -> Callable[[str], tuple[Readings, Readings]]:
    """Readings [PERIODS] of a robot in the air and of one on the floor, by the name of the engine.

    Both begin at rest, under `orders` and a steady push. Compiled once an engine, and without a reset.
    """
    starts = robot.home_qpos + np.outer([1.0, 0.0], np.eye(robot.nq)[2])
    targets = jnp.asarray(orders(robot, PERIODS))

    @cache
    def run(name: str) -> tuple[Readings, Readings]:
        engine = make_engine(physics(name), robot, CONTROL_DT)
        parameters = engine.nominal_parameters()

        def step(state: PhysicsState, target: jax.Array) -> tuple[PhysicsState, Readings]:
            return engine.step(state, target, jnp.asarray(PUSH, jnp.float32), parameters)

        def walk(qpos: jax.Array) -> Readings:
            still = jnp.zeros(robot.nv)
            return jax.lax.scan(step, PhysicsState(qpos, still, still, jnp.float32(0.0)), targets)[1]

        readings = jax.tree.map(np.asarray, jax.jit(jax.vmap(walk))(jnp.asarray(starts, jnp.float32)))
        return jax.tree.map(lambda x: x[0], readings), jax.tree.map(lambda x: x[1], readings)

    return run


def test_native_equals_a_plain_mujoco_loop(robot: Robot, walked):
    _, readings = walked("native")
    model = simulation_model(robot, physics("native"), "newton")
    model.geom("floor").friction[0] = np.float32(robot.floor_friction)
    data, base = mujoco.MjData(model), model.body(robot.base_name).id
    data.qpos[:], data.ctrl[:] = robot.home_qpos.astype(np.float32), robot.home_joint_position.astype(np.float32)
    for row, target in enumerate(orders(robot, PERIODS)):
        for state in (data.qpos, data.qvel, data.qacc_warmstart):
            state[:] = state.astype(np.float32)
        data.ctrl[:], data.xfrc_applied[base, :3] = target, PUSH.astype(np.float32)
        mujoco.mj_step(model, data, nstep=SUBSTEPS)
        np.testing.assert_array_equal(readings.base_position_w[row], data.qpos[:3].astype(np.float32))
        np.testing.assert_array_equal(readings.joint_position[row], data.qpos[7:].astype(np.float32))
        np.testing.assert_array_equal(readings.joint_velocity[row], data.qvel[6:].astype(np.float32))
        forces = [data.sensor(name).data[0] for name in robot.switch_names]
        np.testing.assert_array_equal(readings.switch_force[row], np.float32(forces))  # pyright: ignore
    assert readings.switch_force.sum(axis=1).min() > 1.0  # it stood all the time


def test_readings_are_mujocos(robot: Robot):
    engine, rng = make_engine(physics("native"), robot, CONTROL_DT), np.random.default_rng(1)
    model = model_of(robot)
    data, velocity = mujoco.MjData(model), np.zeros(6)
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = np.array([0.9, 0.1, -0.2, 0.3]) / np.linalg.norm([0.9, 0.1, -0.2, 0.3])
    data.qpos[7:] = rng.uniform(robot.joint_lower, robot.joint_upper)
    data.qvel[:] = rng.uniform(-1, 1, robot.nv)
    mujoco.mj_forward(model, data)
    qpos, qvel = jnp.asarray(data.qpos, jnp.float32), jnp.asarray(data.qvel, jnp.float32)
    _, readings = jax.jit(engine.reset)(qpos, qvel, engine.nominal_parameters())
    for side, name in enumerate(robot.foot_names):
        site = data.site(name)
        np.testing.assert_allclose(readings.foot_position_w[side], site.xpos, atol=1e-6)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site.id, velocity, 0)
        np.testing.assert_allclose(readings.foot_velocity_w[side], velocity[3:], atol=1e-5)


@pytest.mark.parametrize("name", ENGINES)
def test_in_the_air_engines_agree(walked, name: str):
    place, speed, steps = (2e-3, 0.1, 5) if name == "drake" else (1e-4, 5e-3, 10)  # its friction loss is another
    native, other = (jax.tree.map(lambda x: x[:steps], walked(each)[0]) for each in ("native", name))
    for part in ("base_position_w", "base_quaternion_w", "joint_position", "foot_position_w"):
        np.testing.assert_allclose(getattr(other, part), getattr(native, part), atol=place)
    for part in ("gyro_b", "joint_velocity"):
        np.testing.assert_allclose(getattr(other, part), getattr(native, part), atol=speed)
    assert not other.switch_force.any()


@pytest.mark.parametrize("name", ENGINES)
def test_on_the_floor_engines_agree_on_what_carries(robot: Robot, walked, name: str):
    native, other = walked("native")[1], walked(name)[1]
    apart = 0.02 if name == "drake" else 2e-3
    np.testing.assert_allclose(other.joint_position, native.joint_position, atol=apart)
    np.testing.assert_allclose(other.base_height, native.base_height, atol=apart)
    assert other.switch_force[5:].sum(axis=1).mean() == pytest.approx(robot.weight, rel=0.1)
    assert np.all(np.abs(other.joint_torque).max(axis=0) <= robot.torque_limit + 1e-6)


def test_a_switch_closes_at_a_force_in_proportion_to_the_weight(robot: Robot, walked):
    share = robot.weight / load_robot("wildrobot").weight
    _, readings = walked("native")
    np.testing.assert_array_equal(readings.foot_switch, readings.switch_force > np.float32(2.0 * share))
    assert 0 < readings.foot_switch.mean() <= 1


@pytest.mark.parametrize("settings", [("num_threads=256",), ("timestep=0.00005",)])
def test_numbers_that_no_byte_holds_are_no_trouble(robot: Robot, settings: tuple[str, ...]):
    engine = make_engine(physics("native", *settings), robot, CONTROL_DT)
    qpos = jnp.asarray(robot.home_qpos, jnp.float32)
    state, _ = engine.reset(qpos, jnp.zeros(robot.nv), engine.nominal_parameters())
    state, readings = engine.step(state, qpos[7:], jnp.zeros(3), engine.nominal_parameters())
    assert bool(readings.finite)
    assert float(state.time) == pytest.approx(CONTROL_DT)


@pytest.mark.skipif(find_spec("pydrake") is None, reason="needs the extra drake")
class TestDrake:
    def test_it_refuses_rough_ground(self):
        with pytest.raises(UserError, match="drake knows only flat floors, found the scene rough"):
            make_engine(physics("drake"), load_robot("wildrobot", "rough"), CONTROL_DT)

    def test_it_refuses_a_robot_that_is_not_the_nominal_one(self, robot: Robot):
        engine = make_engine(physics("drake"), robot, CONTROL_DT)
        varied = PhysicalParameters(floor_friction=jnp.float32(0.8), joint_damping=jnp.ones(robot.num_joints))
        with pytest.raises(UserError, match="drake knows only the nominal robot, found joint_damping of its own"):
            engine.reset(jnp.asarray(robot.home_qpos, jnp.float32), jnp.zeros(robot.nv), varied)
