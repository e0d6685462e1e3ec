"""The exported network."""

import numpy as np
import pytest
from deployable import CONFIG_PATH, SMALL, made_up_params, made_up_policy
from exported_bundle import BACKENDS

from playground_amp.configs.loader import load_config
from playground_amp.deploy.onnx_model import build_onnx
from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot


@pytest.mark.parametrize("backend", BACKENDS)
def test_filtered_actions(backend: str) -> None:
    robot = load_robot("wildrobot")
    policy = made_up_policy(load_config(CONFIG_PATH, [SMALL, "env.action_filter=0.25"]), backend)
    previous = robot.home_joint_position + 0.1

    action, target = policy.network(np.ones((3, 44), np.float32), np.tile(previous, (3, 1)))

    wanted = 0.25 * previous + 0.75 * (robot.home_joint_position + 0.4 * action)
    np.testing.assert_allclose(target, np.clip(wanted, robot.joint_lower, robot.joint_upper), atol=1e-6)


def test_parameters_of_another_network() -> None:
    with pytest.raises(UserError, match=r"its configuration asks for \[\(44, 128\)"):
        build_onnx(made_up_params(), load_config(CONFIG_PATH), load_robot("wildrobot"))
