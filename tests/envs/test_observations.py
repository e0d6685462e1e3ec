"""The tables of observations: against the robot's runtime, which stands apart, and against each other."""

import jax
import jax.numpy as jnp
import numpy as np
from deployable import made_up_policy
from moments import standard_env, standing_moment

from playground_amp.configs.loader import load_config
from playground_amp.deploy.runtime import Memory, Sensors
from playground_amp.envs.commands import hold
from playground_amp.envs.layout import Layout, Part
from playground_amp.envs.observations import actor_layout, critic_layout, observation_mirrors, observation_sizes
from playground_amp.paths import STANDARD
from playground_amp.physics.imu import imu_readings
from playground_amp.robot import mirror
from playground_amp.runs.manifest import make_manifest

ENV = standard_env()
ROBOT = ENV.engine.robot


def test_the_runtime_works_out_every_row_of_the_actor_from_the_sensors():
    state = standing_moment()._replace(command=hold(0.4, -0.1, 0.3), gait_phase=jnp.float32(0.2))
    noise = jax.random.normal(jax.random.PRNGKey(1), (4, ROBOT.num_joints))
    readings = state.readings._replace(
        gyro_b=noise[0, :3],
        joint_position=state.readings.joint_position + 0.2 * noise[1],
        joint_velocity=noise[2],
    )
    state = state._replace(readings=readings, previous_action=noise[3])
    sensed = (readings.gyro_b, readings.joint_position, readings.joint_velocity)
    orientation, gyro = imu_readings(ROBOT.imu, readings.base_quaternion_w, *sensed)
    names = ROBOT.joint_names
    sensors = Sensors(
        np.asarray(orientation),
        np.asarray(gyro),
        dict(zip(names, np.asarray(readings.joint_position), strict=True)),
        dict(zip(names, np.asarray(readings.joint_velocity), strict=True)),
    )
    memory = Memory(np.asarray(state.gait_phase), np.asarray(state.previous_action), np.asarray(state.joint_target))
    policy = made_up_policy()
    measured = policy.observation(memory, sensors, np.array([0.4, -0.1, 0.3], np.float32))
    layout = actor_layout(ROBOT)
    assert [(part["name"], part["size"], part["unit"]) for part in policy.manifest["observation"]] == [
        (part.name, part.size, part.unit) for part in layout.parts
    ], "a row that the actor is to see on the robot: deploy/runtime.py has to work it out"
    for part in layout.parts:
        expected = part.source(ENV.seen(state))
        np.testing.assert_allclose(measured[layout.slices[part.name]], expected, atol=2e-6, err_msg=part.name)


def test_the_critic_sees_the_actor_s_rows_first():
    actor, critic = actor_layout(ROBOT), critic_layout(ROBOT)
    assert [part.name for part in critic.parts[: len(actor.parts)]] == [part.name for part in actor.parts]
    state = standing_moment()
    np.testing.assert_array_equal(state.observation["privileged_state"][: actor.size], state.observation["state"])
    sizes = observation_sizes(ROBOT, history=3)
    assert sizes == {"state": 3 * actor.size, "privileged_state": critic.size}
    assert {name: at.size for name, at in observation_mirrors(ROBOT, sizes["state"]).items()} == sizes


def test_a_layout_goes_to_the_networks_and_back_to_si_units():
    layout = Layout(
        (
            Part("height", "m", mirror.signs(1), lambda s: s.state.readings.base_height[None], "", scale=2.0),
            Part("speed", "m/s, rad/s", mirror.signs(1, -1), lambda s: s.command[:2], "", scale=(0.5, 0.25)),
            Part(
                "joints",
                "rad",
                mirror.joints(ROBOT),
                lambda s: s.measured.joint_position,
                "",
                offset=np.ones(ROBOT.num_joints),
            ),
        )
    )
    seen = ENV.seen(standing_moment()._replace(command=hold(0.4, -0.2)))
    height, position = float(seen.state.readings.base_height), np.asarray(seen.measured.joint_position)
    values = layout.values(seen)
    np.testing.assert_allclose(values, [height, 0.4, -0.2, *position], rtol=1e-6)
    expected = [2 * height, 0.5 * 0.4, 0.25 * -0.2, *(position - 1)]
    np.testing.assert_allclose(layout.network_input(seen), expected, rtol=1e-6)
    np.testing.assert_allclose(
        layout.in_si_units(jnp.tile(layout.network_input(seen), 2)), np.tile(values, 2), rtol=1e-5
    )
    assert layout.slices == {"height": slice(0, 1), "speed": slice(1, 3), "joints": slice(3, 3 + ROBOT.num_joints)}


def test_a_saved_state_says_what_was_seen():
    described = make_manifest(load_config(STANDARD)).observation
    assert described["actor"] == [f"{part.name} {part.size}" for part in actor_layout(ROBOT).parts]
    assert described["critic"][-1] == "push_force_h 3"
