"""The keys of the configuration by dotted path: which there are, and which one was probably meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from playground_amp.configs.schema import Config, Section

_CALLED_ELSEWHERE = {
    "learning_rate": "trainer.lr",
    "discounting": "trainer.gamma",
    "discount": "trainer.gamma",
    "lam": "trainer.gae_lambda",
    "lambda": "trainer.gae_lambda",
    "clip_range": "trainer.clip_epsilon",
    "clip_param": "trainer.clip_epsilon",
    "ent_coef": "trainer.entropy_cost",
    "vf_coef": "trainer.value_loss_weight",
    "max_iterations": "trainer.num_iterations",
    "num_learning_epochs": "trainer.num_epochs",
    "num_updates_per_batch": "trainer.num_epochs",
    "num_steps_per_env": "trainer.rollout_steps",
    "n_steps": "trainer.rollout_steps",
    "unroll_length": "trainer.rollout_steps",
    "n_envs": "trainer.num_envs",
    "output_dir": "trainer.checkpoint_dir",
    "log_dir": "trainer.checkpoint_dir",
    "init_noise_std": "trainer.init_std",
}
"""What other programs call a key, where spelling does not lead to it."""


def section_at(path: Sequence[str]) -> type[Section] | None:
    """The section at a path, the whole configuration at (); None if there is no section."""
    section: type[Section] | None = Config
    names = iter(path)
    for name in names:
        if (named := _section_of_each(section, name)) and next(names, None) is not None:
            section = named
        elif (section := _section_of(section, name)) is None:
            return None
    return section


def _section_of(section: type[Section], name: str) -> type[Section] | None:
    annotation: Any = section.model_fields[name].annotation if name in section.model_fields else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _section_of_each(section: type[Section], name: str) -> type[Section] | None:
    """The section of every entry, where a key holds sections by names of the user's own, as `stages` does."""
    annotation: Any = section.model_fields[name].annotation if name in section.model_fields else None
    entry = get_args(annotation)[1] if get_origin(annotation) is dict else None
    return entry if isinstance(entry, type) and issubclass(entry, Section) else None


def field_at(path: Sequence[str]) -> FieldInfo | None:
    """The schema's field at a path; None if there is none."""
    section = section_at(path[:-1])
    return section.model_fields.get(path[-1]) if section else None


def leaf_keys(section: type[Section] = Config, prefix: str = "") -> list[str]:
    """Dotted paths of all keys that hold a value rather than a section."""
    keys: list[str] = []
    for name in section.model_fields:
        inner = _section_of(section, name)
        keys += leaf_keys(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return keys


def nearest_key(path: Sequence[str]) -> str | None:
    """The known key that an unknown path most probably means: so named elsewhere, near in its section, or anywhere."""
    *parents, name = path
    if name in _CALLED_ELSEWHERE:
        return _CALLED_ELSEWHERE[name]
    known = leaf_keys()
    by_leaf = {key.rsplit(".", 1)[-1]: key for key in known}
    if parents and name in by_leaf:
        return by_leaf[name]
    section = section_at(parents)
    if section is not None and (close := nearest(name, section.model_fields)):
        return ".".join([*parents, close])
    if parents and (close := nearest(".".join(path), known)):
        return close
    close = nearest(name, by_leaf)
    return by_leaf[close] if close else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def describe_unknown_key(path: Sequence[str], prefix: str = "") -> str:
    """One sentence: the key is unknown, the nearest known one, and those allowed at its place."""
    parents = list(path[:-1])
    while section_at(parents) is None:
        parents.pop()
    section = section_at(parents)
    assert section is not None
    suggestion = nearest_key(path)
    meant = f", did you mean {prefix}{suggestion}?" if suggestion else ";"
    place = f"the keys of {'.'.join(parents)}" if parents else "the sections"
    return f"unknown key {prefix}{'.'.join(path)}{meant} {place} are {', '.join(section.model_fields)}"
