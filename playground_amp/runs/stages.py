"""The stages of a run: which configuration is in force when."""

from typing import NamedTuple

from playground_amp.configs.changes import changed
from playground_amp.configs.overrides import leaves
from playground_amp.configs.schema import Config
from playground_amp.configs.stages import ends_in_order


class Stage(NamedTuple):
    """A stretch of a run under one configuration, from the iteration after `start` to `end`."""

    name: str  # "" for a run that has one only
    start: int
    end: int
    config: Config


def stages_of(config: Config, done: int = 0) -> list[Stage]:
    """The stages of a run that are not over after `done` iterations, in order; the last one if all are over.

    Each is configured as the one before with exactly the changes it lists. A run that ends before a stage begins
    never comes to it.
    """
    total = config.trainer.num_iterations
    stages, start = [], 0
    for name, end in ends_in_order(config.stages, total) or [("", total)]:
        if name:
            changes = {".".join(path): value for path, value in leaves(config.stages[name].changes)}
            config = changed(config, changes, f"stages.{name}")
        if start < end:
            stages.append(Stage(name, start, end, config))
        start = end
    if len(stages) == 1:
        stages = [stages[0]._replace(name="")]
    return [stage for stage in stages if stage.end > done] or stages[-1:]


def config_at(config: Config, iteration: int) -> Config:
    """The configuration in force in an iteration, counted from 1; of one beyond the end, that of the end."""
    return stages_of(config, max(iteration, 1) - 1)[0].config
