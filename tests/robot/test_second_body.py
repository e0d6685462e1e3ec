"""The made-up body of the tests is what it says: in normal form, oblique, its own mirror image, and it stands."""

import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second")))


def test_it_is_unlike_wildrobot(robot: Robot):
    wildrobot = load_robot("wildrobot")
    assert robot.num_joints == 13
    assert not set(robot.joint_names + robot.body_names + robot.foot_names + robot.switch_names) & set(
        wildrobot.joint_names + wildrobot.body_names + wildrobot.foot_names + wildrobot.switch_names
    )
    assert np.abs(robot.joint_axis_b).max() < 0.999
    assert all(np.abs(chain.axis).max(axis=1).max() < 0.999 for chain in robot.legs)
    assert len(robot.imu.joints) == 0
    assert robot.leg_length / wildrobot.leg_length == pytest.approx(0.7, abs=0.01)


def test_it_is_its_own_mirror_image(robot: Robot):
    model, rng = model_of(robot), np.random.default_rng(0)
    joints = rng.uniform(robot.joint_lower, robot.joint_upper)
    mirrored = robot.joint_mirror_sign * joints[robot.joint_mirror_index]
    assert np.all((robot.joint_lower - 1e-9 <= mirrored) & (mirrored <= robot.joint_upper + 1e-9))
    sites = []
    for angles in (joints, mirrored):
        data = mujoco.MjData(model)
        data.qpos[:] = robot.home_qpos
        data.qpos[7:] = angles
        mujoco.mj_kinematics(model, data)
        sites.append([data.site(name).xpos.copy() for name in robot.foot_names])
    np.testing.assert_allclose(sites[1], np.array(sites[0])[::-1] * [1, -1, 1], atol=1e-9)


def test_it_stands_at_home(robot: Robot):
    model = model_of(robot)
    data = mujoco.MjData(model)
    data.qpos[:], data.ctrl[:] = robot.home_qpos, robot.home_joint_position
    mujoco.mj_step(model, data, nstep=1000)
    assert data.qpos[2] == pytest.approx(robot.standing_height, abs=0.003)
    assert data.sensordata.min() > 2.0
    assert data.sensordata.sum() == pytest.approx(robot.weight, rel=0.02)
