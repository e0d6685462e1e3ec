"""The servos can hold a deep squat and a stance on one leg: inverse dynamics of poses in balance."""

import copy

import mujoco
import numpy as np
import pytest

from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
FOOT_NAMES = ROBOT.foot_names
STATIC_LIMIT = 2.5  # N*m
SOLE_HALF_LENGTH, SOLE_HALF_WIDTH = 0.079, 0.036  # m, of the contact points around the foot's center

SQUAT = {"hip_pitch": -1.236, "knee_pitch": 1.8, "ankle_pitch": -0.65}
DEEP_SQUAT = {f"{side}_{joint}": angle for side in ("left", "right") for joint, angle in SQUAT.items()}

# The bent hip turns the roll axis out of the horizontal, and the lifted thigh comes inwards.
BENT_STANCE = {
    "left_hip_pitch": -0.9,
    "left_hip_roll": -0.1,
    "left_knee_pitch": 1.1,
    "left_ankle_pitch": -0.209,
    "left_ankle_roll": 0.214,
    "right_hip_pitch": -1.5,
    "right_hip_roll": 0.1,
    "right_knee_pitch": 1.1,
}
STRAIGHT_STANCE = {
    "left_hip_pitch": -0.128,
    "left_hip_roll": -0.1,
    "left_knee_pitch": 0.3,
    "left_ankle_pitch": -0.172,
    "left_ankle_roll": 0.288,
    "right_hip_pitch": -0.4,
    "right_knee_pitch": 0.8,
}


def standing(pose: dict[str, float], foot: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The robot at rest with that foot flat on the floor, its sole's center at the origin. No contact model."""
    model = copy.copy(model_of(ROBOT))
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, 0, 1, 0, 0, 0]
    for name, angle in pose.items():
        low, high = model.joint(name).range
        assert low < angle < high, name
        data.joint(name).qpos[0] = angle
    mujoco.mj_kinematics(model, data)
    to_foot = data.site(foot).xmat.reshape(3, 3).T
    data.qpos[:3] = -to_foot @ data.site(foot).xpos
    mujoco.mju_mat2Quat(data.qpos[3:7], to_foot.flatten())
    mujoco.mj_forward(model, data)
    return model, data


def holding_torque(model: mujoco.MjModel, data: mujoco.MjData, feet: tuple[str, ...]) -> np.ndarray:
    """Torque [11] N*m that holds the pose: the floor pushes up under the center of mass, shared by the feet."""
    data.qacc[:] = 0.0
    mujoco.mj_inverse(model, data)
    needed = data.qfrc_inverse.copy()
    center = data.subtree_com[0]
    for foot in feet:
        pressure_point = np.array([center[0], center[1] if len(feet) == 1 else data.site(foot).xpos[1], 0.0])
        offset = np.abs(pressure_point - data.site(foot).xpos)
        assert np.all(offset < [SOLE_HALF_LENGTH, SOLE_HALF_WIDTH, 1e-6]), f"{foot} cannot push there: {offset}"
        translation = np.zeros((3, model.nv))
        mujoco.mj_jac(model, data, translation, None, pressure_point, model.body(foot).id)
        needed -= translation[2] * model.body("waist").subtreemass[0] * 9.81 / len(feet)
    np.testing.assert_allclose(needed[:6], 0.0, atol=1e-9, err_msg="the pose is not in balance")
    return needed[6:]


def tilt(data: mujoco.MjData) -> float:
    return float(np.arccos(data.body("waist").xmat[8]))


def test_deep_squat_needs_under_2_5_newton_meters() -> None:
    model, data = standing(DEEP_SQUAT, "left_foot")
    assert data.qpos[2] < 0.33
    assert tilt(data) < 0.1
    assert np.abs(holding_torque(model, data, FOOT_NAMES)).max() < STATIC_LIMIT


def test_stance_on_one_bent_leg_needs_under_2_5_newton_meters() -> None:
    model, data = standing(BENT_STANCE, "left_foot")
    assert data.site("right_foot").xpos[2] > 0.1
    assert tilt(data) < 0.2
    assert np.abs(holding_torque(model, data, ("left_foot",))).max() < STATIC_LIMIT


def test_stance_on_one_straight_leg_loads_the_hip_roll_most() -> None:
    model, data = standing(STRAIGHT_STANCE, "left_foot")
    torque = dict(zip(ROBOT.joint_names, np.abs(holding_torque(model, data, ("left_foot",))), strict=True))
    # What the left hip roll carries, about its axis 0.09 m to the left: waist and torso 2.0743 kg x 0.09,
    # left hip 0.085 x 0.0033, right leg 0.085 x 0.1767 + 0.2303 x 0.1802 + 0.3755 x 0.1804 + 0.0167 x 0.1805
    # + 0.3192 x 0.1789: 0.3713 kg*m, so 3.64 N*m when upright.
    assert torque["left_hip_roll"] == pytest.approx(3.64, rel=0.05)
    assert max(torque.values()) == torque["left_hip_roll"] < 4.0
