"""The one way to change a configuration that is loaded already."""

from collections.abc import Mapping
from pathlib import Path

from playground_amp.configs.fields import Section
from playground_amp.configs.inheritance import EXTENDS
from playground_amp.configs.loader import config_from_dict, read_for_robot
from playground_amp.configs.overrides import Override, apply, leaves
from playground_amp.configs.schema import Config


def changed(config: Config, changes: Mapping[str, object], source: str = "the changed configuration") -> Config:
    """The configuration with other values by dotted key, validated anew: `changed(config, {"env.terrain": "rough"})`.

    A key may be a section's, with a whole section as its value. `source` says who asks for it, for the error.

    Raises:
        UserError: one sentence a line, for everything that is wrong with the result.
    """
    overrides = [Override(tuple(key.split(".")), _plain(value), source) for key, value in changes.items()]
    return config_from_dict(apply(config.model_dump(mode="json"), overrides), source)


def changed_by_file(config: Config, path: Path) -> Config:
    """The configuration with what stands in a file itself, not in the one that it extends.

    Raises:
        UserError: as `changed`, or the file cannot be read.
    """
    data = read_for_robot(config.robot, path)
    own = {name: value for name, value in data.items() if name != EXTENDS}
    return changed(config, {".".join(key): value for key, value in leaves(own)}, str(path))


def _plain(value: object) -> object:
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple) else value
