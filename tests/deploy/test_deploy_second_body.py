"""A robot of another build is exported, proves itself by its golden vectors, and runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from deployable import CONFIG_PATH, SMALL, made_up_checkpoint
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.deploy import bundle
from playground_amp.deploy.runtime import BundleError, Sensors, load_policy
from playground_amp.errors import UserError
from playground_amp.policies.bundle import read_bundle
from playground_amp.robot.robot import load_robot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("second")
    config = load_config(CONFIG_PATH, [SMALL], flags={"robot": second_body(folder / "robot")})
    checkpoint = made_up_checkpoint(config)
    checkpoint.params["policy"]["params"]["Dense_0"]["kernel"] *= 0.3  # actions no larger than those of the trained
    figures = bundle.export_bundle(checkpoint, "0" * 64, folder / "bundle", 12, 120)
    for parity in figures.parity.values():
        assert max(parity.action, parity.joint_target, parity.joint_target_from_sensors) < 1e-5
    return folder


def test_its_manifest_is_of_that_robot(exported: Path) -> None:
    robot = load_robot(str(exported / "robot"), "flat")
    manifest = json.loads((exported / "bundle" / "manifest.json").read_text())
    assert manifest["robot"] == {"name": robot.name, "title": robot.title, "sha256": robot.sha256}
    assert [joint["name"] for joint in manifest["joints"]] == list(robot.joint_names)
    assert [joint["torque_limit"] for joint in manifest["joints"]] == robot.torque_limit.tolist()
    assert [joint["readable_speed"] for joint in manifest["joints"]] == [45.0] * 13
    assert manifest["imu"]["hinges"] == []
    assert sum(part["size"] for part in manifest["observation"]) == 3 + 3 + 3 * 13 + 3 + 2


def test_its_policy_runs(exported: Path) -> None:
    policy = load_policy(exported / "bundle", "numpy")
    position = dict(zip(policy.joint_names, policy.home.tolist(), strict=True))
    sensors = Sensors([1, 0, 0, 0], [0, 0, 0], position, dict.fromkeys(position, 0.0))
    targets = policy.step(sensors, (0.2, 0.0, 0.0))
    robot = load_robot(str(exported / "robot"), "flat")
    values = np.array([targets[name] for name in robot.joint_names])
    assert (values >= robot.joint_lower - 1e-6).all()
    assert (values <= robot.joint_upper + 1e-6).all()
    with pytest.raises(BundleError, match="position of l_hip_yaw is 500"):
        policy.step(sensors._replace(joint_position=dict.fromkeys(position, 500.0)), (0.2, 0.0, 0.0))


def test_it_is_refused_on_another_robot(exported: Path) -> None:
    assert read_bundle(exported / "bundle").robot.num_joints == 13
    with pytest.raises(UserError, match="number of joints: 13 → 11"):
        read_bundle(exported / "bundle", "wildrobot")
