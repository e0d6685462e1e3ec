"""WildRobot with driven arms against the table of the built machine, its mirror image, and the shipped body."""

from typing import NamedTuple

import mujoco
import numpy as np
import pytest

from playground_amp.policies.opening import open_policy
from playground_amp.robot.models import model_of, shipped_policy
from playground_amp.robot.robot import load_robot, mirrored_name

ROBOT, HELD = load_robot("wildrobot_arms"), load_robot("wildrobot")
MODEL = model_of(ROBOT)
MIRROR_Y = np.array([1.0, -1.0, 1.0])


class Part(NamedTuple):
    """A weighed part at the zero pose in the base's frame: kg, m, kg*m^2 about its own center of mass."""

    mass: float
    com: tuple[float, float, float]
    inertia: tuple[float, float, float]


TORSO = Part(0.5341, (0.008, -0.001, 0.144), (2.37e-3, 1.55e-3, 1.19e-3))
SHOULDER = Part(0.1078, (0, 0.1275, 0.188), (4.4e-5, 2.7e-5, 4.3e-5))
UPPER_ARM = Part(0.0589, (-0.001, 0.1414, 0.113), (1.53e-4, 1.52e-4, 2.3e-5))
FOREARM = Part(0.2496, (-0.0047, 0.154, -0.028), (5.8e-4, 5.9e-4, 1.6e-4))
PALM = Part(0.1053, (-0.0072, 0.163, -0.130), (1.1e-4, 1.2e-4, 3.9e-5))
FINGER = Part(0.0292, (0.0267, 0.166, -0.165), (4.1e-5, 4.1e-5, 1.1e-5))
LEFT_ARM = {  # body: its parts; palm and finger are fixed to the fore-arm
    "left_shoulder": (SHOULDER,),
    "left_upper_arm": (UPPER_ARM,),
    "left_forearm": (FOREARM, PALM, FINGER),
}
LEFT_JOINTS = {  # joint: a point on its axis, its direction, range in rad
    "left_shoulder_pitch": ((0, 0.081, 0.188), (0, -1, 0), (-0.5236, 3.1416)),
    "left_shoulder_roll": ((0.0235, 0.135, 0.188), (-1, 0, 0), (-3.0543, 0.4363)),
    "left_elbow_pitch": ((-0.0015, 0.124, 0.036), (0, -1, 0), (0, 1.5708)),
}


@pytest.fixture(scope="module")
def zero_pose() -> mujoco.MjData:
    """All joints at zero, the waist at the origin: world and base frame are one."""
    data = mujoco.MjData(MODEL)
    data.qpos[:] = 0.0
    data.qpos[3] = 1.0
    mujoco.mj_forward(MODEL, data)
    return data


def together(*parts: Part) -> tuple[float, np.ndarray, np.ndarray]:
    """Mass, center of mass and inertia [3, 3] about it of parts that are fixed to each other: parallel axes."""
    mass = sum(part.mass for part in parts)
    center = np.sum([part.mass * np.array(part.com) for part in parts], axis=0) / mass
    inertia = np.zeros((3, 3))
    for part in parts:
        offset = np.array(part.com) - center
        inertia += np.diag(part.inertia) + part.mass * (offset @ offset * np.eye(3) - np.outer(offset, offset))
    return mass, center, inertia


def test_it_weighs_4128_g_and_has_17_servos() -> None:
    assert ROBOT.mass == pytest.approx(4.128, abs=5e-4)
    assert ROBOT.num_joints == 17
    np.testing.assert_array_equal(ROBOT.torque_limit, np.full(17, 4.0))
    np.testing.assert_array_equal(ROBOT.kp, np.full(17, 21.1))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("body", LEFT_ARM)
def test_arms_weigh_what_the_table_says(zero_pose: mujoco.MjData, body: str, side: str) -> None:
    parts = LEFT_ARM[body]
    if side == "right":
        body = mirrored_name(body)
        parts = tuple(part._replace(com=(part.com[0], -part.com[1], part.com[2])) for part in parts)
    mass, center, inertia = together(*parts)
    axes = zero_pose.body(body).ximat.reshape(3, 3)
    assert MODEL.body(body).mass[0] == pytest.approx(mass, abs=1e-9)
    np.testing.assert_allclose(zero_pose.body(body).xipos, center, atol=1e-8)
    np.testing.assert_allclose(axes @ np.diag(MODEL.body(body).inertia) @ axes.T, inertia, atol=1e-9)


