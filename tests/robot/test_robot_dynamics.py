"""How the robot stands, moves, lands and falls in plain MuJoCo."""

import mujoco
import numpy as np
import pytest

from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
FOOT_NAMES = ROBOT.foot_names
JOINT_NAMES = ROBOT.joint_names
SWITCH_NAMES = ROBOT.switch_names
MODEL = model_of(ROBOT)
WEIGHT = 4.128 * 9.81  # N
SWITCH_THRESHOLD = 2.0  # N
MIRRORED_BASE_QPOS = np.array([1, -1, 1, 1, -1, 1, -1])  # position, quaternion wxyz, in a mirror through x-z


def at_home(height: float = 0.46) -> mujoco.MjData:
    data = mujoco.MjData(MODEL)
    mujoco.mj_resetDataKeyframe(MODEL, data, MODEL.key("home").id)
    data.qpos[2] = height
    return data


def run(data: mujoco.MjData, seconds: float) -> mujoco.MjData:
    mujoco.mj_step(MODEL, data, nstep=round(seconds / MODEL.opt.timestep))
    return data


def upright(data: mujoco.MjData) -> float:
    """Cosine of the waist's tilt."""
    return float(data.body("waist").xmat[8])


def contact_force_up(data: mujoco.MjData) -> float:
    """Vertical force of the floor on the robot, N."""
    total, force = 0.0, np.zeros(6)
    for index in range(data.ncon):
        mujoco.mj_contactForce(MODEL, data, index, force)
        total += (data.contact.frame[index].reshape(3, 3).T @ force[:3])[2]
    return total


def test_contact_forces_at_rest_carry_the_weight() -> None:
    data = run(at_home(), 4.0)
    assert contact_force_up(data) == pytest.approx(WEIGHT, rel=0.01)
    switches = np.array([data.sensor(name).data[0] for name in SWITCH_NAMES])
    assert switches.sum() == pytest.approx(WEIGHT, rel=0.01)
    assert np.all(switches > SWITCH_THRESHOLD)
    assert data.ncon == 8


def test_home_pose_holds_for_10_s() -> None:
    data = at_home()
    for _ in range(10):
        run(data, 1.0)
        assert 0.45 < data.qpos[2] < 0.47
        assert upright(data) > 0.99
    np.testing.assert_allclose(data.qpos[7:], ROBOT.home_joint_position, atol=0.04)
    np.testing.assert_allclose(data.qpos[:2], 0.0, atol=0.02)
    np.testing.assert_allclose(data.qvel, 0.0, atol=1e-3)
    assert np.abs(data.actuator_force).max() < 1.0


def test_drop_from_5_cm_lands_without_bouncing_about() -> None:
    data = at_home(0.46 + 0.05)
    feet_down = []
    for _ in range(100):
        run(data, 0.02)
        feet_down.append([data.sensordata[:2].sum() > 0, data.sensordata[2:].sum() > 0])
    landed: np.ndarray = np.min(feet_down, axis=1)
    assert landed[: round(0.2 / 0.02)].any()  # a fall of 5 cm takes 0.10 s
    assert landed[round(0.5 / 0.02) :].all()
    assert upright(data) > 0.99
    assert np.abs(data.qvel).max() < 0.02


@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_every_action_moves_its_own_joint_the_right_way(joint: str) -> None:
    index = JOINT_NAMES.index(joint)
    for step in (0.1, -0.1):
        data = at_home(5.0)  # falling freely: nothing but the servos acts on the joints
        data.ctrl[index] += step
        run(data, 0.6)
        moved = data.qpos[7:] - ROBOT.home_joint_position
        assert moved[index] == pytest.approx(step, abs=0.01)
        np.testing.assert_allclose(np.delete(moved, index), 0.0, atol=0.01)


@pytest.mark.parametrize(
    ("joint", "point", "direction"),
    [
        ("left_hip_pitch", "left_foot", (-1, 0, 0)),  # a negative hip pitch swings the leg forward
        ("left_hip_roll", "left_foot", (0, 1, 0)),  # outwards
        ("right_hip_roll", "right_foot", (0, 1, 0)),  # inwards
        ("left_knee_pitch", "left_foot", (-1, 0, 0)),  # a positive knee bends it
        ("left_ankle_pitch", "left_toe", (0, 0, -1)),  # a negative ankle pitch lifts the toe
        ("waist_yaw", "imu", (0, 0, 0)),  # the IMU lies on the axis of the waist
    ],
)
def test_positive_angles_move_the_limbs_as_stated(joint: str, point: str, direction: tuple[float, ...]) -> None:
    data = mujoco.MjData(MODEL)
    data.qpos[3] = 1.0
    mujoco.mj_kinematics(MODEL, data)
    before = data.site(point).xpos.copy()
    data.joint(joint).qpos[0] = 0.01
    mujoco.mj_kinematics(MODEL, data)
    moved = data.site(point).xpos - before
    assert moved @ direction >= 0.8 * np.linalg.norm(moved)
    assert (np.linalg.norm(moved) > 1e-4) == any(direction)


def test_mirrored_targets_give_mirrored_motion() -> None:
    random = np.random.default_rng(0)
    one, other = at_home(), at_home()
    for _ in range(25):  # 0.5 s on the floor
        target = ROBOT.home_joint_position + random.uniform(-0.3, 0.3, 11)
        one.ctrl[:] = target
        other.ctrl[:] = ROBOT.joint_mirror_sign * target[ROBOT.joint_mirror_index]
        run(one, 0.02)
        run(other, 0.02)
    mirrored_joints = ROBOT.joint_mirror_sign * one.qpos[7:][ROBOT.joint_mirror_index]
    np.testing.assert_allclose(other.qpos, [*(MIRRORED_BASE_QPOS * one.qpos[:7]), *mirrored_joints], atol=1e-4)
    assert np.abs(one.qpos[7:] - other.qpos[7:]).max() > 0.05


@pytest.mark.parametrize("axis", [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (1, 1, 0), (-1, 1, 0)])
@pytest.mark.parametrize("angle", [np.pi / 2, np.pi])
def test_a_fallen_robot_stays_above_the_floor(axis: tuple[float, ...], angle: float) -> None:
    data = at_home(0.6)
    mujoco.mju_axisAngle2Quat(data.qpos[3:7], np.array(axis) / np.linalg.norm(axis), angle)
    random = np.random.default_rng(0)
    for _ in range(50):  # 2 s of flailing, then 2 s of peace
        data.ctrl[:] = random.uniform(ROBOT.joint_lower, ROBOT.joint_upper)
        run(data, 0.04)
        assert data.xipos[1:, 2].min() > 0.0
        assert data.contact.dist.min(initial=0.0) > -0.03
    data.ctrl[:] = ROBOT.home_joint_position
    run(data, 2.0)
    assert np.isfinite(data.qpos).all()
    assert data.xipos[1:, 2].min() > 0.0
    assert min(data.site(name).xpos[2] for name in FOOT_NAMES) > -0.005
    assert contact_force_up(data) == pytest.approx(WEIGHT, rel=0.1)
