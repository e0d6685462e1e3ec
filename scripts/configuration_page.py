"""Writes docs/configuration.md from the schema and the default YAML: `make docs`."""

import inspect
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from playground_amp.configs.fields import Section
from playground_amp.configs.schema import Config
from playground_amp.files import write_atomically
from playground_amp.yaml_text import read_yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "configuration.md"
DEFAULT = ROOT / "playground_amp" / "configs" / "wildrobot_phase3_training.yaml"
HEAD = """# Configuration

<!-- made by scripts/configuration_page.py: change the schema (playground_amp/configs/), then run `make docs` -->

Everything a run depends on stands in one YAML file, by default `playground_amp/configs/wildrobot_phase3_training.yaml`.
`--config` names another one, `--set env.commands.forward='[0, 0.6]'` overrides a key, by its dotted name or as short as
is unique, and the flags of `train.py` override theirs. The later wins: file, `quick_verify` (with `--verify`), `--set`,
flags. A key that is unknown, of the wrong type or out of its bounds ends the program before anything is compiled, in
one sentence that names it. `wildrobot train --print-config` shows what came of it all. Units: m, s, rad, N, N·m; for
another robot than WildRobot the defaults below are scaled to its size ([robots](robots.md)), a file of your own and
`--set` are taken as they are.

A file of your own need only say what differs from another one beside it, or from one that ships:

    extends: wildrobot_phase3_training.yaml
    env:
      commands: {forward: [0.0, 0.6]}
    stages:
      settle: {changes: {reward_weights: {torque: -0.06}}}

What a stage of that file changes it still changes, unless yours names the stage, as here; `--set` and flags hold in all
of them.

[Recipes](recipes.md) tell what to change for what; [stages](runs.md#stages), how a run changes its configuration on the
way; [how it works](how_it_works.md), what an episode, a reward term, a policy and the gait's clock are.
"""
_TYPES = {bool: "true or false", int: "whole number", float: "number", str: "text"}
_BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def page() -> str:
    """The page as Markdown."""
    return HEAD + "\n" + "\n".join(_sections(Config, read_yaml(DEFAULT), ""))


def _sections(section: type[Section], values: dict[str, Any], prefix: str) -> Iterator[str]:
    """A section's table, then the sections within it."""
    keys = {name: field for name, field in section.model_fields.items() if _inner(field) is None}
    if prefix:
        yield f"## `{prefix}`\n\n{inspect.cleandoc(section.__doc__ or '')}\n"
    if keys:
        yield "| key | value | default | meaning |\n|---|---|---|---|"
        for name, field in keys.items():
            cells = (f"`{name}`", _allowed(field), _default(values.get(name, field.default)), field.description or "")
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
    for name, field in section.model_fields.items():
        if inner := _inner(field):
            yield from _sections(inner, values[name], f"{prefix}.{name}" if prefix else name)


def _inner(field: FieldInfo) -> type[Section] | None:
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _allowed(field: FieldInfo) -> str:
    """Type and bounds in words, such as `number, > 0, ≤ 0.01`."""
    return ", ".join([_type(field.annotation), *_bounds(field.metadata)])


def _type(annotation: Any) -> str:
    if get_origin(annotation) is typing.Annotated:
        inner, *metadata = get_args(annotation)
        return ", ".join([_type(inner), *_bounds(metadata)])
    if get_origin(annotation) is Literal:
        return " ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _type(part) for part in get_args(annotation))
    if get_origin(annotation) is tuple:
        first, *rest = get_args(annotation)
        kind = "list" if rest == [...] else "[low, high]"
        bounds = _type(first).removeprefix(_TYPES[float]).removeprefix(_TYPES[int]).strip(", ")
        return f"{kind}, each {bounds}" if bounds else kind
    if get_origin(annotation) is dict:
        return "names and values"
    return _TYPES[annotation]


def _bounds(metadata: list[Any]) -> list[str]:
    parts = [part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else [each])]
    found = [f"{sign} {getattr(part, name)}" for part in parts for name, sign in _BOUNDS.items() if hasattr(part, name)]
    return list(dict.fromkeys(found))


def _default(value: Any) -> str:
    """As it stands in the YAML; a table of its own values (the reward weights) stands on another page."""
    if isinstance(value, dict) and value:
        return "[rewards](rewards.md)" if all(isinstance(each, float) for each in value.values()) else "see the file"
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
    print(PAGE)
