"""What the section `amp` changes of the others: what is paid, and how much exploration is."""

from pathlib import Path

import pytest

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.learning.build import make_trainer
from playground_amp.paths import CONFIGS, ROBUST, STANDARD
from playground_amp.runs.stages import stages_of


def config(*overrides: str) -> Config:
    return load_config(STANDARD, overrides)


def test_with_amp_exploration_costs_what_its_section_says() -> None:
    assert config("amp.entropy_cost=0.1").learner == config().trainer
    given = config("amp.enabled=true", "amp.entropy_cost=0.1")
    assert given.learner == given.trainer.model_copy(update={"entropy_cost": 0.1})
    assert config("amp.enabled=true", "amp.entropy_cost=null").learner == config().trainer


def test_what_is_left_to_style_is_paid_without_amp_only() -> None:
    left = "amp.left_to_style=[tilt, alive]"
    assert config(left).paid_weights == config(left).reward_weights
    style = config(left, "amp.enabled=true")
    assert set(style.reward_weights) - set(style.paid_weights) == {"tilt", "alive"}
    # Style is worth as much as what is paid besides.
    paid = sum(weight for name, weight in style.reward_weights.items() if weight > 0 and name != "alive")
    assert style.style_pay == pytest.approx(style.amp.weight * paid * style.env.control_dt)


def test_the_posture_of_stepping_can_be_left_to_style() -> None:
    left = "amp.left_to_style=[reference_posture]"
    first = stages_of(config(left, "amp.enabled=true"))[0].config
    assert first.reward_weights["reference_posture"] > 0
    assert "reference_posture" not in first.paid_weights
    assert "reference_posture" in stages_of(config(left))[0].config.paid_weights


def test_a_term_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UserError, match=r"unknown reward term amp\.left_to_style\.tild, did you mean tilt\?"):
        make_trainer(config("amp.enabled=true", "amp.left_to_style=[tild]"))
    later = "stages.settle.changes.reward_weights.pwer=-0.1"  # before the stages before it are trained
    with pytest.raises(UserError, match=r"term stages\.settle\.changes\.reward_weights\.pwer, did you mean power\?"):
        make_trainer(config(later))


@pytest.mark.parametrize("path", [STANDARD, ROBUST])
def test_neither_changes_anything_unless_it_is_given(path: Path) -> None:
    given = load_config(path, ["amp.enabled=true", "amp.entropy_cost=null", "amp.left_to_style=[]"])
    assert given.paid_weights.keys() == given.reward_weights.keys()
    assert given.learner == given.trainer


def test_style_says_how_to_walk_and_the_task_where_to() -> None:
    walk_amp = load_config(CONFIGS / "wildrobot_walk_amp.yaml")
    left = {"tilt", "base_height", "lateral_posture"}
    assert walk_amp.reward_weights.keys() - walk_amp.paid_weights.keys() == left
    assert walk_amp.learner.entropy_cost == 0
    # The robust policy turns on the spot and steps out of pushes, which no demonstration does.
    robust = load_config(ROBUST)
    assert robust.paid_weights.keys() == robust.reward_weights.keys()
