"""Reading and writing YAML as this project means it: numbers are decimal, a key appears once, keys are names."""

import os
import re
from collections.abc import Hashable
from pathlib import Path

import yaml

from playground_amp.errors import UserError
from playground_amp.files import is_missing, read_input
from playground_amp.untyped import Plain

_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MOST_VALUES = 100_000  # in a file
_YAML_1_2_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_DECIMAL = re.compile(r"^[-+]?[0-9]+$")  # 010 is ten, 0x10 and 1_000 and 1:40 are text
_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_INT, _FLOAT, _TIMESTAMP)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first in "-+0123456789.":
    _RESOLVERS.setdefault(_first, []).extend([(_INT, _DECIMAL), (_FLOAT, _YAML_1_2_FLOAT)])


class _Loader(yaml.SafeLoader):
    """Safe YAML with decimal whole numbers, the floats of YAML 1.2, without dates, and without repeated keys."""

    yaml_implicit_resolvers = _RESOLVERS

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not a name", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} appears twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_decimal(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_scalar(node))


_Loader.add_constructor(_INT, _Loader.construct_decimal)


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads back as the same value: text that looks like a number is quoted."""

    yaml_implicit_resolvers = _RESOLVERS

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)


def read_yaml(path: Path) -> dict[str, Plain]:
    """Reads a file that holds one mapping. Raises UserError, with the line where there is one."""
    if is_missing(path):
        raise UserError(f"there is no configuration file {path}")
    if os.path.isdir(path):
        raise UserError(f"{path} is a folder: a configuration file (YAML) is needed")
    data = _load(read_input(path, "the configuration file"), str(path))
    if data is None:
        raise UserError(f"the configuration file {path} is empty")
    if not isinstance(data, dict):
        raise UserError(f"{path} must hold sections (`env:`, `trainer:`, …), found {type(data).__name__}")
    return data


def parse_value(text: str, source: str) -> Plain:
    """Reads one YAML value, such as `0.001`, `true` or `[1, 2]`; `source` names it in a UserError."""
    return _load(text, source)


def write_yaml(data: dict[str, object]) -> str:
    """YAML text of plain dicts, lists, numbers and strings, in their order, that reads back equal."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=120)


def _load(content: bytes | str, source: str) -> Plain:
    try:
        return _modest(yaml.load(content, _Loader), source)
    except RecursionError:
        raise UserError(f"{source} is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{source}{line}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{source} is not YAML: {reason}") from None


def _modest(data: Plain, source: str) -> Plain:
    """`data`, unless aliases make a few lines into more than anybody configures."""
    values, unseen = 0, [data]
    while unseen:
        value = unseen.pop()
        values += 1
        if values > _MOST_VALUES:
            raise UserError(f"{source} holds more than {_MOST_VALUES:,} values, aliases (*name) counted each time")
        if isinstance(value, list):
            unseen += value
        elif isinstance(value, dict):
            unseen += value.values()
    return data
