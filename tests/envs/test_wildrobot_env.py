"""The task: commands, clock, starts, ends and observations."""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs import commands, gait, pushes
from playground_amp.envs.observations import actor_layout
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale

HOME = load_robot("wildrobot").home_joint_position
ACTOR = actor_layout(load_robot("wildrobot"))
# One more environment for all that needs other settings than the YAML's: each costs seconds to compile.
ALTERED = ("env.commands.resample_time=[0.1,0.1]", "env.action_filter=0.6", "env.episode_length=5")


@cache
def config(*settings: str) -> Config:
    return load_config(STANDARD, ["env.bus=false", *settings])  # test_bus.py is about the bus


@cache
def env(*settings: str) -> WildRobotEnv:
    return WildRobotEnv(config(*settings))


@cache
def stepper(*settings: str) -> Callable[[EnvState, jax.Array], EnvState]:
    return jax.jit(env(*settings).step)


@cache
def rest_starter() -> Callable[[jax.Array, commands.Command], EnvState]:
    return jax.jit(env().reset_at_rest)


def at_rest(command: commands.Command) -> EnvState:
    return rest_starter()(jax.random.PRNGKey(0), command)


@cache
def vector() -> tuple[Callable[[jax.Array], EnvState], Callable[[EnvState, jax.Array], tuple[EnvState, EnvState]]]:
    """Start and step of a vectorized environment whose episodes have three steps."""
    environment = VectorEnv(env("env.episode_length=3"))
    return jax.jit(environment.reset), jax.jit(environment.step)


def sampled_commands(number: int, *settings: str) -> commands.Command:
    uniform = jax.random.uniform(jax.random.PRNGKey(0), (number, commands.DRAWS))
    settings_ = config(*settings).env.commands
    return jax.vmap(lambda each: commands.sample(each, settings_, jnp.float32(0.5), 0.02, scale=Scale()))(uniform)


def test_a_share_of_the_commands_is_only_to_the_side_or_only_to_turn():
    shares = ("env.commands.standing_share=0", "env.commands.forward_share=0.4", "env.commands.single_share=0.5")
    drawn = sampled_commands(20_000, *shares)
    forward, sideways, yaw_rate = (np.asarray(x) != 0 for x in (drawn.forward, drawn.sideways, drawn.yaw_rate))
    ahead, sidling, turning = (
        only & ~other & ~another
        for only, other, another in (
            (forward, sideways, yaw_rate),
            (sideways, forward, yaw_rate),
            (yaw_rate, forward, sideways),
        )
    )
    # A few that are too slow to be walked stand.
    for kind, share, slow in ((ahead, 0.4, 0.1), (sidling, 0.15, 0.25), (turning, 0.15, 0.125)):
        assert abs(kind.mean() - share * (1 - slow)) < 0.01
    assert abs((forward & sideways & yaw_rate).mean() - 0.3) < 0.01
    assert not np.asarray(drawn.hold_heading)[turning].any()


def test_sampled_commands_have_the_shares_and_ranges_of_the_yaml():
    drawn = sampled_commands(20_000)
    wanted = config().env.commands
    standing = np.asarray(jax.vmap(commands.is_standing)(drawn))
    # Besides those drawn as standing, commands too slow to be walked become standing: |v| < 0.05 of a 1 m/s range.
    creeping = (1 - wanted.standing_share) * wanted.forward_share * 0.1
    assert abs(standing.mean() - wanted.standing_share - creeping) < 0.02
    walking = ~standing
    straight = walking & (np.asarray(drawn.sideways) == 0) & (np.asarray(drawn.yaw_rate) == 0)
    assert abs(straight.sum() / (20_000 * 0.9) - wanted.forward_share * 0.9) < 0.02
    for name in ("forward", "sideways", "yaw_rate"):
        values = np.asarray(getattr(drawn, name))
        low, high = getattr(wanted, name)
        assert values.min() >= low
        assert values.max() <= high
        assert values.min() < low + 0.02
        assert values.max() > high - 0.02
    assert abs(np.asarray(drawn.hold_heading).mean() - wanted.heading_share) < 0.02
    seconds = np.asarray(drawn.steps_left) * 0.02
    assert seconds.min() >= wanted.resample_time[0] - 0.03
    assert seconds.max() <= wanted.resample_time[1]