def test_the_torso_weighs_what_the_table_says(zero_pose: mujoco.MjData) -> None:
    assert MODEL.body("torso").mass[0] == pytest.approx(TORSO.mass)
    np.testing.assert_allclose(zero_pose.body("torso").xipos, TORSO.com, atol=1e-9)
    axes = zero_pose.body("torso").ximat.reshape(3, 3)
    np.testing.assert_allclose(axes @ np.diag(MODEL.body("torso").inertia) @ axes.T, np.diag(TORSO.inertia), atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("joint", LEFT_JOINTS)
def test_arm_joints_turn_about_the_lines_of_the_table(zero_pose: mujoco.MjData, joint: str, side: str) -> None:
    point, axis, (lower, upper) = LEFT_JOINTS[joint]
    if side == "right":
        joint, point = mirrored_name(joint), MIRROR_Y * point
        # The same axis: what turns about y keeps its sense in a mirror, what turns about x changes it.
        lower, upper = (lower, upper) if joint.endswith("pitch") else (-upper, -lower)
    found = zero_pose.joint(joint)
    np.testing.assert_allclose(found.xaxis, axis, atol=1e-9)
    np.testing.assert_allclose(np.cross(found.xanchor - point, axis), 0, atol=1e-9)
    np.testing.assert_allclose(MODEL.joint(joint).range, (lower, upper), atol=5e-5)


@pytest.mark.parametrize("name", HELD.joint_names)
def test_legs_and_waist_are_those_of_wildrobot(zero_pose: mujoco.MjData, name: str) -> None:
    held = model_of(HELD)
    data = mujoco.MjData(held)
    data.qpos[:] = 0.0
    data.qpos[3] = 1.0
    mujoco.mj_forward(held, data)
    np.testing.assert_allclose(zero_pose.joint(name).xanchor, data.joint(name).xanchor, atol=1e-12)
    np.testing.assert_array_equal(zero_pose.joint(name).xaxis, data.joint(name).xaxis)
    np.testing.assert_array_equal(MODEL.joint(name).range, held.joint(name).range)
    body = held.body(int(held.joint(name).bodyid[0])).name
    if body != "torso":
        np.testing.assert_array_equal(MODEL.body(body).mass, held.body(body).mass)
        np.testing.assert_allclose(zero_pose.body(body).xipos, data.body(body).xipos, atol=1e-12)
        np.testing.assert_array_equal(MODEL.body(body).inertia, held.body(body).inertia)


def test_the_mirror_swaps_the_arms() -> None:
    sign = dict(zip(ROBOT.joint_names, ROBOT.joint_mirror_sign, strict=True))
    for index, name in enumerate(ROBOT.joint_names):
        assert ROBOT.joint_names[ROBOT.joint_mirror_index[index]] == mirrored_name(name)
        assert sign[name] == (1 if name.endswith("pitch") else -1)
    limits = ROBOT.joint_mirror_sign * np.stack([ROBOT.joint_lower, ROBOT.joint_upper])[:, ROBOT.joint_mirror_index]
    np.testing.assert_array_equal(np.sort(limits, axis=0), np.stack([ROBOT.joint_lower, ROBOT.joint_upper]))


def test_held_arms_make_it_the_shipped_body(zero_pose: mujoco.MjData) -> None:
    """That one carries the arms as point masses in its torso: their own inertias are what it lacks."""
    arms = [part for parts in LEFT_ARM.values() for part in parts]
    right = [part._replace(com=(part.com[0], -part.com[1], part.com[2])) for part in arms]
    mass, center, inertia = together(TORSO, *arms, *right)
    own = 2 * np.sum([part.inertia for part in arms], axis=0)
    held, torso = model_of(HELD), model_of(HELD).body("torso")
    data = mujoco.MjData(held)
    data.qpos[:], data.qpos[3] = 0.0, 1.0
    mujoco.mj_forward(held, data)
    axes = data.body("torso").ximat.reshape(3, 3)
    assert ROBOT.mass == pytest.approx(HELD.mass, abs=1e-9)
    assert torso.mass[0] == pytest.approx(mass, abs=1e-9)
    np.testing.assert_allclose(data.body("torso").xipos, center, atol=5e-4)  # the tables round to a millimeter
    inertia_held = axes @ np.diag(torso.inertia) @ axes.T
    np.testing.assert_allclose(np.diag(inertia) - own, np.diag(inertia_held), rtol=4e-3)
    np.testing.assert_allclose(
        inertia - np.diag(np.diag(inertia)), inertia_held - np.diag(np.diag(inertia_held)), atol=1e-4
    )


def test_it_stands_by_itself() -> None:
    data = mujoco.MjData(MODEL)
    mujoco.mj_resetDataKeyframe(MODEL, data, MODEL.key("home").id)
    mujoco.mj_step(MODEL, data, nstep=1000)
    assert data.qpos[2] == pytest.approx(ROBOT.standing_height, abs=0.005)
    assert np.abs(data.qvel).max() < 0.01
    assert np.abs(data.actuator_force).max() < 1.0


def test_the_policy_in_its_folder_is_made_for_it() -> None:
    assert open_policy(shipped_policy(ROBOT.name)).config.robot == ROBOT.name
