"""Stages of a run in the YAML: read strictly, changed by name, and left alone by what holds throughout."""

from pathlib import Path

import pytest
from second_body import second_body

from playground_amp.configs.loader import config_from_dict, dump_config, load_config
from playground_amp.configs.stages import StageConfig, ends_in_order
from playground_amp.errors import UserError
from playground_amp.learning.build import make_trainer
from playground_amp.paths import CONFIGS, ROBUST, ROUGH, STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.runs.stages import stages_of
from playground_amp.yaml_text import parse_value


def error_of(*settings: str) -> str:
    with pytest.raises(UserError) as caught:
        load_config(ROBUST, settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (
            "learn.until=0",
            "stages.learn.until must be a number of iterations, or a share of them between 0 and 1, found 0",
        ),
        ("learn.until=600.5", "or a share of them between 0 and 1, found 600.5"),
        ("stages.learn.untill=7", "unknown key stages.learn.untill, did you mean stages.learn.until?"),
        ("stages.lern.until=7", "there is no stage lern; the stages are follow, learn, finish"),
        ("finish.until=7", "one stage, the last, has no `until` and goes on to the end of the run; found none"),
        ("learn.until=null", "one stage, the last, has no `until` and goes on to the end of the run; found learn and"),
        ("stages.finish.changes.env.terrain=wet", "stages.finish.changes.env.terrain must be flat, rough, mixed, "),
        ("stages.finish.changes.env.target_height=0.1", "stages.finish: env.target_height 0.1 must be above"),
        ("stages.finish.changes.trainer.seed=2", "stages.finish.changes: trainer.seed stays as it is through a run"),
        ("stages.finish.changes.env.terain=flat", "unknown key env.terain, did you mean env.terrain?"),
        ("stages={a b: {until: 2}, c: {}}", "stages.a b: the name must be letters, digits and _"),
        ("stages={a: {until: 2}, b: {until: 2}, c: {}}", "must end one after the other"),
        ("stages={a: {changes: {env: {gait: 3}}}}", "stages.a.changes.env.gait must be a section with keys"),
        ("stages.learn.once={alive: 2}", "stages.learn.once.alive must be at most 1, found 2"),
        ("stages.finish.once={alive: 0.8}", "stages.finish.once: the last stage goes on to the end of the run"),
        ("stages={a: 3}", "stages.a must be a section with keys, found 3"),
    ],
)
def test_what_is_wrong_with_a_stage_is_said_before_anything_starts(setting: str, expected: str) -> None:
    assert expected in error_of(setting)


def test_stages_come_in_the_order_of_their_ends_whatever_that_of_the_file() -> None:
    stages = {"last": StageConfig(), "b": StageConfig(until=7), "a": StageConfig(until=3)}
    assert ends_in_order(stages, 10) == [("a", 3), ("b", 7), ("last", 10)]
    assert ends_in_order(stages, 5) == [("a", 3), ("b", 5), ("last", 5)]
    shares = {"a": StageConfig(until=0.3), "last": StageConfig()}
    assert ends_in_order(shares, 1000) == [("a", 300), ("last", 1000)]
    both = {"c": StageConfig(until=0.75), "last": StageConfig()}
    both |= {"b": StageConfig(until=160), "a": StageConfig(until=60)}
    assert ends_in_order(both, 280) == [("a", 60), ("b", 160), ("c", 210), ("last", 280)]
    assert ends_in_order(both, 200) == [("a", 60), ("b", 160), ("c", 160), ("last", 200)]  # a share is never before
    assert ends_in_order(both, 100) == [("a", 60), ("b", 100), ("c", 100), ("last", 100)]
    assert ends_in_order(both, 280, {"b": 90}) == [("a", 60), ("b", 90), ("c", 210), ("last", 280)]
    assert ends_in_order({}, 10) == []


def test_what_is_given_besides_the_file_holds_in_every_stage() -> None:
    config = load_config(ROBUST, ["torque=-0.1", "env.terrain=rough"], flags={"trainer.desired_kl": 0.03})
    changes, before = config.stages["finish"].changes, load_config(ROBUST).stages["finish"].changes
    assert "torque" in before["reward_weights"]
    assert "desired_kl" in before["trainer"]
    assert "torque" not in changes["reward_weights"]
    assert changes["trainer"] == {"entropy_cost": before["trainer"]["entropy_cost"]}
    assert changes["env"] == before["env"]
    one = load_config(ROBUST, ["stages.finish.changes.torque=-0.1"])
    assert one.stages["finish"].changes["reward_weights"] == before["reward_weights"] | {"torque": -0.1}
    assert one.reward_weights == load_config(ROBUST).reward_weights


def test_a_file_changes_a_stage_of_the_one_that_it_extends(tmp_path: Path) -> None:
    heir = tmp_path / "heir.yaml"
    heir.write_text(
        f"extends: {ROBUST}\nstages:\n  finish:\n    changes:\n      reward_weights:\n        torque: -0.2\n"
    )
    stages, before = load_config(heir).stages, load_config(ROBUST).stages
    assert stages["learn"] == before["learn"]
    weights = before["finish"].changes["reward_weights"] | {"torque": -0.2}
    assert stages["finish"].changes == before["finish"].changes | {"reward_weights": weights}


