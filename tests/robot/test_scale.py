"""Ratios of one robot's measures to another's, and the measures themselves, against MuJoCo and against arithmetic."""

import dataclasses

import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.robot.description import read_description
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of

UNIT = load_robot("wildrobot")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Robot:
    return load_robot(second_body(tmp_path_factory.mktemp("second")))


def test_wildrobot_is_the_unit() -> None:
    assert scale_of(UNIT) == Scale()


def test_a_robot_twice_as_large_of_the_same_stuff() -> None:
    chain = UNIT.legs[0]
    twice = dataclasses.replace(
        UNIT,
        leg_length=2 * UNIT.leg_length,
        home_qpos=np.concatenate([2 * UNIT.home_qpos[:3], UNIT.home_qpos[3:]]),
        body_mass=8 * UNIT.body_mass,
        legs=(dataclasses.replace(chain, offset=2 * chain.offset), UNIT.legs[1]),
        kp=16 * UNIT.kp,
    )
    scale = scale_of(twice)
    assert (scale.length, scale.height, scale.mass, scale.force, scale.torque) == (2, 2, 8, 8, 16)
    assert scale.time == scale.speed == pytest.approx(2**0.5)
    assert scale.rate == pytest.approx(2**-0.5)
    assert scale.power == pytest.approx(8 * 2**0.5)
    assert scale.deflection == 1  # servos that grew with the weight give way by the same angle


def test_on_the_moon_steps_are_slower() -> None:
    moon = scale_of(dataclasses.replace(UNIT, gravity=UNIT.gravity / 6))
    assert moon.time == pytest.approx(6**0.5)
    assert moon.speed == pytest.approx(6**-0.5)
    assert moon.force == pytest.approx(1 / 6)


def test_the_leg_is_as_long_as_the_drawing_says() -> None:
    # Hip roll to ankle roll hang 0.4045 m below each other at the zero pose, 0.0005 below the hip pitch's axis; bent
    # at the ankle pitch, which lies 0.0314 above the ankle roll, they hang a little lower. The sole is 0.0344 m below.
    assert UNIT.leg_length == pytest.approx(0.4035 + 0.0005 + 0.0344, abs=2e-3)


@pytest.mark.parametrize("whose", ["unit", "other"])
def test_chains_end_where_mujoco_puts_the_sites(whose: str, other: Robot) -> None:
    robot = UNIT if whose == "unit" else other
    model, imu = model_of(robot), read_description(robot.folder).imu
    data = mujoco.MjData(model)
    rng = np.random.default_rng(0)
    for _ in range(5):
        data.qpos[:] = 0.0
        data.qpos[3] = 1.0
        data.qpos[7:] = rng.uniform(robot.joint_lower, robot.joint_upper)
        mujoco.mj_kinematics(model, data)
        for chain, name in zip((*robot.legs, robot.imu), (*robot.foot_names, imu), strict=True):
            position, rotation = fold(chain, data.qpos[7:])
            site = model.site(name).id
            np.testing.assert_allclose(position, data.site_xpos[site], atol=1e-12)
            np.testing.assert_allclose(rotation.ravel(), data.site_xmat[site], atol=1e-12)


def fold(chain, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position and rotation matrix of a chain's end in the base frame, by matrices."""
    position, rotation = np.zeros(3), np.eye(3)
    for joint, offset, turn, axis in zip(chain.joints, chain.offset, chain.rotation, chain.axis, strict=True):
        position = position + rotation @ offset
        rotation = rotation @ matrix(turn) @ about(axis, float(joints[joint]))
    return position + rotation @ chain.tip, rotation @ matrix(chain.tip_rotation)


def matrix(quaternion: np.ndarray) -> np.ndarray:
    flat = np.empty(9)
    mujoco.mju_quat2Mat(flat, np.ascontiguousarray(quaternion))
    return flat.reshape(3, 3)


def about(axis: np.ndarray, angle: float) -> np.ndarray:
    quaternion = np.empty(4)
    mujoco.mju_axisAngle2Quat(quaternion, np.ascontiguousarray(axis), angle)
    return matrix(quaternion)
