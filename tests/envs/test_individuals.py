"""Domain randomization: that each item reaches the physics, that ranges are kept, and that the mirror holds."""

from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from one_period import CONVERGED, converged_engine, different, stepped

from playground_amp.cli import randomization as command
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs import commands, curriculum, individuals, sensing
from playground_amp.envs.draws import Draws
from playground_amp.envs.observations import observation_mirrors
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.paths import ROBUST, ROUGH, STANDARD
from playground_amp.physics.engines.model_fields import model_fields
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.physics.readings import Readings
from playground_amp.robot import mirror
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot, mirrored_name

pytestmark = pytest.mark.usefixtures("optimized")

ROBOT = load_robot("wildrobot")
HOME = jnp.asarray(ROBOT.home_qpos, jnp.float32)
KNEE, STEPS = 3, 12


@cache
def in_the_air(name: str) -> Callable[..., Readings]:
    """Readings [STEPS] of a robot that falls freely while its left knee is told to bend by a jump of `bend` rad."""
    home = np.asarray(HOME[7:])

    def run(parameters: PhysicalParameters, bend: float = 0.3) -> Readings:
        targets = np.tile(home + bend * np.eye(11, dtype=np.float32)[KNEE], (STEPS, 1))
        return stepped(name, HOME.at[2].add(5.0), targets, parameters, np.vstack([home, targets[:-1]]))

    return run


@cache
def on_the_floor(name: str) -> Callable[[PhysicalParameters], Readings]:
    """Readings after a second of standing at home."""
    targets = np.tile(HOME[7:], (50, 1))

    def run(parameters: PhysicalParameters) -> Readings:
        return jax.tree.map(lambda x: x[-1], stepped(name, HOME.at[2].add(-0.005), targets, parameters))

    return run


def knee(readings: Readings) -> np.ndarray:
    """How far the left knee has bent [STEPS], rad."""
    return readings.joint_position[:, KNEE] - ROBOT.home_joint_position[KNEE]


NEEDS_WARP = pytest.mark.skipif(find_spec("warp") is None, reason="needs the extra warp")
ENGINES = pytest.mark.parametrize("name", ["native", pytest.param("mjx", marks=pytest.mark.slow)])


@ENGINES
def test_masses_and_their_place_reach_the_floor(name):
    weight = 9.81 * model_of(ROBOT).body_mass.sum()
    for scale in (0.85, 1.15):
        force = on_the_floor(name)(different(mass_scale=scale)).switch_force.sum()
        np.testing.assert_allclose(force, scale * weight, rtol=0.02)
    # The torso's 1.64 kg 2 cm to the left are a moment of 0.32 N·m, which the feet, 0.18 m apart, take by 1.8 N more on
    # the left and less on the right; forward the same moment is taken by toes and heels 0.16 m apart: 2.0 N.
    torso = model_of(ROBOT).body("torso").id - 1
    nominal = on_the_floor(name)(different()).switch_force
    shift = jnp.zeros((12, 3)).at[torso]
    left = on_the_floor(name)(different(com_shift_b=shift.set(jnp.array([0, 0.02, 0])))).switch_force
    ahead = on_the_floor(name)(different(com_shift_b=shift.set(jnp.array([0.02, 0, 0])))).switch_force
    np.testing.assert_allclose(left[:2].sum() - nominal[:2].sum(), 1.8, rtol=0.3)
    np.testing.assert_allclose(ahead[[0, 2]].sum() - nominal[[0, 2]].sum(), 2.0, rtol=0.5)


@ENGINES
def test_what_slows_a_joint_slows_it(name):
    nominal = knee(in_the_air(name)(different()))
    for slower in ({"joint_damping": 3.0}, {"joint_friction": 3.0}, {"joint_armature": 2.0}, {"mass_scale": 1.2}):
        assert knee(in_the_air(name)(different(**slower)))[1] < nominal[1] - 1e-4, slower
    assert knee(in_the_air(name)(different(motor_strength=1.1)))[1] > nominal[1] + 1e-3


@ENGINES
def test_motor_strength_is_of_the_gain_and_of_the_limit(name):
    # 0.02 rad are 0.42 N·m at kp 21.1; 1 rad is far beyond the limit of 4 N·m. First step: the joint hardly moves.
    torque = [in_the_air(name)(different(motor_strength=s), 1.0).joint_torque[0, KNEE] for s in (0.9, 1.0)]
    np.testing.assert_allclose(torque, [3.6, 4.0], rtol=1e-4)


