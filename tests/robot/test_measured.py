"""`servo: constants:` of robot.yaml stand in place of the MJCF's."""

import shutil
from pathlib import Path

import numpy as np

from playground_amp.paths import ROBOTS
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot


def test_measured_constants_replace_the_models(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(ROBOTS / "wildrobot", folder)
    path = folder / "robot.yaml"
    constants = (
        "constants: {gain: 17.0, velocity_gain: 0.4, torque_limit: 2.5, armature: 0.03, damping: 0.2, friction: 0.1}"
    )
    path.write_text(path.read_text().replace("  speed_limit: 10.0\n", f"  speed_limit: 10.0\n  {constants}\n"))
    robot, shipped = load_robot(str(folder)), load_robot("wildrobot")
    model, former = model_of(robot), model_of(shipped)
    assert np.all(model.actuator_gainprm[:, 0] == 17.0)
    np.testing.assert_array_equal(model.actuator_biasprm[:, 1:3], np.tile([-17.0, -0.4], (model.nu, 1)))
    np.testing.assert_array_equal(model.actuator_forcerange, np.tile([-2.5, 2.5], (model.nu, 1)))
    assert np.all(robot.torque_limit == 2.5)
    for name, value in (("armature", 0.03), ("damping", 0.2), ("frictionloss", 0.1)):
        found = getattr(model, f"dof_{name}")
        assert np.all(found[-model.nu :] == value)
        np.testing.assert_array_equal(found[: -model.nu], getattr(former, f"dof_{name}")[: -model.nu])
