"""The compiled model against the measured facts of the machine, and its left-right symmetry."""

import mujoco
import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.robot.models import model_of, visual_model_of
from playground_amp.robot.robot import load_robot, mirrored_name

ROBOT = load_robot("wildrobot")
FOOT_NAMES = ROBOT.foot_names
JOINT_NAMES = ROBOT.joint_names
SWITCH_NAMES = ROBOT.switch_names
MODEL = model_of(ROBOT)

# Base frame at the zero pose: x forward, y left, z up. m, kg, kg*m^2 about the own center of mass.
LEFT_LEG_JOINTS = {  # body: parent, joint, anchor, axis, range in degrees
    "left_hip": ("waist", "left_hip_pitch", (0, 0.0536, -0.0336), (0, 1, 0), (-90, 30)),
    "left_thigh": ("left_hip", "left_hip_roll", (0.0268, 0.0900, -0.0331), (1, 0, 0), (-10, 90)),
    "left_shank": ("left_thigh", "left_knee_pitch", (0.0003, 0.0905, -0.2257), (0, 1, 0), (0, 120)),
    "left_ankle": ("left_shank", "left_ankle_pitch", (0.0006, 0.0905, -0.4057), (0, 1, 0), (-40, 45)),
    "left_foot": ("left_ankle", "left_ankle_roll", (0.0120, 0.0906, -0.4371), (1, 0, 0), (-45, 45)),
}
LEFT_LEG_MASSES = {  # body: mass, center of mass, (Ixx, Iyy, Izz)
    "left_hip": (0.0850, (0.0028, 0.0867, -0.0243), (2.0e-5, 2.4e-5, 1.9e-5)),
    "left_thigh": (0.2303, (0.0003, 0.0902, -0.1908), (9.53e-4, 9.60e-4, 1.25e-4)),
    "left_shank": (0.3755, (0.0010, 0.0904, -0.3284), (1.721e-3, 1.635e-3, 6.67e-4)),
    "left_ankle": (0.0167, (0.0012, 0.0905, -0.4251), (7e-6, 4e-6, 5e-6)),
    "left_foot": (0.3192, (0.0216, 0.0889, -0.4566), (1.88e-4, 7.34e-4, 8.44e-4)),
}
WAIST_MASS, WAIST_COM, WAIST_INERTIA = 0.4386, (-0.0019, 0, 0.0060), (9.98e-4, 6.98e-4, 7.02e-4)
BARE_TORSO_MASS, BARE_TORSO_COM, BARE_TORSO_INERTIA = 0.5341, (0.0082, 0, 0.1440), (2.366e-3, 1.551e-3, 1.186e-3)
LEFT_ARM = {
    "shoulder": (0.1078, (0, 0.1276, 0.1877)),
    "upper arm": (0.0589, (-0.0010, 0.1415, 0.1129)),
    "fore-arm": (0.2496, (-0.0048, 0.1540, -0.0283)),
    "hand": (0.1053, (-0.0073, 0.1630, -0.1300)),
    "finger": (0.0292, (0.0265, 0.1663, -0.1650)),
}
HEEL_PLATE, TOE_PLATE = (-0.0431, 0.0908, -0.4696), (0.0787, 0.0908, -0.4695)
PLATE_HALF_SIZE = (0.022, 0.040, 0.002)
IMU = (0, 0, 0.180)

MIRROR_Y = np.array([1.0, -1.0, 1.0])


@pytest.fixture(scope="module")
def zero_pose() -> mujoco.MjData:
    """All joints at zero, the waist at the origin: world and base frame are one."""
    data = mujoco.MjData(MODEL)
    data.qpos[:] = 0.0
    data.qpos[3] = 1.0
    mujoco.mj_forward(MODEL, data)
    return data


def inertia_in_base_frame(data: mujoco.MjData, body: str) -> np.ndarray:
    """[3, 3] kg*m^2 about the body's center of mass, in the axes of the base frame."""
    axes = data.body(body).ximat.reshape(3, 3)
    return axes @ np.diag(MODEL.body(body).inertia) @ axes.T


def test_the_whole_robot_weighs_4128_g() -> None:
    assert MODEL.body("waist").subtreemass[0] == pytest.approx(4.128, rel=0.01)


def test_joints_are_in_the_order_of_actions_and_observations() -> None:
    assert ROBOT.joint_names == (
        "waist_yaw",
        *("left_hip_pitch", "left_hip_roll", "left_knee_pitch", "left_ankle_pitch", "left_ankle_roll"),
        *("right_hip_pitch", "right_hip_roll", "right_knee_pitch", "right_ankle_pitch", "right_ankle_roll"),
    )
    assert [MODEL.joint(index).name for index in range(MODEL.njnt)] == ["base", *ROBOT.joint_names]
    assert [MODEL.actuator(index).name for index in range(MODEL.nu)] == list(ROBOT.joint_names)


