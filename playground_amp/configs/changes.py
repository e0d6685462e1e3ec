"""The one way to change a configuration that is loaded already."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playground_amp.configs.fields import Section
from playground_amp.configs.inheritance import EXTENDS
from playground_amp.configs.loader import config_from_dict, read_for_robot
from playground_amp.configs.overrides import Override, apply, from_set, leaves
from playground_amp.configs.schema import Config

_GIVEN = ("env", "trainer")  # sections in which what is given wins over a file that makes another task of one


def changed(config: Config, changes: Mapping[str, object], source: str = "the changed configuration") -> Config:
    """The configuration with other values by dotted key, validated anew: `changed(config, {"env.terrain": "rough"})`.

    A key may be a section's, with a whole section as its value. `source` says who asks for it, for the error.

    Raises:
        UserError: one sentence a line, for everything that is wrong with the result.
    """
    overrides = [Override(tuple(key.split(".")), _plain(value), source) for key, value in changes.items()]
    return config_from_dict(apply(config.model_dump(mode="json"), overrides), source)


def changed_by_file(config: Config, path: Path, given: Sequence[str] = ()) -> Config:
    """The configuration with what stands in a file itself, not in the one that it extends.

    Args:
        config: what is changed.
        path: the file.
        given: `key=value` as after `--set`, which the configuration has already. How robots are simulated and how they
            learn stays as given; what is paid for is the file's.

    Raises:
        UserError: as `changed`, or the file cannot be read.
    """
    data = read_for_robot(config.robot, path)
    own = {name: value for name, value in data.items() if name != EXTENDS}
    kept = {each.path for each in from_set(given, config.model_dump(mode="json")) if each.path[0] in _GIVEN}
    return changed(config, {".".join(key): value for key, value in leaves(own) if key not in kept}, str(path))


def _plain(value: object) -> object:
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple) else value
