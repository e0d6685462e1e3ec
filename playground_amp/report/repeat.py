"""How to repeat a run: the command, and what in its configuration is not the default."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import standard_data
from playground_amp.configs.overrides import leaves
from playground_amp.configs.schema import Config
from playground_amp.paths import DEFAULT_ROBOT, shown_command
from playground_amp.runs.manifest import differing_keys, keys_to_override
from playground_amp.runs.stages import whole_stages

_NOT_LEARNING = ("trainer.checkpoint_dir",)  # where a run lies does not change what it learns


@dataclass(frozen=True)
class Change:
    """A key whose value is not that of the default configuration."""

    key: str
    default: object  # None: the default has no such reward term
    value: object


def changes(config: Config, before: Config | None = None) -> list[Change]:
    """What differs from a configuration, the default one if none is given, in its order.

    A reward term that was left out has the weight 0. The default of another robot than WildRobot is scaled to it.
    """
    if before is None:
        standard = Config.model_validate(standard_data(config.robot))
        before = standard.model_copy(update={"robot": DEFAULT_ROBOT})
    old, now = (dict(_leaves(each.model_dump(mode="json"))) for each in (before, config))
    keys = [key for key in dict.fromkeys([*old, *now]) if key not in _NOT_LEARNING]
    differ = {key for key in keys if old.get(key) != now.get(key, 0.0)}
    staged = {".".join(path) for stage in config.stages.values() for path, _ in leaves(stage.changes)}
    if differ & staged:  # what --set gives holds in all stages, so that these must be given too
        differ.add("stages")
    return [Change(key, old.get(key), now.get(key, 0.0)) for key in keys if key in differ]


def repeat_command(stages: Sequence[Config]) -> str:
    """The shell commands that train the same again, from the default configuration, into a folder of their own.

    `stages`: the configurations of the run one after the other, each with the iteration it trained to.
    """
    runs = _without_own_stages(stages)
    commands = [_command("--checkpoint-dir checkpoints/again", changes(runs[0]))]
    for before, config in pairwise(runs):
        keys = keys_to_override(differing_keys(before.model_dump(mode="json"), config.model_dump(mode="json")))
        override = f"--override {' '.join(keys)}"
        commands.append(_command("--resume checkpoints/again", changes(config, before), override))
    return " &&\n".join(commands)


def _without_own_stages(configs: Sequence[Config]) -> list[Config]:
    """The configurations that a person gave: without those that a run came to by its own `stages:`."""
    given = [configs[0]]
    for config in configs[1:]:
        plain = config.model_dump(mode="json")
        if all(differing_keys(own.model_dump(mode="json"), plain) for own in whole_stages(given[-1])):
            given.append(config)
        else:  # the same run, trained further
            end = {"trainer.num_iterations": config.trainer.num_iterations}
            given[-1] = changed(given[-1], end)
    return given


def _command(start: str, settings: Sequence[Change], *more: str) -> str:
    set_flags = [f"--set {shlex.quote(f'{change.key}={json.dumps(change.value)}')}" for change in settings]
    return " \\\n    ".join([shown_command("train"), start, *set_flags, *more])


def _leaves(data: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Dotted keys and values, without what only --verify reads."""
    for key, value in data.items():
        if isinstance(value, dict) and key != "stages":
            if key != "quick_verify":
                yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
