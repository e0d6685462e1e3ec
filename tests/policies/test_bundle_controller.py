"""An exported policy at simulated robots acts as the policy that was trained."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from deployable import CONFIG, CONFIG_PATH, SMALL, made_up_params, made_up_policy

from playground_amp.configs.loader import load_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.networks import make_policy
from playground_amp.policies.bundle import bundle_controller
from playground_amp.robot.robot import load_robot

ERRORS = (
    "domain_randomization.imu_tilt=[0.02, 0.03]",
    "domain_randomization.gyro_noise=0.1",
    "domain_randomization.joint_position_noise=0.01",
    "domain_randomization.joint_zero_offset=[-0.02, 0.02]",
)


@pytest.mark.parametrize("settings", [(), (*ERRORS, "env.observation_history=3")], ids=["", "errors and a history"])
def test_the_controller_gives_the_actions_of_the_policy(settings: tuple[str, ...]) -> None:
    config = load_config(CONFIG_PATH, [SMALL, *settings])
    env, params = WildRobotEnv(config), made_up_params(history=config.env.observation_history)
    controller = bundle_controller(made_up_policy(config), env)
    states = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.PRNGKey(1), 3))
    step = jax.jit(jax.vmap(env.step))
    for _ in range(2):
        states = step(states, jnp.full((3, 11), 0.1))

    actions = jax.jit(jax.vmap(controller))(states)

    np.testing.assert_allclose(
        actions, make_policy(CONFIG.trainer, load_robot("wildrobot"))(params, states.observation, None), atol=1e-5
    )