def test_stages_come_back_from_what_is_written() -> None:
    config = load_config(ROBUST)
    assert config_from_dict(parse_value(dump_config(config), "test"), "test") == config
    assert list(config.stages) == ["follow", "learn", "finish"]


def test_stages_that_the_extended_file_has_not_replace_all_of_its_own(tmp_path: Path) -> None:
    assert list(load_config(STANDARD).stages) == ["follow", "walk", "settle", "polish"]
    heir = tmp_path / "heir.yaml"
    heir.write_text(f"extends: {STANDARD}\nstages:\n  follow:\n    until: 9\n  rest: {{}}\n")
    stages = load_config(heir).stages
    assert list(stages) == ["follow", "rest"]
    assert stages["follow"].changes == {}
    heir.write_text(f"extends: {STANDARD}\nstages:\n  follow:\n    until: 9\n")
    stages = load_config(heir).stages
    assert list(stages) == ["follow", "walk", "settle", "polish"]
    assert stages["follow"].changes == load_config(STANDARD).stages["follow"].changes


def test_an_heir_can_have_its_stages_end_by_iteration_alone(tmp_path: Path) -> None:
    heir = tmp_path / "heir.yaml"
    heir.write_text(f"extends: {STANDARD}\nstages:\n  walk:\n    once: null\n")
    stages = load_config(heir).stages
    assert stages["walk"].once == {}
    assert stages["follow"].once == load_config(STANDARD).stages["follow"].once != {}
    amp = load_config(CONFIGS / "wildrobot_walk_amp.yaml").stages
    assert not any(stage.once for stage in amp.values())  # style takes longer than walking


def test_the_recipe_for_rough_ground_is_the_robust_one_on_other_ground() -> None:
    ours, theirs = load_config(ROUGH), load_config(ROBUST)
    assert list(ours.stages) == list(theirs.stages)
    for stage, base in theirs.stages.items():
        own = ours.stages[stage]
        assert own.until == base.until
        assert {key: value for key, value in own.changes.items() if key != "domain_randomization"} == {
            key: value for key, value in base.changes.items() if key != "domain_randomization"
        }
    assert ours.env.terrain == "mixed"
    assert ours.trainer.curriculum.terrain < theirs.trainer.curriculum.terrain == 1.0
    drawn = ours.domain_randomization
    assert (drawn.payload[1] >= 0.5, drawn.weak_leg[1] >= 0.15, drawn.push_force[1] >= 15.0) == (True, True, True)


def test_steering_pays_for_turning_and_for_whole_feet_from_the_start_and_for_obedience_once_it_walks() -> None:
    stages = stages_of(load_config(CONFIGS / "wildrobot_steer.yaml"))
    assert [stage.name for stage in stages] == ["follow", "walk", "settle", "polish"]
    follow, walk, settle, polish = (stage.config for stage in stages)
    base = load_config(STANDARD).reward_weights
    for term in ("yaw_tracking", "yaw_progress", "gait_contact", "swing_clearance"):
        assert follow.reward_weights[term] > base[term], term
    assert settle.reward_weights["velocity_progress"] > walk.reward_weights["velocity_progress"]
    assert settle.env.commands.single_share > walk.env.commands.single_share
    assert polish.trainer.gamma > settle.trainer.gamma
    assert polish.reward_weights["fall"] < 0


def test_the_last_quarter_of_a_run_of_any_length_acts_with_less_noise_and_steers_more_exactly() -> None:
    for iterations in (280, 650):
        *_, settle, polish = stages_of(load_config(STANDARD, [f"num_iterations={iterations}"]))
        assert polish.start == settle.end == round(0.75 * iterations)
        assert polish.config.trainer.exploration < settle.config.trainer.exploration == 1.0
        assert polish.config.reward_weights["yaw_progress"] > settle.config.reward_weights["yaw_progress"]
    for name, iterations in (("walk_amp", 320), ("walk_like", 400)):
        stages = stages_of(load_config(CONFIGS / f"wildrobot_{name}.yaml", [f"num_iterations={iterations}"]))
        assert {stage.config.trainer.exploration for stage in stages} == {1.0}


def test_a_stage_of_another_robot_is_scaled(tmp_path: Path) -> None:
    robot = second_body(tmp_path / "second")
    scale = scale_of(load_robot(robot))
    scaled, unit = (load_config(ROBUST, each).stages for each in ([f"robot={robot}"], []))
    ours, theirs = (stages["finish"].changes for stages in (scaled, unit))
    speeds = theirs["env"]["commands"]["forward"]
    assert ours["env"]["commands"]["forward"] == pytest.approx([scale.pace * x for x in speeds], rel=1e-5)
    assert ours["reward_weights"] == theirs["reward_weights"]
    assert scaled["learn"].until == 600


def test_what_ends_a_stage_is_a_term_that_is_there() -> None:
    config = load_config(ROBUST, ["stages.learn.once.gait_contct=0.8", "num_envs=16"])
    with pytest.raises(UserError, match=r"stages\.learn\.once\.gait_contct, did you mean gait_contact\?"):
        make_trainer(config)
