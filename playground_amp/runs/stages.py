"""The stages of a run: which configuration is in force when."""

from collections.abc import Mapping
from typing import NamedTuple

from playground_amp.configs.changes import changed
from playground_amp.configs.overrides import leaves
from playground_amp.configs.schema import Config
from playground_amp.configs.stages import ends_in_order
from playground_amp.runs.abilities import IN_A_ROW


class Stage(NamedTuple):
    """A stretch of a run under one configuration, from the iteration after `start` to `end`."""

    name: str  # "" for a run that has one only
    start: int
    end: int
    config: Config
    once: Mapping[str, float]  # what ends it sooner


def stages_of(config: Config, done: int = 0, early: Mapping[str, int] | None = None) -> list[Stage]:
    """The stages of a run that are not over after `done` iterations, in order; the last one if all are over.

    Each is configured as the one before with exactly the changes it lists. A run that ends before a stage begins
    never comes to it. `early`: the last iterations of stages that have ended before their `until`.
    """
    total = config.trainer.num_iterations
    ends = ends_in_order(config.stages, total, early) or [("", total)]
    starts = [0, *(end for _, end in ends)]
    stages = [
        Stage(name, start, end, staged, config.stages[name].once if name else {})
        for (name, end), start, staged in zip(ends, starts, whole_stages(config), strict=False)
        if start < end
    ]
    if len(stages) == 1 and not (stages[0].once and total > IN_A_ROW):
        stages = [stages[0]._replace(name="")]
    return [stage for stage in stages if stage.end > done] or stages[-1:]


def config_at(config: Config, iteration: int, early: Mapping[str, int] | None = None) -> Config:
    """The configuration in force in an iteration, counted from 1; of one beyond the end, that of the end."""
    return stages_of(config, max(iteration, 1) - 1, early)[0].config


def whole_stages(config: Config) -> list[Config]:
    """The configurations of all stages in order, also of those that a run of that length never comes to."""
    staged = [config]
    for name, _ in ends_in_order(config.stages, config.trainer.num_iterations):
        changes = {".".join(path): value for path, value in leaves(config.stages[name].changes)}
        staged.append(changed(staged[-1], changes, f"stages.{name}"))
    return staged[1:] or staged
