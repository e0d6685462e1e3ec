"""What is exported is what was trained."""

import numpy as np
import pytest
from deployable import CONFIG_PATH, SMALL, made_up_checkpoint
from exported_bundle import BACKENDS, ROBOTS, STEPS, ExportedBundle, export_and_keep, one_robot

from playground_amp.configs.loader import load_config
from playground_amp.deploy.runtime import load_policy
from playground_amp.robot.robot import load_robot


@pytest.mark.parametrize("backend", BACKENDS)
def test_exported_policy_is_the_trained_one(exported: ExportedBundle, backend: str) -> None:
    parity = exported.figures.parity[backend]
    assert parity.observations == ROBOTS * STEPS
    assert max(parity.action, parity.joint_target, parity.joint_target_from_sensors) < 1e-5
    assert parity.gait_phase < 1e-6


def test_the_rollouts_say_something(exported: ExportedBundle) -> None:
    recorded, robot = exported.recorded, load_robot("wildrobot")
    assert np.ptp(recorded.joint_target, axis=(0, 1)).min() > 0.05
    assert (recorded.joint_target == robot.joint_lower.astype(np.float32)).any()
    assert np.abs(recorded.joint_position[..., 0]).max() > 0.02
    assert exported.figures.vectors > 100


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_whole_episode_by_its_own_clock_and_memory(exported: ExportedBundle, backend: str) -> None:
    recorded, policy = exported.recorded, load_policy(exported.folder, backend)
    for robot in (0, 2, 5, ROBOTS - 1):  # standing, straight on, sideways with a turn, as in training
        ended = np.flatnonzero(recorded.ended[:, robot])
        length = int(ended[0]) + 1 if ended.size else STEPS
        policy.reset(float(recorded.gait_phase[0, robot]))
        for step in range(length):
            targets = policy.step(*one_robot(recorded, robot, step))
            np.testing.assert_allclose(list(targets.values()), recorded.joint_target[step, robot], atol=1e-5)


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> ExportedBundle:
    """A policy that sees the last three observations."""
    config = load_config(CONFIG_PATH, [SMALL, "env.observation_history=3"])
    return export_and_keep(made_up_checkpoint(config), tmp_path_factory.mktemp("remembering") / "bundle")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_policy_with_a_history_remembers_what_the_environment_does(remembering: ExportedBundle, backend: str) -> None:
    assert remembering.figures.parity[backend].joint_target_from_sensors < 1e-5

    recorded, policy = remembering.recorded, load_policy(remembering.folder, backend)
    policy.reset(float(recorded.gait_phase[0, 2]))
    for step in range(int(np.flatnonzero([*recorded.ended[:, 2], True])[0])):
        targets = policy.step(*one_robot(recorded, 2, step))
        np.testing.assert_allclose(list(targets.values()), recorded.joint_target[step, 2], atol=1e-5)