def test_a_held_heading_asks_for_a_yaw_rate_the_short_way_round():
    settings = config("env.commands.heading_gain=1.0").env.commands
    command = commands.hold(0.3, heading=3.0)
    np.testing.assert_allclose(commands.velocity(command, settings, jnp.float32(2.8))[2], 0.2, atol=1e-6)
    # From -3.0 rad the way to +3.0 is 0.28 rad clockwise across the back, not 6 rad counter-clockwise.
    np.testing.assert_allclose(commands.velocity(command, settings, jnp.float32(-3.0))[2], 6.0 - 2 * np.pi, atol=1e-6)
    np.testing.assert_allclose(commands.velocity(command, settings, jnp.float32(0.0))[2], 0.5)  # at most this


def test_a_small_heading_error_that_lasts_asks_for_more_and_a_turn_does_not():
    settings = config("env.commands.heading_gain=1.0", "env.commands.heading_integral_time=2.0").env.commands
    command, trim = commands.hold(0.3, heading=0.0), commands.no_trim(settings)
    for _ in range(100):  # 2 s
        trim = commands.trimmed(trim, command, settings, jnp.float32(-0.05), 0.02)
    np.testing.assert_allclose(commands.velocity(command, settings, jnp.float32(-0.05), trim)[2], 0.1, rtol=1e-4)
    np.testing.assert_array_equal(commands.trimmed(trim, command, settings, jnp.float32(0.4), 0.02), trim)
    turning = commands.hold(0.3, yaw_rate=0.2)
    np.testing.assert_array_equal(commands.trimmed(trim, turning, settings, jnp.float32(0.05), 0.02), trim)
    assert commands.no_trim(config("env.commands.heading_integral_time=0").env.commands) is None


def test_commands_change_during_an_episode_and_held_ones_do_not():
    states = jax.jit(env(*ALTERED).reset)(jax.random.PRNGKey(1))
    seen = [float(states.command.forward)]
    for _ in range(12):
        states = stepper(*ALTERED)(states, jnp.zeros(11))
        seen.append(float(states.command.forward))
    assert len(set(seen)) == 3  # at the start, after 5 and after 10 steps
    state = at_rest(commands.hold(0.3))
    for _ in range(12):
        state = stepper(*ALTERED)(state, jnp.zeros(11))
    assert float(state.command.forward) == np.float32(0.3)


def test_the_clock_keeps_the_cycle_time_and_stops_in_double_support():
    settings = config().env.gait
    # T(0.5 m/s) = 0.88 - 0.32 * 0.5 = 0.72 s, so 36 control steps a cycle
    walking, phase = commands.hold(0.5), jnp.float32(0.25)
    np.testing.assert_allclose(gait.cycle_time(settings, walking), 0.72, atol=1e-6)
    for _ in range(36):
        phase = gait.advance(phase, walking, settings, 0.02)
    np.testing.assert_allclose(phase, 0.25, atol=1e-5)
    for _ in range(30):
        phase = gait.advance(phase, commands.hold(0.0), settings, 0.02)
    np.testing.assert_allclose(phase, 0.5, atol=1e-6)


def test_feet_swing_in_turn():
    settings = config().env.gait  # double support 0.2: each foot swings for 0.4 of the cycle
    phases = jnp.linspace(0, 1, 1000, endpoint=False)
    swing = np.asarray(jax.vmap(lambda phase: gait.swing_progress(phase, settings))(phases)) > 0
    np.testing.assert_allclose(swing.mean(axis=0), 0.4, atol=0.005)
    assert not swing.all(axis=1).any()
    assert swing[250, 0]
    assert swing[750, 1]
    assert not swing[0].any()
    assert not swing[500].any()
    np.testing.assert_allclose(gait.swing_height(jnp.float32(0.25), settings), [settings.swing_height, 0], atol=1e-6)


def test_every_start_is_new_and_stands_on_the_floor():
    states = jax.jit(jax.vmap(env().reset))(jax.random.split(jax.random.PRNGKey(0), 32))
    assert len(np.unique(np.asarray(states.physics.qpos[:, 8]))) == 32
    lowest = np.asarray(states.readings.foot_position_w[:, :, 2]).min(axis=1)
    np.testing.assert_allclose(lowest, 0.002, atol=1e-5)
    low, high = config().domain_randomization.floor_friction
    friction = np.asarray(states.parameters.floor_friction)
    assert low <= friction.min() < friction.max() <= high
    assert np.ptp(np.asarray(states.readings.heading)) > 3.0


