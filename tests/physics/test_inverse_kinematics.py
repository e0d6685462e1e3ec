"""Both soles are brought where they should be, in the robot's own kinematics, within the joints' ranges."""

import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.physics.inverse_kinematics import SoleTargets, reach_soles
from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
BASE = np.array([[0.02, 0.01, 0.44, 1.0, 0.0, 0.0, 0.0]])  # a little lower than at home
SOLES = np.array([[[0.05, 0.09, 0.0], [-0.01, -0.09, 0.01]]])


def test_soles_come_where_they_should_be() -> None:
    start = ROBOT.home_joint_position[None].copy()
    start[0, ROBOT.joint_names.index("waist_yaw")] = 0.1
    found = reach_soles(ROBOT, BASE, SoleTargets(SOLES, np.zeros((1, 2)), None), start)
    assert found is not None
    feet = make_foot_kinematics(ROBOT)(jnp.asarray(np.concatenate([BASE[0], found[0]])))
    np.testing.assert_allclose(feet + BASE[0, :3], SOLES[0], atol=1e-4)
    assert found[0, ROBOT.joint_names.index("waist_yaw")] == pytest.approx(0.1)  # no joint of a leg: it is kept
    # Level, nearly: the angles about y, hip pitch, knee and ankle pitch, add up to nothing.
    pitch = [sum(found[0, ROBOT.legs[side].joints[[0, 2, 3]]]) for side in (0, 1)]
    np.testing.assert_allclose(pitch, 0, atol=5e-3)
    assert (found >= ROBOT.joint_lower).all()
    assert (found <= ROBOT.joint_upper).all()


def test_beyond_reach_is_said() -> None:
    far = SoleTargets(SOLES - (0.0, 0.0, 0.3), np.zeros((1, 2)), None)
    assert reach_soles(ROBOT, BASE, far, ROBOT.home_joint_position[None]) is None
