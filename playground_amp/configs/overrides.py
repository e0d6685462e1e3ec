"""Values that replace those of the file: `quick_verify:`, `--set` and command-line flags."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from playground_amp.configs.keys import describe_unknown_key, leaf_keys, section_at
from playground_amp.errors import UserError
from playground_amp.untyped import Plain
from playground_amp.yaml_text import parse_value


@dataclass(frozen=True)
class Override:
    """A value for one key, and where it was given."""

    path: tuple[str, ...]
    value: object
    source: str
    prefix: str = ""


def apply(data: dict[str, Plain], overrides: Sequence[Override]) -> dict[str, Plain]:
    """A copy of plain configuration data with the overrides put in, the last one winning."""
    for override in overrides:
        data = _with_value(data, override.path, override.value)
    return data


def _with_value(data: dict[str, Plain], path: tuple[str, ...], value: object) -> dict[str, Plain]:
    name, *rest = path
    if not rest:
        return {**data, name: value}
    inner = data.get(name, {})
    if not isinstance(inner, dict):  # the file is wrong here, and validation will say so
        return data
    return {**data, name: _with_value(inner, tuple(rest), value)}


def from_flags(flags: Mapping[str, Plain], names: Mapping[str, str]) -> list[Override]:
    """Overrides from flags by dotted key; `names` gives the flag as the user typed it."""
    return [
        Override(tuple(key.split(".")), value, f"{names[key]} {value}" if key in names else "command line")
        for key, value in flags.items()
    ]


def from_quick_verify(data: Mapping[str, Plain], source: str) -> list[Override]:
    """The section `quick_verify:` flattened to one override a key."""
    section = data.get("quick_verify")
    if not isinstance(section, dict):
        return []
    if "quick_verify" in section:
        raise UserError(f"{source}: quick_verify must not hold itself: it lists the other sections' keys")
    sections = {name: values for name, values in section.items() if isinstance(values, dict)}  # others are reported
    return [Override(path, value, source, "quick_verify.") for path, value in leaves(sections)]


def from_stage(name: str, changes: Mapping[str, Plain], source: str) -> list[Override]:
    """The changes of a stage flattened to one override a key."""
    return [Override(path, value, source, f"stages.{name}.changes.") for path, value in leaves(changes)]


def leaves(values: Mapping[str, Plain], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Path and value of every key in a part of a configuration."""
    for name, value in values.items():
        inner = (*path, name)
        is_mapping = inner == ("reward_weights",) or section_at(inner) is not None
        if is_mapping and isinstance(value, dict):
            yield from leaves(value, inner)
        else:
            yield inner, value


def holding_throughout(data: dict[str, Plain], given: Sequence[Override]) -> dict[str, Plain]:
    """Plain configuration data whose stages leave alone what was given besides: that holds in all of them."""
    stages = data.get("stages")
    if not isinstance(stages, dict):
        return data
    dropped = {override.path for override in given}
    return {**data, "stages": {name: _without(stage, dropped) for name, stage in stages.items()}}


def _without(stage: object, dropped: Set[tuple[str, ...]]) -> object:
    """A stage whose changes name no dropped path; what is no stage is left for the validation."""
    if not isinstance(stage, dict) or not isinstance(stage.get("changes"), dict):
        return stage

    def kept(values: dict[str, Plain], path: tuple[str, ...]) -> dict[str, Plain]:
        inner = {name: value for name, value in values.items() if (*path, name) not in dropped}
        return {name: kept(each, (*path, name)) if isinstance(each, dict) else each for name, each in inner.items()}

    return {**stage, "changes": kept(stage["changes"], ())}


def from_set(assignments: Sequence[str], data: Mapping[str, Plain]) -> list[Override]:
    """Overrides from `--set key=value`; `data` is the file, whose reward terms and stages are known keys too."""
    own = [f"reward_weights.{term}" for term in _names(data, "reward_weights")]
    own += [f"stages.{stage}.{key}" for stage in _names(data, "stages") for key in ("until", "once")]
    known = leaf_keys() + own
    return [_from_assignment(text, known) for text in assignments]


def _names(data: Mapping[str, Plain], section: str) -> list[str]:
    """The names in a section that knows names of the user's own; what is no section is left for the validation."""
    return list(data[section]) if isinstance(data.get(section), dict) else []


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
    stages = list(dict.fromkeys(each.split(".")[1] for each in known if each.startswith("stages.")))
    if path[0] == "stages" and path[1] not in stages:
        raise UserError(f"{source}: there is no stage {path[1]}; the stages are {', '.join(stages) or 'none'}")
    match path:
        case ("stages", _, "changes", *changed) if changed:
            return (*path[:3], *_find_key(".".join(changed), known, source))
        case ("stages", _, "once", _):
            return path
    if section := section_at(path):
        raise UserError(f"{source}: {key} is a section; set one of its keys: {', '.join(section.model_fields)}")
    matches = [candidate for candidate in known if candidate.endswith(f".{key}")]
    if len(matches) > 1:
        raise UserError(f"{source}: {key} is ambiguous; write one of {', '.join(matches)}")
    if not matches:
        raise UserError(f"{source}: {describe_unknown_key(path)}")
    return tuple(matches[0].split("."))
