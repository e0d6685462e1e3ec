"""A configuration file that says only what differs from another one: `extends: wildrobot_phase3_training.yaml`."""

import os
from collections.abc import Callable
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.paths import CONFIGS
from playground_amp.untyped import Plain
from playground_amp.yaml_text import read_yaml

EXTENDS = "extends"
_STAGES = "stages"


def read_with_base(
    path: Path,
    resolve: Callable[[Path, dict[str, Plain]], dict[str, Plain]] | None = None,
    heirs: tuple[Path, ...] = (),
) -> dict[str, Plain]:
    """The content of a file over that of the file it extends, if any: one beside it, else one that ships.

    Sections are merged key by key; every other value replaces that of the base whole. So do `stages:` that name one
    which the base has not: they are another run. `resolve` makes of each file's own content what is merged.

    Raises:
        UserError: a file that cannot be read, `extends` that is no file name, or files that extend each other.
    """
    data = read_yaml(path)
    base = data.pop(EXTENDS, None)
    if resolve is not None:
        data = resolve(path, data)
    if base is None:
        return data
    if not isinstance(base, str) or not base:
        raise UserError(
            f"{path}: extends must be the name of a configuration file beside it or of one that ships, found {base!r}"
        )
    beside, shipped = path.parent / base, CONFIGS / base
    base_path = shipped if not os.path.exists(beside) and os.path.exists(shipped) else beside
    heirs = (*heirs, Path(os.path.realpath(path)))
    if Path(os.path.realpath(base_path)) in heirs:
        raise UserError(f"{path}: extends {base}, which in turn extends this file")
    try:
        return _merged(read_with_base(base_path, resolve, heirs), data)
    except UserError as error:
        raise UserError(f"{path} extends {base}: {error}") from None


def _merged(base: dict[str, Plain], changes: dict[str, Plain]) -> dict[str, Plain]:
    merged = dict(base)
    for name, value in changes.items():
        inner = merged.get(name)
        merged[name] = value
        if isinstance(inner, dict) and isinstance(value, dict):
            another_run = name == _STAGES and not value.keys() <= inner.keys()
            merged[name] = value if another_run else _merged(inner, value)
    return merged
