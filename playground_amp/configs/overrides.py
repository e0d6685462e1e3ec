"""Values that replace those of the file: `quick_verify:`, `--set` and command-line flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground_amp.configs.keys import describe_unknown_key, leaf_keys, section_at
from playground_amp.errors import UserError
from playground_amp.yaml_text import parse_value


@dataclass(frozen=True)
class Override:
    """A value for one key, and where it was given."""

    path: tuple[str, ...]
    value: Any
    source: str
    prefix: str = ""


def apply(data: dict[str, Any], overrides: Sequence[Override]) -> dict[str, Any]:
    """A copy of plain configuration data with the overrides put in, the last one winning."""
    for override in overrides:
        data = _with_value(data, override.path, override.value)
    return data


def _with_value(data: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**data, name: value}
    inner = data.get(name, {})
    if not isinstance(inner, dict):  # the file is wrong here, and validation will say so
        return data
    return {**data, name: _with_value(inner, tuple(rest), value)}


def from_flags(flags: Mapping[str, Any], names: Mapping[str, str]) -> list[Override]:
    """Overrides from flags by dotted key; `names` gives the flag as the user typed it."""
    return [
        Override(tuple(key.split(".")), value, f"{names[key]} {value}" if key in names else "command line")
        for key, value in flags.items()
    ]


def from_quick_verify(data: Mapping[str, Any], source: str) -> list[Override]:
    """The section `quick_verify:` flattened to one override a key."""
    section = data.get("quick_verify")
    if not isinstance(section, dict):
        return []
    if "quick_verify" in section:
        raise UserError(f"{source}: quick_verify must not hold itself: it lists the other sections' keys")
    sections = {name: values for name, values in section.items() if isinstance(values, dict)}  # others are reported
    return _flatten(sections, (), source)


def _flatten(values: dict[str, Any], path: tuple[str, ...], source: str) -> list[Override]:
    overrides: list[Override] = []
    for name, value in values.items():
        inner = (*path, name)
        is_mapping = inner == ("reward_weights",) or section_at(inner) is not None
        if is_mapping and isinstance(value, dict):
            overrides += _flatten(value, inner, source)
        else:
            overrides.append(Override(inner, value, source, "quick_verify."))
    return overrides


def from_set(assignments: Sequence[str], data: Mapping[str, Any]) -> list[Override]:
    """Overrides from `--set key=value`; `data` is the file, whose reward terms are known keys too."""
    weights = data.get("reward_weights")
    known = leaf_keys() + [f"reward_weights.{term}" for term in (weights if isinstance(weights, dict) else ())]
    return [_from_assignment(text, known) for text in assignments]


def _from_assignment(text: str, known: Sequence[str]) -> Override:
    source = f"--set {text}" if len(text) <= 80 else f"--set {text[:79]}…"
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise UserError(f"{source}: must have the form key=value, for example --set trainer.lr=0.001")
    path = _find_key(key, known, source)
    if path[0] == "quick_verify":
        raise UserError(
            f"{source}: quick_verify cannot be set; with --verify, set the key itself, such as trainer.num_envs"
        )
    return Override(path, parse_value(value, source), source)


def _find_key(key: str, known: Sequence[str], source: str) -> tuple[str, ...]:
    path = tuple(key.split("."))
    new_reward_term = len(path) == 2 and path[0] == "reward_weights" and path[1] != ""
    if key in known or new_reward_term or path[0] == "quick_verify":
        return path
    if section := section_at(path):
        raise UserError(f"{source}: {key} is a section; set one of its keys: {', '.join(section.model_fields)}")
    matches = [candidate for candidate in known if candidate.endswith(f".{key}")]
    if len(matches) > 1:
        raise UserError(f"{source}: {key} is ambiguous; write one of {', '.join(matches)}")
    if not matches:
        raise UserError(f"{source}: {describe_unknown_key(path)}")
    return tuple(matches[0].split("."))
