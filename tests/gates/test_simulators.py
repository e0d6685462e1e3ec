"""The gates in other simulators: which engines judge, which are missing, and mistakes in one sentence."""

from pathlib import Path

import mujoco
import pytest

from playground_amp.cli import evaluate
from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.gates.gates import SIMULATORS
from playground_amp.gates.runner import gate_config, make_env
from playground_amp.paths import STANDARD
from playground_amp.physics import registry as availability
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot

CONFIG = load_config(STANDARD)
ROBOT = load_robot("wildrobot")
BOX = Path(__file__).parents[2] / "policies" / "walk"


def error_of(*arguments: str) -> str:
    with pytest.raises(UserError) as caught:
        evaluate.main(["--checkpoint", str(BOX), *arguments])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_fine_is_mujoco_at_half_a_millisecond_with_elliptic_cones():
    fine = SIMULATORS.cell("fine").physics
    config = gate_config(CONFIG, SIMULATORS, fine)
    env = make_env(CONFIG, SIMULATORS, fine, "flat")

    assert (config.physics.engine, config.physics.timestep, config.physics.iterations) == ("native", 0.0005, 100)
    assert env.engine.model.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC  # pyright: ignore[reportAttributeAccessIssue]
    assert model_of(ROBOT).opt.cone == mujoco.mjtCone.mjCONE_PYRAMIDAL  # the shared model is as it was


def test_an_unknown_simulator_names_the_nearest():
    assert "did you mean drake?" in error_of("--simulator", "drak")


def test_simulators_choose_their_engines_themselves():
    assert "--physics" in error_of("--simulator", "fine", "--physics", "mjx")
    assert "not allowed with" in error_of("--simulator", "fine", "--gate", "walk")


def test_without_drake_the_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(availability, "_there", lambda module: module != "pydrake")

    assert "pip install 'drake" in error_of("--simulator", "drake")
    assert "pip install 'drake" in error_of("--gate", "transfer")
