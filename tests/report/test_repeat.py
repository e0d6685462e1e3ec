"""The command that repeats a run."""

import itertools
import shlex
from pathlib import Path

from made_up_runs import CONFIG, ITERATIONS, make_run

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import config_from_dict, dump_config, load_config
from playground_amp.configs.schema import Config
from playground_amp.paths import STANDARD
from playground_amp.report.facts import read_facts
from playground_amp.report.repeat import changes, repeat_command
from playground_amp.runs.stages import config_at

PHYSICS = CONFIG.physics.model_dump(mode="json")


class TestRepeating:
    def test_the_command_leads_to_the_same_configuration(self) -> None:
        data = CONFIG.model_dump(mode="json")
        data["trainer"] |= {"lr": 0.00012, "num_envs": 512, "actor_layers": [64, 64]}
        data["env"]["commands"]["forward"] = [0.0, 0.6]
        data["reward_weights"] |= {"torque": -0.5, "standing_posture": -1.0}
        config = config_from_dict(data, "the test")
        words = shlex.split(repeat_command([config]).replace("\\\n", " "))
        settings = [value for flag, value in itertools.pairwise(words) if flag == "--set"]
        assert load_config(STANDARD, settings) == config
        assert {change.key: change.value for change in changes(config)}["reward_weights.standing_posture"] == -1.0

    def test_a_run_of_two_stages_is_repeated_by_two_commands(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path)
        before = config_from_dict(
            CONFIG.model_dump(mode="json") | {"physics": {**PHYSICS, "timestep": 0.004}}, "the test"
        )
        for end in (20, ITERATIONS):  # the second one began where this policy ends
            (tmp_path / f"config_until_{end}.yaml").write_text(dump_config(before))
        facts = read_facts(checkpoint)
        assert [stage.trainer.num_iterations for stage in facts.stages] == [20]
        first, second = repeat_command([*facts.stages, facts.config]).split(" &&\n")
        assert "--set physics.timestep=0.004" in first
        assert "--set trainer.num_iterations=20" in first
        assert "--resume checkpoints/again" in second
        assert f"--set physics.timestep={CONFIG.physics.timestep}" in second
        assert second.endswith("--override physics.timestep")

    def test_a_run_with_stages_of_its_own_is_repeated_by_one_command(self) -> None:
        stages = "stages={a: {until: 3}, b: {until: 5, changes: {reward_weights: {torque: -0.5}}}, c: {}}"
        config = load_config(STANDARD, ["num_iterations=9", "alive=0.7", stages])
        gone_through = [config_at(changed(config, {"trainer.num_iterations": end}), end) for end in (3, 5, 9)]
        words = shlex.split(repeat_command(gone_through).replace("\\\n", " "))
        assert words.count("playground_amp/train.py") == 1
        assert load_config(STANDARD, [value for flag, value in itertools.pairwise(words) if flag == "--set"]) == config

    def test_so_is_one_whose_stages_ended_sooner(self) -> None:
        stages = "stages={a: {until: 30, once: {alive: 0.9}}, b: {changes: {reward_weights: {torque: -0.5}}}}"
        config = load_config(STANDARD, ["num_iterations=20", stages])
        gone_through = [changed(config_at(config, 15, {"a": 14}), {"trainer.num_iterations": end}) for end in (14, 18)]
        gone_through[0] = changed(config, {"trainer.num_iterations": 14})
        assert repeat_command(gone_through).count("playground_amp/train.py") == 1

    def test_the_default_is_changed_by_nothing(self) -> None:
        assert changes(CONFIG) == []

    def test_the_command_names_it(self, config: Config) -> None:
        (change,) = changes(config)
        assert (change.key, change.default, change.value) == ("robot", "wildrobot", config.robot)
        words = shlex.split(repeat_command([config]).replace("\\\n", " "))
        settings = [value for flag, value in itertools.pairwise(words) if flag == "--set"]
        assert load_config(STANDARD, settings) == config
