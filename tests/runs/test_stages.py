"""Which configuration is in force when, and a run that goes from stage to stage as if it had been several commands."""

import signal
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import pytest
from fake_trainer import FakeOutput, FakeState, FakeTrainer, fake_config
from test_loop import end_of, lines, stop_at, train

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.learning.build import make_trainer
from playground_amp.learning.iteration import Trainer
from playground_amp.paths import ROBUST
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.contents import state_path
from playground_amp.runs.folder import list_stages
from playground_amp.runs.loop import run
from playground_amp.runs.manifest import differing_keys
from playground_amp.runs.stages import config_at, stages_of
from playground_amp.runs.state import read_state

STAGES = (
    "stages={a: {until: 3}, b: {until: 5, changes: {trainer: {lr: 0.0005}}}, c: {changes: {env: {terrain: rough}}}}"
)


def test_each_stage_is_the_one_before_with_exactly_its_changes() -> None:
    config = fake_config("run", STAGES)
    first, second, third = stages_of(config)
    assert [(each.name, each.start, each.end) for each in (first, second, third)] == [
        ("a", 0, 3),
        ("b", 3, 5),
        ("c", 5, 8),
    ]
    plain = [each.config.model_dump(mode="json") for each in (first, second, third)]
    assert first.config == config
    assert differing_keys(plain[0], plain[1]) == ["trainer.lr"]
    assert differing_keys(plain[1], plain[2]) == ["env.terrain"]
    assert [config_at(config, at).trainer.lr for at in (0, 1, 3, 4, 8, 99)] == [0.0003] * 3 + [0.0005] * 3
    # What is in force knows the stages too, and what comes after it.
    assert config_at(third.config, 4) == changed(second.config, {"env.terrain": "rough"})
    assert config_at(second.config, 8) == third.config


def test_stages_that_are_over_or_never_reached_are_left_out() -> None:
    config = fake_config("run", STAGES)
    assert [stage.name for stage in stages_of(config, done=3)] == ["b", "c"]
    assert [stage.name for stage in stages_of(config, done=8)] == ["c"]
    short = fake_config("run", STAGES, "trainer.num_iterations=4")
    assert [(stage.name, stage.end) for stage in stages_of(short)] == [("a", 3), ("b", 4)]
    assert [(stage.name, stage.end) for stage in stages_of(fake_config("run"))] == [("", 8)]


def test_a_run_goes_from_stage_to_stage_and_the_folder_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = train(tmp_path, STAGES)
    assert result.iteration == 8
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("stage")] == [
        "stage a: iterations 1 to 3",
        "stage b: iterations 4 to 5",
        "stage c: iterations 6 to 8",
    ]
    ends = {end: load_config(path) for end, path in list_stages(tmp_path).items()}
    config = fake_config(tmp_path, STAGES)
    assert ends == {3: config_at(config, 3), 5: config_at(config, 5)}
    assert load_config(tmp_path / "config.yaml") == config
    assert read_policy(tmp_path / "final_iter_8.pkl").config == config_at(config, 8)
    assert read_state(state_path(tmp_path, 8)).manifest.config["env"]["terrain"] == "rough"


@pytest.mark.parametrize("iteration", range(1, 9))
def test_a_run_that_is_stopped_in_any_stage_goes_on_in_it(tmp_path: Path, iteration: int) -> None:
    train(tmp_path / "whole", STAGES)
    cut = tmp_path / "cut"
    train(cut, STAGES, trainer=stop_at(iteration, signal.SIGTERM))
    train(cut, STAGES, resume=cut)
    assert lines(cut) == lines(tmp_path / "whole")
    assert end_of(cut) == end_of(tmp_path / "whole")
    kept, expected = (
        {end: load_config(path, [f"trainer.checkpoint_dir={cut}"]) for end, path in list_stages(folder).items()}
        for folder in (cut, tmp_path / "whole")
    )
    assert kept == expected


def test_the_state_at_the_end_of_a_stage_is_saved_so_that_a_kill_in_the_next_loses_no_stage(tmp_path: Path) -> None:
    class Killed(FakeTrainer):
        def __init__(self, config: Config) -> None:
            if config.trainer.lr == 0.0005:
                raise KeyboardInterrupt
            super().__init__(config)

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", STAGES, trainer=Killed)
    assert read_state(state_path(tmp_path / "cut", 3)).iteration == 3
    train(tmp_path / "cut", STAGES, resume=tmp_path / "cut")
    train(tmp_path / "whole", STAGES)
    assert end_of(tmp_path / "cut") == end_of(tmp_path / "whole")


SOONER = "stages={a: {until: 30, once: {episode_length: 0.9}}, b: {changes: {trainer: {lr: 0.0005}}}}"


