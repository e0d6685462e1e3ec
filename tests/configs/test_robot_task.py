"""What a robot's own `task:` says stands in place of the shipped files' scaled values, and under everything else."""

from pathlib import Path

import pytest
import yaml
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.configs.robot_task import with_task
from playground_amp.errors import UserError
from playground_amp.paths import CONFIGS, ROBUST, STANDARD

WALK_AMP = CONFIGS / "wildrobot_walk_amp.yaml"


def robot_with(folder: Path, task: dict) -> str:
    """The second body with a task of its own."""
    robot = second_body(folder)
    file = folder / "robot.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"task": task}))
    return robot


def test_own_values_stand_in_place_of_scaled_ones(tmp_path: Path) -> None:
    task = {"env": {"action_scale": 0.123, "commands": {"forward": [-0.05, 0.21]}}, "reward_weights": {"torque": -1.0}}
    robot = robot_with(tmp_path, task)
    config = load_config(STANDARD, [f"robot={robot}"])
    assert (config.env.action_scale, config.env.commands.forward) == (0.123, (-0.05, 0.21))
    assert config.reward_weights["torque"] == -1.0
    assert config.env.commands.standing_share == load_config(STANDARD).env.commands.standing_share


def test_they_hold_where_a_file_or_its_stages_change_the_key(tmp_path: Path) -> None:
    robot = robot_with(tmp_path, {"env": {"commands": {"forward": [-0.05, 0.21]}}})
    config = load_config(ROBUST, [f"robot={robot}"])
    assert config.env.commands.forward == (-0.05, 0.21)
    assert config.stages["finish"].changes["env"]["commands"]["forward"] == [-0.05, 0.21]
    assert config.env.commands.single_share == load_config(ROBUST).env.commands.single_share


def test_a_persons_file_and_what_is_set_win(tmp_path: Path) -> None:
    robot = robot_with(tmp_path / "robot", {"env": {"action_scale": 0.123, "fall_height": 0.05}})
    own = tmp_path / "mine.yaml"
    own.write_text(f"extends: {STANDARD}\nrobot: {robot}\nenv:\n  action_scale: 0.2\n")
    config = load_config(own, ["env.fall_height=0.07"])
    assert (config.env.action_scale, config.env.fall_height) == (0.2, 0.07)


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    robot = robot_with(tmp_path, {"env": {"acton_scale": 0.1}})
    with pytest.raises(UserError, match=r"robot\.yaml: task: .*acton_scale.*action_scale"):
        load_config(STANDARD, [f"robot={robot}"])


def test_a_file_that_extends_another_gets_only_the_keys_it_names() -> None:
    data = {"env": {"a": 1}, "stages": {"last": {"until": 2, "changes": {"env": {"b": 3}}}}}
    assert with_task(data, {"env": {"a": 5, "b": 6, "c": 7}}, whole=False) == {
        "env": {"a": 5},
        "stages": {"last": {"until": 2, "changes": {"env": {"b": 6}}}},
    }


def test_what_a_robot_has_in_a_stage_stands_in_place_of_what_it_has_throughout(tmp_path: Path) -> None:
    stages = {"polish": {"changes": {"reward_weights": {"yaw_tracking": 3.0, "power": -0.06}}}}
    robot = robot_with(tmp_path, {"reward_weights": {"yaw_tracking": 1.5, "yaw_progress": 1.0}, "stages": stages})
    polish = load_config(STANDARD, [f"robot={robot}"]).stages["polish"].changes["reward_weights"]
    assert polish == {"yaw_tracking": 3.0, "yaw_progress": 1.0, "power": -0.06}


def test_another_recipe_pays_as_it_says_for_the_robot_too(tmp_path: Path) -> None:
    settle = {"changes": {"reward_weights": {"power": -0.14, "velocity_tracking": 4.5, "torque": -0.2}}}
    robot = robot_with(tmp_path, {"reward_weights": {"yaw_tracking": 1.5}, "stages": {"settle": settle}})
    walks, own = load_config(WALK_AMP), load_config(WALK_AMP, [f"robot={robot}"])
    assert own.reward_weights["yaw_tracking"] == walks.reward_weights["yaw_tracking"]
    shipped, prior = (each.stages["settle"].changes["reward_weights"] for each in (walks, own))
    for name in ("power", "velocity_tracking", "yaw_tracking"):
        assert prior[name] == shipped[name]
    assert prior["torque"] == -0.2, "what the recipe does not name stays the robot's"
