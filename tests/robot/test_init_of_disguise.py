"""The shipped robot in disguise: `robot.py init` finds the same robot, which moves the same way, in its own units."""

import copy

import mujoco
import numpy as np
import pytest
from disguise import SHIPPED, Disguise, Disguised, disguise

from playground_amp.cli import robot as command
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

ORIGINAL = load_robot(SHIPPED)
CONTROLS, STEPS = 20, 10  # of 20 ms, in physics steps of 2 ms
SERVOS = Disguise(drive="position")
DISGUISES = {
    "mesh soles, slides": SERVOS,
    "bars, free root, no scene": SERVOS._replace(soles="capsules", root="free", scene=False, arms=False),
    "half the size": SERVOS._replace(size=0.5),
    "double the size": SERVOS._replace(size=2.0),
    "motors": Disguise(),
}


@pytest.fixture(scope="module", params=list(enumerate(DISGUISES)), ids=lambda each: each[1])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Disguised, Robot]:
    seed, name = request.param
    folder = tmp_path_factory.mktemp("disguise")
    disguised = disguise(folder, seed, DISGUISES[name])
    assert command.main(["init", str(disguised.path), "--output", str(folder / "robot"), "--no-picture"]) == 0
    return disguised, load_robot(str(folder / "robot"))


def in_order(disguised: Disguised, robot: Robot) -> np.ndarray:
    """Places of the original's joints among the robot's."""
    return np.array([robot.joint_names.index(name) for name in disguised.joints])


def test_joints_legs_and_mirror_images(found: tuple[Disguised, Robot]) -> None:
    disguised, robot = found
    names = dict(zip(ORIGINAL.joint_names, disguised.joints, strict=True))
    assert set(robot.joint_names) == set(disguised.joints)
    for side in (0, 1):
        assert robot.leg_joint_names(side) == tuple(names[name] for name in ORIGINAL.leg_joint_names(side))
    places = in_order(disguised, robot)
    for joint, place in enumerate(places):
        assert robot.joint_mirror_index[place] == places[ORIGINAL.joint_mirror_index[joint]]
        turned = disguised.sign[joint] * disguised.sign[ORIGINAL.joint_mirror_index[joint]]
        assert robot.joint_mirror_sign[place] == turned * ORIGINAL.joint_mirror_sign[joint]


def test_measures_in_its_own_units(found: tuple[Disguised, Robot]) -> None:
    disguised, robot = found
    size, places = disguised.size, in_order(disguised, robot)
    assert robot.mass == pytest.approx(size**3 * ORIGINAL.mass)
    assert robot.leg_length == pytest.approx(size * ORIGINAL.leg_length, rel=0.02)
    for sole, known in zip(robot.soles, ORIGINAL.soles, strict=True):
        assert sole.half_length == pytest.approx(size * known.half_length, abs=1e-3 * size)
        assert sole.half_width == pytest.approx(size * known.half_width, abs=1e-3 * size)
    np.testing.assert_allclose(robot.torque_limit[places], size**4 * ORIGINAL.torque_limit)
    np.testing.assert_allclose(robot.armature[places], size**5 * ORIGINAL.armature)
    np.testing.assert_allclose(robot.damping[places], size**4.5 * ORIGINAL.damping)
    derived = disguised.drive == "motor"  # with figures of a robot of its size
    np.testing.assert_allclose(robot.kp[places], size**4 * ORIGINAL.kp, rtol=0.1 if derived else 1e-6)
    np.testing.assert_allclose(robot.kv[places], size**4.5 * ORIGINAL.kv, rtol=1.0 if derived else 1e-6)
    assert robot.speed_limit[places] * size**0.5 == pytest.approx(ORIGINAL.speed_limit, rel=0.05)  # derived too


def test_home_is_the_keyframe(found: tuple[Disguised, Robot]) -> None:
    disguised, robot = found
    angles = robot.home_joint_position[in_order(disguised, robot)]
    np.testing.assert_allclose(angles, disguised.angles(ORIGINAL.home_joint_position), atol=1e-5)
    hips = ORIGINAL.legs[0].offset[0, 2]  # where the made base lies in the original's
    assert robot.standing_height == pytest.approx(disguised.size * (ORIGINAL.standing_height + hips), abs=2e-3)


def test_the_same_actions_give_the_same_motion(found: tuple[Disguised, Robot]) -> None:
    disguised, robot = found
    if disguised.drive == "motor":
        pytest.skip("its gains are derived: it moves a little differently")
    targets = np.random.default_rng(1).uniform(-0.15, 0.15, (CONTROLS, ORIGINAL.num_joints))
    expected = motion(copy.copy(model_of(ORIGINAL)), ORIGINAL.home_qpos, ORIGINAL.home_joint_position + targets)
    model, places = copy.copy(model_of(robot)), in_order(disguised, robot)
    disguised.even_out(model)
    asked = np.empty_like(targets)
    asked[:, places] = robot.home_joint_position[places] + disguised.sign * targets
    measured = motion(model, robot.home_qpos, asked)
    joints = disguised.sign * measured[:, 7:][:, places] + disguised.zero
    np.testing.assert_allclose(joints, expected[:, 7:], atol=5e-3)
    sway = (measured[:, :3] - measured[0, :3]) / disguised.size - (expected[:, :3] - expected[0, :3])
    assert np.abs(sway).max() < 1.5e-3  # m: it is put down 0.7 mm lower


def motion(model: mujoco.MjModel, start: np.ndarray, targets: np.ndarray) -> np.ndarray:
    data = mujoco.MjData(model)
    data.qpos[:] = start
    readings = [start]
    for target in targets:
        data.ctrl[:] = target
        for _ in range(STEPS):
            mujoco.mj_step(model, data)
        readings.append(data.qpos.copy())
    return np.array(readings)