@ENGINES
def test_torque_falls_with_speed(name):
    readings = in_the_air(name)(different(speed_droop=0.1), 1.5)
    speed, torque = readings.joint_velocity[:, KNEE], readings.joint_torque[:, KNEE]
    saturated = (np.abs(speed) > 1) & (knee(readings) < 1.0)
    # The torque is that of the last physics step, which began up to 0.4 rad/s slower.
    limit = 4.0 * (1 - 0.1 * speed[saturated])
    assert saturated.any()
    assert np.all(torque[saturated] <= limit + 4.0 * 0.1 * 0.8)
    without = in_the_air(name)(different(), 1.5)
    assert np.abs(speed).max() < np.abs(without.joint_velocity[:, KNEE]).max() - 0.5


@ENGINES
def test_a_late_target_acts_late_to_a_part_of_a_physics_step(name):
    bend = 0.1  # 2.1 N·m: within the torque limit
    moved = [knee(in_the_air(name)(different(latency=late), bend))[0] for late in (0.0, 0.010, 0.011, 0.012, 0.02)]
    still = knee(in_the_air(name)(different(), 0.0))[0]
    assert moved[0] > moved[1] > moved[2] > moved[3] > moved[4]
    np.testing.assert_allclose(moved[4], still, atol=1e-6)
    # Between two physics steps of 2 ms the effect is in between, not that of either.
    np.testing.assert_allclose(moved[2], (moved[1] + moved[3]) / 2, rtol=0.1)


@ENGINES
def test_play_leaves_a_joint_where_it_is(name):
    small = knee(in_the_air(name)(different(backlash=0.03), 0.02))
    still = knee(in_the_air(name)(different(backlash=0.03), 0.0))
    np.testing.assert_allclose(small, still, atol=1e-3)
    assert knee(in_the_air(name)(different(), 0.02))[-1] > 0.01
    # After a large movement the joint coasts through the play before it is held.
    assert knee(in_the_air(name)(different(backlash=0.03)))[-1] > knee(in_the_air(name)(different()))[-1] + 0.02


@pytest.mark.parametrize("other", ["mjx", pytest.param("warp", marks=NEEDS_WARP)])
def test_randomized_engines_agree(other):
    """A robot with everything drawn: 5e-3 rad in every joint over 0.24 s of motion (3.7e-3 was seen, at a knee)."""
    uniform = jax.random.uniform(jax.random.PRNGKey(5), (individuals.draw_count(ROBOT),))
    parameters, _ = individuals.draw(uniform, robust().domain_randomization, ROBOT, curriculum.Shares())
    native, run = in_the_air("native")(parameters), in_the_air(other)(parameters)
    np.testing.assert_allclose(native.joint_position, run.joint_position, atol=5e-3)
    nominal = in_the_air("native")(different()).joint_position
    assert np.abs(native.joint_position - nominal).max() > 0.01  # two engines differ less than two robots do (0.014)


def test_a_nominal_robot_by_numbers_is_the_nominal_robot():
    by_numbers = in_the_air("native")(different())
    plain = converged_engine("native").nominal_parameters()
    assert all(value is None for name, value in plain._asdict().items() if name != "floor_friction")
    np.testing.assert_allclose(by_numbers.joint_position, in_the_air("native")(plain).joint_position, atol=1e-5)


@cache
def robust(*settings: str) -> Config:
    return load_config(ROBUST, settings)


def test_ranges_are_kept_and_reached():
    config = load_config(ROUGH, ["domain_randomization.bus_pace=[1.0,1.8]"]).domain_randomization
    values = individuals.sampled_values(config, ROBOT, 2000, 0, 0.02)
    assert set(values) == {name for name, field in config.model_dump().items() if isinstance(field, tuple | list)}
    for name, drawn in values.items():
        if name == "link_mass":
            continue  # its sum is set by total_mass
        low, high = getattr(config, name)
        slack = 0.025 if name == "push_interval" else 1e-3 * (high - low) + 1e-6
        assert low - slack <= drawn.min() <= low + 0.05 * (high - low) + slack, name
        assert high + slack >= drawn.max() >= high - 0.05 * (high - low) - slack, name
    # Links differ by ±20 % before the sum is set: by at most 1.2 / 0.8 from each other.
    ratio = values["link_mass"].max(axis=1) / values["link_mass"].min(axis=1)
    assert 1.3 < ratio.max() <= 1.5 + 1e-3


def test_draws_do_not_depend_on_what_else_is_drawn():
    alone = load_config(STANDARD, ["latency=[0.0,0.02]"]).domain_randomization
    latency = [
        individuals.sampled_values(c, ROBOT, 8, 3, 0.02)["latency"] for c in (alone, robust().domain_randomization)
    ]
    np.testing.assert_array_equal(latency[0], latency[1])


