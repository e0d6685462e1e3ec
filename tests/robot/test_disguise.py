"""The disguises of the shipped robot that other tests use are the same body: in plain MuJoCo they move alike."""

import copy
from pathlib import Path

import mujoco
import numpy as np
import pytest
from disguise import SHIPPED, Disguise, Disguised, disguise

from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

ROBOT = load_robot(SHIPPED)
CONTROLS, STEPS = 25, 10  # of 20 ms, in physics steps of 2 ms
SERVOS = Disguise(drive="position", soles="capsules", base=False)  # a free base steps about its origin


@pytest.mark.parametrize(
    "what",
    [SERVOS, SERVOS._replace(size=0.5, root="free"), SERVOS._replace(size=2.0, arms=False)],
    ids=["same", "half", "double"],
)
def test_the_same_actions_give_the_same_motion(what: Disguise, tmp_path: Path) -> None:
    disguised = disguise(tmp_path, 1, what)
    targets = np.random.default_rng(1).uniform(-0.15, 0.15, (CONTROLS, ROBOT.num_joints)) + ROBOT.home_joint_position
    expected, measured = original_motion(targets), disguised_motion(disguised, targets)
    measured[:, 3:7] *= np.sign(np.sum(measured[:, 3:7] * expected[:, 3:7], axis=1, keepdims=True))
    np.testing.assert_allclose(measured, expected, atol=1e-8)
    assert np.ptp(expected[:, 2]) > 1e-3  # it does move


def test_a_disguise_is_one(tmp_path: Path) -> None:
    disguised = disguise(tmp_path, 3, Disguise())
    model = mujoco.MjModel.from_xml_path(str(disguised.path))
    assert not set(disguised.joints) & set(ROBOT.joint_names)
    order = np.argsort([model.joint(name).qposadr[0] for name in disguised.joints])
    assert list(order) != sorted(order)
    assert model.nmesh == 2
    assert model.jnt_type[0] == mujoco.mjtJoint.mjJNT_SLIDE
    assert not model.actuator_biastype.any()  # motors
    assert np.abs(disguised.zero).mean() > 0.1
    assert model.body_subtreemass[model.body(disguised.bodies[ROBOT.base_name]).id] == pytest.approx(ROBOT.mass)


def original_motion(targets: np.ndarray) -> np.ndarray:
    model = converged(copy.copy(model_of(ROBOT)))
    data = mujoco.MjData(model)
    data.qpos[:] = ROBOT.home_qpos
    return rolled(model, data, lambda _, target: target, targets, lambda: data.qpos.copy())


def disguised_motion(disguised: Disguised, targets: np.ndarray) -> np.ndarray:
    model = mujoco.MjModel.from_xml_path(str(disguised.path))
    disguised.even_out(converged(model))
    data = mujoco.MjData(model)
    data.qpos[:] = disguised.state(model, ROBOT.home_qpos)
    joints = [model.joint(name).id for name in disguised.joints]
    places = [list(model.actuator_trnid[:, 0]).index(joint) for joint in joints]

    def ordered(ctrl: np.ndarray, target: np.ndarray) -> np.ndarray:
        ctrl[places] = disguised.angles(target)
        return ctrl

    return rolled(model, data, ordered, targets, lambda: disguised.original(model, data))


def converged(model: mujoco.MjModel) -> mujoco.MjModel:
    model.opt.iterations, model.opt.ls_iterations, model.opt.tolerance = 100, 100, 0
    return model


def rolled(model: mujoco.MjModel, data: mujoco.MjData, ordered, targets: np.ndarray, reading) -> np.ndarray:
    readings = []
    for target in targets:
        data.ctrl[:] = ordered(data.ctrl, target)
        for _ in range(STEPS):
            mujoco.mj_step(model, data)
        readings.append(reading())
    return np.array(readings)