@pytest.mark.parametrize("body", LEFT_LEG_JOINTS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_leg_joints_are_as_measured(zero_pose: mujoco.MjData, body: str, side: str) -> None:
    parent, joint, anchor, axis, degrees = LEFT_LEG_JOINTS[body]
    if side == "right":
        body, parent, joint = mirrored_name(body), mirrored_name(parent), mirrored_name(joint)
        anchor = MIRROR_Y * anchor
        degrees = (-degrees[1], -degrees[0]) if joint.endswith("roll") else degrees
    assert MODEL.body(MODEL.body(body).parentid[0]).name == parent
    assert MODEL.joint(joint).bodyid[0] == MODEL.body(body).id
    np.testing.assert_allclose(zero_pose.joint(joint).xanchor, anchor, atol=1e-6)
    np.testing.assert_allclose(zero_pose.joint(joint).xaxis, axis, atol=1e-6)
    np.testing.assert_allclose(np.rad2deg(MODEL.joint(joint).range), degrees, atol=1e-3)


@pytest.mark.parametrize("body", LEFT_LEG_MASSES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_leg_masses_are_as_measured(zero_pose: mujoco.MjData, body: str, side: str) -> None:
    mass, center, inertia = LEFT_LEG_MASSES[body]
    if side == "right":
        body, center = mirrored_name(body), MIRROR_Y * center
    assert MODEL.body(body).mass[0] == pytest.approx(mass, abs=1e-6)
    np.testing.assert_allclose(zero_pose.body(body).xipos, center, atol=1e-6)
    np.testing.assert_allclose(inertia_in_base_frame(zero_pose, body), np.diag(inertia), atol=1e-9)


def test_waist_is_as_measured(zero_pose: mujoco.MjData) -> None:
    assert MODEL.body("waist").mass[0] == pytest.approx(WAIST_MASS)
    np.testing.assert_allclose(zero_pose.body("waist").xipos, WAIST_COM, atol=1e-6)
    np.testing.assert_allclose(inertia_in_base_frame(zero_pose, "waist"), np.diag(WAIST_INERTIA), atol=1e-9)


def test_torso_carries_both_arms_as_point_masses(zero_pose: mujoco.MjData) -> None:
    parts = [(BARE_TORSO_MASS, np.array(BARE_TORSO_COM), np.diag(BARE_TORSO_INERTIA))]
    for mass, place in LEFT_ARM.values():
        parts += [(mass, np.array(place), np.zeros((3, 3))), (mass, MIRROR_Y * place, np.zeros((3, 3)))]
    # 0.5341 + 2 x (0.1078 + 0.0589 + 0.2496 + 0.1053 + 0.0292) = 0.5341 + 2 x 0.5508
    total = 1.6357
    center = sum(mass * place for mass, place, _ in parts) / total
    inertia = np.zeros((3, 3))
    for mass, place, own in parts:  # parallel axes
        offset = place - center
        inertia += own + mass * (offset @ offset * np.eye(3) - np.outer(offset, offset))
    assert MODEL.body("torso").mass[0] == pytest.approx(total, abs=1e-6)
    np.testing.assert_allclose(zero_pose.body("torso").xipos, center, atol=1e-6)
    np.testing.assert_allclose(inertia_in_base_frame(zero_pose, "torso"), inertia, atol=1e-8)
    joint = zero_pose.joint("waist_yaw")
    np.testing.assert_allclose(joint.xanchor, (0, 0, 0.0482), atol=1e-6)
    np.testing.assert_allclose(joint.xaxis, (0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(np.rad2deg(MODEL.joint("waist_yaw").range), (-30, 30), atol=1e-3)


@pytest.mark.parametrize("name", JOINT_NAMES)
def test_every_joint_is_driven_by_the_same_servo(name: str) -> None:
    actuator, joint = MODEL.actuator(name), MODEL.joint(name)
    assert actuator.trnid[0] == joint.id
    assert actuator.gainprm[0] == 21.1
    np.testing.assert_array_equal(actuator.biasprm[:3], [0, -21.1, -0.5])
    np.testing.assert_array_equal(actuator.forcerange, [-4.0, 4.0])
    np.testing.assert_allclose(actuator.ctrlrange, joint.range)
    assert (joint.damping[0], joint.frictionloss[0], joint.armature[0]) == (0.08516, 0.022275, 0.024992)


def test_robot_reads_the_model_by_name() -> None:
    np.testing.assert_array_equal(ROBOT.torque_limit, np.full(11, 4.0))
    for index, name in enumerate(ROBOT.joint_names):
        np.testing.assert_array_equal(MODEL.joint(name).range, (ROBOT.joint_lower[index], ROBOT.joint_upper[index]))
    home = dict(zip(ROBOT.joint_names, ROBOT.home_joint_position, strict=True))
    for name, angle in home.items():
        expected = {"hip_pitch": -0.222, "knee_pitch": 0.490, "ankle_pitch": -0.248}.get(name.partition("_")[2], 0.0)
        assert angle == expected
    np.testing.assert_array_equal(ROBOT.home_qpos[:7], [0, 0, 0.46, 1, 0, 0, 0])
    np.testing.assert_array_equal(MODEL.key("home").ctrl, ROBOT.home_joint_position)
    assert np.all((ROBOT.joint_lower <= ROBOT.home_joint_position) & (ROBOT.home_joint_position <= ROBOT.joint_upper))


def test_mirror_swaps_the_legs_and_flips_rolls_and_yaw() -> None:
    by_name = dict(zip(ROBOT.joint_names, ROBOT.joint_mirror_sign, strict=True))
    for index, name in enumerate(ROBOT.joint_names):
        assert ROBOT.joint_names[ROBOT.joint_mirror_index[index]] == mirrored_name(name)
        assert by_name[name] == (1 if name.endswith("pitch") else -1)
    mirrored_limits = (
        ROBOT.joint_mirror_sign * np.stack([ROBOT.joint_lower, ROBOT.joint_upper])[:, ROBOT.joint_mirror_index]
    )
    np.testing.assert_array_equal(np.sort(mirrored_limits, axis=0), np.stack([ROBOT.joint_lower, ROBOT.joint_upper]))


def test_soles_switches_and_imu_are_in_place(zero_pose: mujoco.MjData) -> None:
    np.testing.assert_allclose(zero_pose.site("imu").xpos, IMU, atol=1e-6)
    visual = visual_model_of(ROBOT)
    drawn = mujoco.MjData(visual)
    drawn.qpos[:] = zero_pose.qpos
    mujoco.mj_forward(visual, drawn)
    for side, mirror in (("left", np.ones(3)), ("right", MIRROR_Y)):
        for part, plate in (("heel", HEEL_PLATE), ("toe", TOE_PLATE)):
            np.testing.assert_allclose(drawn.geom(f"{side}_{part}_plate").xpos, mirror * plate, atol=1e-6)
            np.testing.assert_allclose(visual.geom(f"{side}_{part}_plate").size, PLATE_HALF_SIZE)
            # The bar that touches the floor lies along the plate's outer edge, flush with the underside.
            bar, radius = zero_pose.geom(f"{side}_{part}"), MODEL.geom(f"{side}_{part}").size[0]
            outward = 1 if part == "toe" else -1
            to_edge = np.array([outward * (0.022 - radius), 0, radius - 0.002])
            np.testing.assert_allclose(bar.xpos, mirror * (plate + to_edge), atol=1e-6)
            assert MODEL.geom(f"{side}_{part}").size[1] + radius == pytest.approx(0.040)
        underside = mirror * [(HEEL_PLATE[0] + TOE_PLATE[0]) / 2, 0.0908, -0.4715]
        np.testing.assert_allclose(zero_pose.site(f"{side}_foot").xpos, underside, atol=1e-4)
    assert [MODEL.sensor(index).name for index in range(MODEL.nsensor)] == list(SWITCH_NAMES)
    assert [MODEL.site(name).id for name in FOOT_NAMES]


def test_scene_has_what_a_video_needs() -> None:
    assert MODEL.camera("track").mode[0] == mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM
    assert MODEL.camera("track").bodyid[0] == MODEL.body("waist").id
    assert MODEL.opt.timestep == 0.002
    assert MODEL.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_AUTORESET


def test_looks_do_not_change_the_motion() -> None:
    visual = visual_model_of(ROBOT)
    assert visual.ngeom > MODEL.ngeom
    end = []
    for model in (MODEL, visual):
        data = mujoco.MjData(model)
        mujoco.mj_resetDataKeyframe(model, data, model.key("home").id)
        mujoco.mj_step(model, data, nstep=200)
        end.append(data.qpos.copy())
    np.testing.assert_array_equal(*end)


def test_a_scene_is_compiled_once() -> None:
    assert load_robot("wildrobot") is load_robot("wildrobot", "flat")
    assert visual_model_of(ROBOT) is visual_model_of(load_robot("wildrobot", "flat"))


def test_unknown_scene_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"unknown scene 'moon'.*flat"):
        load_robot("wildrobot", "moon")
