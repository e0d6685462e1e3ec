"""WildRobot in Drake: the plant is the MJCF by name, and moves as MuJoCo moves it. Without Drake these are skipped."""

import copy

import mujoco
import numpy as np
import pytest

from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
JOINT_NAMES = ROBOT.joint_names
SUBSTEPS = 20  # of 1 ms


@pytest.fixture(scope="module")
def drake():
    """One robot in Drake, stepped by control periods."""
    pytest.importorskip("pydrake", reason="Drake is an extra")
    from playground_amp.physics.engines.drake import HostPlant

    return HostPlant(ROBOT, 0.001, SUBSTEPS)


def at_once(target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The target before and how late the new one arrives, s: it is there from the start."""
    return target, np.zeros_like(target)


def in_mujoco(
    qpos: np.ndarray, qvel: np.ndarray, target: np.ndarray, push: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same control period in MuJoCo's steps of 1 ms."""
    model = copy.copy(model_of(ROBOT))
    model.opt.timestep = 0.001
    data = mujoco.MjData(model)
    data.qpos, data.qvel, data.ctrl = qpos, qvel, target
    data.xfrc_applied[model.body("waist").id, :3] = push
    mujoco.mj_step(model, data, SUBSTEPS)
    return data.qpos.copy(), data.qvel.copy()


def test_the_plant_is_the_mjcf_by_name(drake):
    plant = drake.built.plant
    names = set(drake.built.geometry_names.values())

    assert plant.CalcTotalMass(drake.context) == pytest.approx(model_of(ROBOT).body_mass.sum())
    assert all(plant.HasBodyNamed(model_of(ROBOT).body(index).name) for index in range(1, model_of(ROBOT).nbody))
    assert {"floor", "left_heel", "left_toe", "right_heel", "right_toe"} <= names
    for name in JOINT_NAMES:
        actuator = plant.GetJointActuatorByName(name)
        assert actuator.default_reflected_inertia() == pytest.approx(0.024992)
        assert plant.GetJointByName(name).default_damping() == pytest.approx(0.08516)


def test_in_the_air_both_engines_agree_in_every_joint(drake):
    # No contact: what differs are the integrators, and friction loss near standstill.
    rng = np.random.default_rng(0)
    for _ in range(5):
        qpos, qvel = ROBOT.home_qpos.copy(), rng.normal(0.0, 1.0, 17)
        qpos[2] = 2.0
        qpos[3:7] = rng.normal(size=4)
        qpos[3:7] /= np.linalg.norm(qpos[3:7])
        qpos[7:] += rng.uniform(-0.1, 0.1, 11)
        target = ROBOT.home_joint_position + rng.uniform(-0.4, 0.4, 11)
        push = rng.uniform(-10.0, 10.0, 3)
        ours_qpos, ours_qvel = in_mujoco(qpos, qvel, target, push)
        qpos, qvel, switch_force, _ = drake.step(qpos, qvel, target, push, *at_once(target))

        np.testing.assert_allclose(qpos, ours_qpos, atol=2e-3)
        np.testing.assert_allclose(qvel, ours_qvel, atol=0.1)
        assert not switch_force.any()


def test_at_rest_the_switches_carry_the_weight(drake):
    qpos, qvel, home = ROBOT.home_qpos, np.zeros(17), ROBOT.home_joint_position
    for _ in range(60):
        qpos, qvel, switch_force, torque = drake.step(qpos, qvel, home, np.zeros(3), *at_once(home))

    assert switch_force.sum() == pytest.approx(9.81 * model_of(ROBOT).body_mass.sum(), rel=0.02)
    assert np.all(switch_force > 2.0)
    assert qpos[2] == pytest.approx(0.459, abs=0.003)
    assert np.abs(torque).max() < 1.0


def test_torque_is_limited_and_rows_are_their_own_robots(drake):
    qpos = np.stack([ROBOT.home_qpos, ROBOT.home_qpos])
    qpos[:, 2] = 2.0
    target = np.stack([ROBOT.home_joint_position, ROBOT.joint_upper])
    _, qvel, _, torque = drake.step(qpos, np.zeros((2, 17)), target, np.zeros((2, 3)), *at_once(target))

    assert np.abs(torque).max() == 4.0
    assert np.abs(qvel[0, 6:]).max() < 0.05 < np.abs(qvel[1, 6:]).max()
