"""How to repeat a run: the command, and what in its configuration is not the default."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground_amp.configs.loader import STANDARD
from playground_amp.configs.schema import Config
from playground_amp.configs.yaml_text import read_yaml

_NOT_LEARNING = ("trainer.checkpoint_dir",)  # where a run lies does not change what it learns


@dataclass(frozen=True)
class Change:
    """A key whose value is not that of the default configuration."""

    key: str
    default: Any  # None: the default has no such reward term
    value: Any


def changes(config: Config) -> list[Change]:
    """What differs from the default configuration, in its order; a reward term that was left out has the weight 0."""
    default = Config.model_validate(read_yaml(STANDARD)).model_dump(mode="json")
    before, now = (dict(_leaves(data)) for data in (default, config.model_dump(mode="json")))
    keys = [key for key in dict.fromkeys([*before, *now]) if key not in _NOT_LEARNING]
    return [Change(key, before.get(key), now.get(key, 0.0)) for key in keys if before.get(key) != now.get(key, 0.0)]


def repeat_command(config: Config) -> str:
    """The shell command that trains the same again, from the default configuration, into a folder of its own."""
    settings = [shlex.quote(f"{change.key}={json.dumps(change.value)}") for change in changes(config)]
    parts = ["python playground_amp/train.py", "--checkpoint-dir checkpoints/again"]
    return " \\\n    ".join([*parts, *(f"--set {setting}" for setting in settings)])


def _leaves(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values, without what only --verify reads."""
    for key, value in data.items():
        if isinstance(value, dict):
            if key != "quick_verify":
                yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
