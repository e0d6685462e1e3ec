"""The policy in the box walks on the twin, driven byte by byte in the twin's own time."""

import numpy as np
import pytest
from driven_twin import DrivenTwin
from paths import BUNDLE

from playground_amp.deploy.runtime import load_policy
from playground_amp.robot.robot import load_robot
from playground_amp.twin.nominal import hardware_of_robot

ROBOT = load_robot("wildrobot")


@pytest.fixture
def twin() -> DrivenTwin:
    """Stands on its feet, let go from the stand."""
    twin = DrivenTwin(ROBOT, hardware_of_robot(ROBOT, 11), seed=11)
    twin.write(dict(zip(ROBOT.joint_names, ROBOT.home_joint_position.tolist(), strict=True)))
    twin.run(1.6)
    assert twin.world.stand.state == "free"
    return twin


def test_it_stands_and_walks_as_fast_as_it_is_asked_and_stays_on_its_feet(twin: DrivenTwin) -> None:
    policy = load_policy(BUNDLE, "numpy")
    stood = twin.walk(policy, (0.0, 0.0, 0.0), 2.0)
    assert np.linalg.norm(stood[-1] - stood[0]) < 0.05
    started = twin.walk(policy, (0.5, 0.0, 0.0), 1.5)
    twin.world.body.push(np.array([0.0, 5.0, 0.0]), 0.2)
    places = twin.walk(policy, (0.5, 0.0, 0.0), 3.0)
    assert places[:, 2].min() > 0.9 * ROBOT.standing_height
    assert (places[-1, 0] - started[-1, 0]) / 3.0 == pytest.approx(0.5, rel=0.1)
    assert sum(line.lost for line in twin.lines.values()) == 0