def test_a_start_from_rest_is_the_home_pose_without_motion():
    state = at_rest(commands.hold(0.3, heading=0.0))
    assert np.abs(np.asarray(state.physics.qpos[7:]) - HOME).max() <= 0.02 + 1e-6
    assert not np.asarray(state.physics.qvel).any()
    assert float(state.readings.heading) == 0.0
    np.testing.assert_allclose(state.observation["state"][-5:-2], [0.3, 0, 0])


def test_who_is_to_stand_starts_with_both_feet_down():
    start = rest_starter()
    told = [start(jax.random.PRNGKey(seed), commands.hold(0.0)).gait_phase for seed in range(8)]
    assert {float(phase) for phase in told} == {0.0, 0.5}
    told = [start(jax.random.PRNGKey(seed), commands.hold(0.3)).gait_phase for seed in range(8)]
    assert len({float(phase) % 0.5 for phase in told}) == 8


def test_the_observation_has_44_numbers_in_the_documented_order():
    assert ACTOR.size == 44
    state = at_rest(commands.hold(0.2, 0.1, -0.3))
    action = jnp.linspace(-1, 1, 11)
    state = stepper()(state, action)
    parts = {name: np.asarray(state.observation["state"][place]) for name, place in ACTOR.slices.items()}
    readings = state.readings
    np.testing.assert_allclose(parts["gravity_b"], readings.gravity_b)
    np.testing.assert_allclose(parts["gyro_b"], 0.25 * np.asarray(readings.gyro_b), rtol=1e-6)
    np.testing.assert_allclose(parts["joint_position"], np.asarray(readings.joint_position) - HOME, atol=1e-6)
    np.testing.assert_allclose(parts["joint_velocity"], 0.05 * np.asarray(readings.joint_velocity), rtol=1e-6)
    np.testing.assert_allclose(parts["previous_action"], action)
    np.testing.assert_allclose(parts["command"], [0.2, 0.1, -0.3])
    angle = 2 * np.pi * float(state.gait_phase)
    np.testing.assert_allclose(parts["gait_clock"], [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_actions_are_offsets_from_home_within_the_joint_ranges():
    robot = load_robot("wildrobot")
    state = stepper()(at_rest(commands.hold(0.0)), jnp.full(11, 0.5))
    np.testing.assert_allclose(state.joint_target, np.clip(HOME + 0.2, robot.joint_lower, robot.joint_upper), atol=1e-6)
    state = stepper()(at_rest(commands.hold(0.0)), jnp.full(11, 100.0))
    np.testing.assert_allclose(state.joint_target, robot.joint_upper, atol=1e-6)


def test_the_action_filter_keeps_its_share_of_the_last_target():
    state = stepper(*ALTERED)(at_rest(commands.hold(0.0)), jnp.full(11, 0.5))
    np.testing.assert_allclose(state.joint_target[1], HOME[1] + 0.4 * 0.2, atol=1e-6)  # (1 - 0.6) of 0.2 rad


def test_a_fall_terminates_and_the_end_of_the_time_truncates():
    state = at_rest(commands.hold(0.0))
    for expected in (False, False, False, False, True):
        state = stepper(*ALTERED)(state, jnp.zeros(11))
        assert bool(state.truncated) is expected
        assert not bool(state.terminated)
    tilted = state._replace(physics=state.physics._replace(qpos=state.physics.qpos.at[3:7].set([0.9, 0.0, 0.44, 0.0])))
    after = stepper(*ALTERED)(tilted, jnp.zeros(11))
    assert bool(after.terminated)
    assert not bool(after.truncated)


def test_a_waist_that_is_too_low_is_a_fall():
    high_bar = "env.fall_height=0.45"  # the home pose stands at 0.46 m
    state = at_rest(commands.hold(0.0))
    assert not bool(stepper(high_bar)(state, jnp.zeros(11)).terminated)
    # Squatting, so that the floor does not push it up at once: hip -0.4, knee 0.8, ankle -0.4 rad take 3 cm.
    squat = jnp.zeros(11).at[jnp.array([1, 3, 4, 6, 8, 9])].set(jnp.array([-0.4, 0.8, -0.4] * 2))
    qpos = state.physics.qpos.at[7:].add(squat).at[2].add(-0.03)
    lowered = state._replace(physics=state.physics._replace(qpos=qpos))
    assert bool(stepper(high_bar)(lowered, jnp.zeros(11)).terminated)


def test_a_state_that_is_not_finite_ends_its_episode_and_its_robot_starts_anew():
    start, step = vector()
    states = start(jax.random.split(jax.random.PRNGKey(0), 4))
    spoiled = states._replace(physics=states.physics._replace(qvel=states.physics.qvel.at[1, 3].set(jnp.nan)))
    following, reached = step(spoiled, jnp.zeros((4, 11)))
    assert np.asarray(reached.terminated).tolist() == [False, True, False, False]
    assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves(following))
    assert np.isfinite(np.asarray(reached.reward)).all()
    assert int(following.step[1]) == 0
    assert int(following.step[0]) == 1


def test_the_policy_sees_as_many_observations_as_it_is_told_the_newest_first():
    environment = env("env.observation_history=3")
    state = jax.jit(environment.reset)(jax.random.PRNGKey(0))
    seen = [state.observation["state"][: ACTOR.size]]
    np.testing.assert_array_equal(state.observation["state"], np.tile(seen[0], 3))
    step = jax.jit(environment.step)
    for action in 0.3 * jax.random.normal(jax.random.PRNGKey(1), (4, 11)):
        state = step(state, action)
        seen.insert(0, state.observation["state"][: ACTOR.size])
    np.testing.assert_array_equal(state.observation["state"], np.concatenate(seen[:3]))
    assert np.abs(np.asarray(seen[0] - seen[1])).max() > 1e-3
    assert environment.observation_sizes == {name: len(value) for name, value in state.observation.items()}
    assert environment.observation_sizes["privileged_state"] == env().observation_sizes["privileged_state"]


def test_automatic_starts_keep_what_an_episode_ended_with():
    start, step = vector()
    states = start(jax.random.split(jax.random.PRNGKey(0), 4))
    for _ in range(3):
        before, (states, reached) = states, step(states, jnp.zeros((4, 11)))
    assert np.asarray(reached.truncated).all()
    assert np.asarray(reached.step).tolist() == [3] * 4
    assert np.asarray(states.step).tolist() == [0] * 4
    assert not np.asarray(states.previous_action).any()
    assert np.abs(np.asarray(states.physics.qpos - before.physics.qpos)).max() > 0.01


def test_pushes_come_in_the_interval_and_last_their_time():
    settings = config("push_force=[4,6]", "push_interval=[0.4,0.6]").domain_randomization
    push, pushed = pushes.sample(jnp.full(pushes.DRAWS, 0.5), settings, 0.02), []
    update = jax.jit(lambda push, uniform: pushes.update(push, uniform, settings, 0.02))
    for uniform in jax.random.uniform(jax.random.PRNGKey(1), (500, pushes.DRAWS)):
        pushed.append(float(jnp.linalg.norm(pushes.force_now(push))))
        push = update(push, uniform)
    acting = np.array(pushed) > 0
    edges = np.flatnonzero(np.diff(acting.astype(int)))
    lengths, first = np.diff(edges), 0 if acting[edges[0] + 1] else 1
    on, off = lengths[first::2], lengths[1 - first :: 2]
    assert set(on.tolist()) == {10}  # 0.2 s
    assert off.min() >= 18
    assert off.max() <= 31
    strength = np.array(pushed)[acting]
    assert strength.min() >= 4
    assert strength.max() <= 6


def test_reward_terms_sum_to_the_reward_and_are_named_as_in_the_yaml():
    state = stepper()(at_rest(commands.hold(0.3)), jnp.full(11, 0.1))
    assert set(state.reward_terms) == {name for name, weight in config().reward_weights.items() if weight}
    np.testing.assert_allclose(sum(state.reward_terms.values()), state.reward, rtol=1e-5)
    np.testing.assert_allclose(state.reward_terms["alive"], config().reward_weights["alive"] * 0.02, rtol=1e-6)