def test_what_came_to_be_drawn_later_shifts_no_other_draw():
    plain, rough = (load_config(path).domain_randomization for path in (ROBUST, ROUGH))
    before, now = (individuals.sampled_values(c, ROBOT, 8, 3, 0.02) for c in (plain, rough))
    assert now.keys() - before.keys() == {"payload", "weak_leg"}
    for name in before.keys() - {"push_force"}:  # which is larger there
        np.testing.assert_array_equal(before[name], now[name])
    late = individuals.late_draws(ROBOT)
    draws = Draws(jax.random.PRNGKey(0), 10)
    np.testing.assert_array_equal(draws.last(late), jax.random.uniform(jax.random.PRNGKey(0), (10,))[-late:])
    with pytest.raises(ValueError, match="11 random numbers taken of 10"):
        draws.take(11 - late)


def drawn_robots(*settings: str) -> PhysicalParameters:
    """Parameters [32] of the nominal robot but for some settings."""
    config = load_config(STANDARD, settings).domain_randomization
    uniform = jax.random.uniform(jax.random.PRNGKey(2), (32, individuals.draw_count(ROBOT)))
    draw = jax.vmap(lambda each: individuals.draw(each, config, ROBOT, curriculum.Shares())[0])
    return jax.tree.map(np.asarray, draw(uniform))