def able_from(iteration: int) -> type[FakeTrainer]:
    """A trainer whose robots last for a whole episode from an iteration on, but once before."""

    class Able(FakeTrainer):
        def iterate(self, state: FakeState) -> FakeOutput:
            now = int(state.iteration) + 1
            output = super().iterate(state)
            output.metrics["episode_length"] = jnp.float32(950.0 if now == 2 or now >= iteration else 100.0)
            return output

    return Able


def test_a_stage_ends_sooner_once_its_robot_can_do_what_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "run", SOONER, "num_iterations=20", trainer=able_from(5))
    said = capsys.readouterr().out
    assert (
        "stage a: iterations 1 to 20, fewer once it has episode_length at 0.9 of the most possible, 10 times in a row"
        in said
    )
    assert "stage a: it has that after iteration 14" in said
    assert "stage b: iterations 15 to 20" in said
    assert list(list_stages(tmp_path / "run")) == [14]
    records = lines(tmp_path / "run")
    assert [record.get("stage_end/a") for record in records] == [None] * 13 + [14] * 7
    assert [record["stage_proven"] for record in records[:14]] == [0, 1, 0, 0, *range(1, 11)]
    assert read_policy(tmp_path / "run" / "final_iter_20.pkl").config.trainer.lr == 0.0005
    train(tmp_path / "short", SOONER, "num_iterations=10", trainer=able_from(1))  # too short to end any sooner
    assert [record["stage_proven"] for record in lines(tmp_path / "short")] == [*range(1, 11)]
    assert not any("stage_end/" in name for record in lines(tmp_path / "short") for name in record)
    train(tmp_path / "never", SOONER, "num_iterations=35", trainer=able_from(40))
    assert list(list_stages(tmp_path / "never")) == [30]


@pytest.mark.parametrize("iteration", [1, 7, 13, 14, 15, 19])
def test_a_run_whose_stage_ends_sooner_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path, iteration: int) -> None:
    settings = [SOONER, "num_iterations=20"]
    able = able_from(5)
    train(tmp_path / "whole", *settings, trainer=able)
    stopped = type("Stopped", (able, stop_at(iteration, signal.SIGTERM)), {})
    train(tmp_path / "cut", *settings, trainer=stopped)
    train(tmp_path / "cut", *settings, trainer=able, resume=tmp_path / "cut")
    assert lines(tmp_path / "cut") == lines(tmp_path / "whole")
    assert end_of(tmp_path / "cut", 20) == end_of(tmp_path / "whole", 20)
    assert list(list_stages(tmp_path / "cut")) == list(list_stages(tmp_path / "whole")) == [14]


def cached() -> Callable[[Config], Trainer]:
    """A maker of trainers that compiles one a configuration, wherever the run is kept and however long it is."""
    trainers: dict[str, Trainer] = {}

    def make(config: Config) -> Trainer:
        same = {
            "trainer.num_iterations": 1,
            "trainer.checkpoint_dir": "unused",
            "trainer.save_interval": 1,
            "stages": {},
        }
        key = changed(config, same).model_dump_json()
        trainers[key] = trainers.get(key) or make_trainer(config)
        return trainers[key]

    return make


@pytest.mark.slow
def test_make_robust_is_one_command_with_the_bits_of_the_two_that_it_stands_for(tmp_path: Path) -> None:
    settings = ["num_envs=64", "stages.follow.until=3", "num_iterations=5"]
    make = cached()

    def folder(name: str) -> str:
        return f"checkpoint_dir={tmp_path / name}"

    whole = load_config(ROBUST, [*settings, folder("one")])
    run(whole, make, use_wandb=False)
    apart = {"trainer.checkpoint_dir": str(tmp_path / "two"), "stages": {}}
    first = changed(config_at(whole, 1), apart | {"trainer.num_iterations": 3})
    second = changed(config_at(whole, 5), apart)
    keys = differing_keys(first.model_dump(mode="json"), second.model_dump(mode="json"))
    assert "reward_weights.reference_posture" in keys
    run(first, make, use_wandb=False)
    run(second, make, use_wandb=False, resume=tmp_path / "two", override=keys)
    assert lines(tmp_path / "one") == lines(tmp_path / "two")
    assert end_of(tmp_path / "one", 5) == end_of(tmp_path / "two", 5)
    # And killed in the second stage: the same again.
    run(
        changed(whole, {"trainer.num_iterations": 4, "trainer.checkpoint_dir": str(tmp_path / "cut")}),
        make,
        use_wandb=False,
    )
    run(
        changed(whole, {"trainer.checkpoint_dir": str(tmp_path / "cut")}),
        make,
        use_wandb=False,
        resume=tmp_path / "cut",
    )
    assert end_of(tmp_path / "one", 5) == end_of(tmp_path / "cut", 5)
