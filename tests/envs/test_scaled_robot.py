"""A robot twice as large and eight times as heavy, in the moments that correspond: the same numbers, the same pay."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from moments import standard_env, standing_moment
from scaled_robot import scaled_config, scaled_moment, scaled_robot

from playground_amp.envs import commands
from playground_amp.envs.layout import Seen
from playground_amp.envs.observations import Observer
from playground_amp.envs.payment import TERMS
from playground_amp.envs.rewards import RewardInputs
from playground_amp.envs.state import EnvState
from playground_amp.robot.scale import Scale, scale_of

ENV = standard_env()
SMALL, BIG = ENV.engine.robot, scaled_robot(ENV.engine.robot, length=2.0, mass=8.0)
BIG_CONFIG = scaled_config(BIG)
SHARE = 1e-4  # the numbers of a scaled configuration have six digits


def moving_moment() -> EnvState:
    """What terms and observations look at is other than at rest."""
    noise = np.random.default_rng(0)
    state = standing_moment()
    readings = state.readings

    def near(values: jax.Array, by: float) -> jax.Array:
        return values + by * jnp.asarray(noise.standard_normal(values.shape), jnp.float32)

    return state._replace(
        readings=readings._replace(
            base_height=near(readings.base_height, 0.02),
            gravity_b=jnp.array([0.28, 0.0, -0.96]),
            gyro_b=near(readings.gyro_b, 1.0),
            linear_velocity_h=near(readings.linear_velocity_h, 0.3),
            joint_position=near(readings.joint_position, 0.2),
            joint_velocity=near(readings.joint_velocity, 2.0),
            joint_torque=near(readings.joint_torque, 1.0),
            foot_position_b=readings.foot_position_b * jnp.array([1.0, 0.5, 1.0]),  # nearer than they are asked to be
            foot_height=near(readings.foot_height, 0.02),
            foot_velocity_w=near(readings.foot_velocity_w, 0.2),
            switch_force=near(readings.switch_force, 3.0),
        ),
        push=state.push._replace(force_w=jnp.array([3.0, -4.0, 0.0]), starts_in=jnp.int32(0)),
        command=commands.hold(0.4, -0.1, 0.3),
        previous_action=near(state.previous_action, 0.5),
        average_velocity=jnp.array([0.3, -0.05, 0.2]),  # of the command, each, a part
        gait_phase=jnp.float32(0.2),
    )


def test_it_sees_the_same_numbers():
    def seen(moment: EnvState, robot, config) -> dict[str, jax.Array]:
        asked = commands.velocity(moment.command, config.env.commands, moment.readings.heading)
        return Observer(robot, history=1).observe(Seen(moment._replace(observation={}), moment.readings, asked))

    moment = moving_moment()
    small, big = seen(moment, SMALL, ENV.config), seen(scaled_moment(moment, BIG), BIG, BIG_CONFIG)
    for name, values in small.items():
        np.testing.assert_allclose(big[name], values, rtol=SHARE, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(TERMS) - {"reference_posture"}))
def test_it_is_paid_the_same(name):
    before, after = moving_moment(), moving_moment()
    after = after._replace(previous_action=-after.previous_action)
    small = TERMS[name](RewardInputs(ENV.config.env, SMALL, before, after))
    big = TERMS[name](RewardInputs(BIG_CONFIG.env, BIG, scaled_moment(before, BIG), scaled_moment(after, BIG)))
    np.testing.assert_allclose(big, small, rtol=10 * SHARE, atol=1e-6)
    # It has not fallen, is told to walk, and its arms are held.
    nothing = {"fall", "standing_posture", "standing_action", "arm_swing"}
    assert bool(small != 0) == (name not in nothing)


def test_it_is_told_to_stand_at_the_speeds_that_correspond():
    uniform = jax.random.uniform(jax.random.PRNGKey(0), (500, commands.DRAWS))

    def drawn(config, scale: Scale) -> commands.Command:
        draw = jax.vmap(lambda each: commands.sample(each, config.env.commands, jnp.float32(0.0), 0.02, scale=scale))
        return draw(uniform)

    scale = scale_of(BIG)
    small, big = drawn(ENV.config, Scale()), drawn(BIG_CONFIG, scale)
    assert 0 < np.asarray(jax.vmap(commands.is_standing)(small)).sum() < 500
    for name, ratio in (("forward", scale.speed), ("sideways", scale.speed), ("yaw_rate", scale.rate)):
        np.testing.assert_allclose(getattr(big, name), ratio * getattr(small, name), rtol=SHARE, atol=1e-6)