def test_a_payload_is_carried_by_the_heaviest_link_alone():
    scale = drawn_robots("payload=[0.5,0.5]").mass_scale
    heavier = scale * ROBOT.body_mass - ROBOT.body_mass
    assert ROBOT.body_names[int(np.argmax(ROBOT.body_mass))] == "torso"
    np.testing.assert_allclose(heavier.sum(axis=1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(heavier[:, ROBOT.body_names.index("torso")], 0.5, rtol=1e-5)
    both = drawn_robots("payload=[0.5,0.5]", "total_mass=[0.9,0.9]").mass_scale
    np.testing.assert_allclose(both @ ROBOT.body_mass, 0.9 * ROBOT.mass + 0.5, rtol=1e-5)


def test_the_motors_of_one_leg_are_weak_and_which_is_drawn():
    strength = drawn_robots("weak_leg=[0.15,0.15]").motor_strength
    assert strength is not None
    left, right = (strength[:, leg.joints] for leg in ROBOT.legs)
    weak_left = left[:, 0] < 1.0
    assert 8 < weak_left.sum() < 24
    np.testing.assert_allclose(left[weak_left], 0.85, rtol=1e-6)
    np.testing.assert_allclose(right[~weak_left], 0.85, rtol=1e-6)
    np.testing.assert_array_equal(left[~weak_left], 1.0)
    np.testing.assert_array_equal(right[weak_left], 1.0)
    np.testing.assert_array_equal(strength[:, ROBOT.joint_names.index("waist_yaw")], 1.0)
    drawn = drawn_robots("weak_leg=[0.15,0.15]", "motor_strength=[0.9,1.1]").motor_strength
    plain = drawn_robots("motor_strength=[0.9,1.1]").motor_strength
    assert drawn is not None
    assert plain is not None
    np.testing.assert_allclose(drawn, plain * strength, rtol=1e-6)
    fields = model_fields(np, model_of(ROBOT), PhysicalParameters(jnp.float32(0.8), motor_strength=strength))
    limits = fields["actuator_forcerange"][:, ROBOT.legs[0].joints, 1] / ROBOT.torque_limit[ROBOT.legs[0].joints]
    np.testing.assert_allclose(limits[weak_left], 0.85, rtol=1e-6)


def test_a_single_point_is_left_out():
    config = load_config(STANDARD)
    env = WildRobotEnv(config)
    state = jax.eval_shape(env.reset, jax.random.PRNGKey(0))
    assert jax.tree.leaves(state.parameters._replace(floor_friction=None)) == []
    assert jax.tree.leaves(state.sensors) == []


def test_the_command_lists_what_is_drawn(capsys, tmp_path):
    assert command.main(["--robots", "64", "--json", str(tmp_path / "drawn.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("latency (s)") and "0 … 0.02" in line for line in lines)
    assert (tmp_path / "drawn.json").stat().st_size > 10_000
    with pytest.raises(UserError, match="--robots: '0' is no whole number above 0"):
        command.main(["--robots", "0"])


@cache
def env() -> WildRobotEnv:
    quiet = [f"{name}_noise=0.0" for name in ("gravity", "gyro", "joint_position", "joint_velocity")]
    return WildRobotEnv(robust(*CONVERGED, *quiet, "env.bus=false"))  # a bus reads one leg before the other


@cache
def resting() -> Callable[[jax.Array, commands.Command], EnvState]:
    return jax.jit(partial(env().reset_at_rest, randomized=True))


def test_a_start_from_rest_can_be_of_a_robot_of_its_own():
    states = [resting()(jax.random.PRNGKey(seed), commands.hold(0.3, heading=0.0)) for seed in (0, 1)]
    for name in ("latency", "floor_friction"):
        one, other = (float(getattr(state.parameters, name)) for state in states)
        assert one != other
    nominal = jax.eval_shape(env().reset_at_rest, jax.random.PRNGKey(0), commands.hold(0.3))
    assert jax.tree.leaves(nominal.sensors) == []
    assert nominal.parameters.latency is None


def test_sensor_errors_are_seen_and_zero_offsets_move_the_joints():
    config = robust().domain_randomization
    _, readings = converged_engine("native").reset(HOME, jnp.zeros(17), converged_engine("native").nominal_parameters())
    errors = sensing.SensorErrors(jnp.full(11, 0.02), jnp.array([np.cos(0.01), np.sin(0.01), 0, 0]), jnp.float32(1.0))
    keys = jax.random.split(jax.random.PRNGKey(0), 2000)
    seen = jax.vmap(lambda key: sensing.measured(readings, errors, key, config))(keys)
    offset = np.asarray(seen.joint_position - readings.joint_position)
    np.testing.assert_allclose(offset.mean(axis=0), 0.02, atol=0.002)
    np.testing.assert_allclose(offset.std(axis=0), config.joint_position_noise, rtol=0.1)
    np.testing.assert_allclose(np.asarray(seen.gyro_b).std(axis=0), config.gyro_noise, rtol=0.1)
    np.testing.assert_allclose(np.asarray(seen.joint_velocity).std(axis=0), config.joint_velocity_noise, rtol=0.1)
    # A tilt of 0.02 rad about x turns the direction of gravity by that much, about x.
    mean = np.asarray(seen.gravity_b).mean(axis=0)
    np.testing.assert_allclose(mean, [0, -np.sin(0.02), -np.cos(0.02)], atol=0.002)
    np.testing.assert_allclose(sensing.true_target(HOME[7:], errors), HOME[7:] - 0.02, atol=1e-6)


def image(at: mirror.Mirror, array: jax.Array) -> jax.Array:
    return array[..., at.index] * at.sign


def mirrors(observation: dict[str, jax.Array]) -> dict[str, mirror.Mirror]:
    """Of observations [..., n] of the actor and the critic."""
    return observation_mirrors(ROBOT, observation["state"].shape[-1])


def mirrored_state(state: EnvState) -> EnvState:
    """The same robot, with its own faults, seen in the mirror; at the home pose and under the mirrored command."""
    names = [model_of(ROBOT).body(body).name for body in range(1, model_of(ROBOT).nbody)]
    other = jnp.array([names.index(mirrored_name(name)) for name in names])
    p, joints = state.parameters, jnp.asarray(ROBOT.joint_mirror_index)
    assert p.mass_scale is not None
    assert p.com_shift_b is not None
    assert state.sensors.joint_zero_offset is not None
    assert state.sensors.imu_rotation is not None
    parameters = p._replace(
        mass_scale=p.mass_scale[other],
        com_shift_b=image(mirror.POLAR, p.com_shift_b[other]),
        **{
            name: getattr(p, name)[joints]
            for name in ("motor_strength", "joint_damping", "joint_friction", "joint_armature", "backlash")
        },
    )
    sensors = state.sensors._replace(
        joint_zero_offset=image(mirror.joints(ROBOT), state.sensors.joint_zero_offset),
        imu_rotation=state.sensors.imu_rotation * jnp.array([1.0, -1.0, 1.0, -1.0]),
    )
    physics, readings = env().engine.reset(HOME, jnp.zeros(17), parameters)
    command_ = state.command._replace(sideways=-state.command.sideways, yaw_rate=-state.command.yaw_rate)
    return state._replace(
        physics=physics,
        readings=readings,
        parameters=parameters,
        sensors=sensors,
        observation={name: image(at, state.observation[name]) for name, at in mirrors(state.observation).items()},
        command=command_,
        gait_phase=(state.gait_phase + 0.5) % 1.0,
    )


def test_the_mirrored_robot_with_the_mirrored_faults_sees_the_mirrored_observations():
    actions = 0.3 * jax.random.normal(jax.random.PRNGKey(1), (25, 11))

    @jax.jit
    def run(state: EnvState, actions: jax.Array):
        return jax.lax.scan(
            lambda s, a: ((after := env().step(s, a)), (after.observation, after.reward)), state, actions
        )[1]

    drawn = resting()(jax.random.PRNGKey(4), commands.hold(0.3, 0.1, 0.2))
    physics, readings = env().engine.reset(HOME, jnp.zeros(17), drawn.parameters)
    one, reward = run(drawn._replace(physics=physics, readings=readings), actions)
    other, other_reward = run(mirrored_state(drawn), image(mirror.joints(ROBOT), actions))
    for name, at in mirrors(one).items():
        np.testing.assert_allclose(image(at, other[name]), one[name], atol=3e-3)
    np.testing.assert_allclose(other_reward, reward, atol=2e-4)
