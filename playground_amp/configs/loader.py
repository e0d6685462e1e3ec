"""From a YAML file, `--set` and flags to a validated `Config`, and back to YAML."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from playground_amp.configs import problems
from playground_amp.configs.inheritance import read_with_base
from playground_amp.configs.overrides import (
    Override,
    apply,
    from_flags,
    from_quick_verify,
    from_set,
    from_stage,
    holding_throughout,
)
from playground_amp.configs.schema import Config
from playground_amp.configs.stages import ends_in_order
from playground_amp.errors import UserError
from playground_amp.paths import CONFIGS, DEFAULT_ROBOT, STANDARD
from playground_amp.telling import warn
from playground_amp.untyped import Plain
from playground_amp.yaml_text import read_yaml, write_yaml

FREE_FORM = ("reward_weights", "stages", "quick_verify")  # sections that need not name everything

_NONE: Mapping[str, Plain] = MappingProxyType({})


def load_config(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    verify: bool = False,
    flags: Mapping[str, Plain] = _NONE,
    flag_names: Mapping[str, str] = _NONE,
) -> Config:
    """Loads and validates a configuration.

    Args:
        path: the YAML file; its `extends:` names a file beside it whose values it changes.
        overrides: `key=value` as after `--set`; the key dotted, or as short as is unique.
        verify: whether the section `quick_verify:` of the file applies.
        flags: dotted key to value, from explicit command-line flags.
        flag_names: dotted key to the flag as it is typed, for error messages.

    The later wins: file, quick_verify, overrides, flags; what is given by these holds in all stages. The keys, types
    and bounds of quick_verify are checked even where it does not apply, and those of every stage.

    Files that come with the package hold WildRobot's numbers: for another robot (key `robot`) those with a dimension
    are scaled (scaling.py), and the robot's own `task:` stands in their place (robot_task.py). Everything else, a
    person's own file too, is in SI units as it stands.

    Raises:
        UserError: one sentence a line, for everything that is wrong.
    """
    data = read_with_base(path)
    source = str(path)
    given = from_set(overrides, data) + from_flags(flags, flag_names)
    data = read_with_base(path, partial(_for_robot, apply(data, given).get("robot")))
    return _resolved(data, source, given, verify)


def overridden(
    config: Config,
    source: str,
    overrides: Sequence[str] = (),
    *,
    verify: bool = False,
    flags: Mapping[str, Plain] = _NONE,
    flag_names: Mapping[str, str] = _NONE,
) -> Config:
    """A configuration that is there already, such as a policy's, with what a command line gives; as `load_config`."""
    data = config.model_dump(mode="json")
    return _resolved(data, source, from_set(overrides, data) + from_flags(flags, flag_names), verify)


def _resolved(data: dict[str, Plain], source: str, given: Sequence[Override], verify: bool) -> Config:
    """The data of a file with `quick_verify:`, if it applies, and what was given, validated."""
    quick = from_quick_verify(data, source)
    _, quick_errors = _validate(apply(data, quick))
    lines = _in_words([error for error in quick_errors if _origin(error, quick)], quick, source)
    applied = [*quick, *given] if verify else given
    config, errors = _validate(apply(holding_throughout(data, applied), applied))
    lines += _in_words(errors, applied, source)
    if config is not None:
        lines += _wrong_stages(config, source)
    if config is None or lines:
        raise UserError("\n".join(dict.fromkeys(lines)))
    return config


def _wrong_stages(config: Config, source: str) -> Iterator[str]:
    """What is wrong with the configuration as each stage changes it, in words."""
    plain, changes = config.model_dump(mode="json"), []
    for name, _ in ends_in_order(config.stages, config.trainer.num_iterations):
        changes += from_stage(name, config.stages[name].changes, source)
        _, errors = _validate(apply(plain, changes))
        across = [error for error in errors if not error["loc"]]
        yield from (f"{source}: stages.{name}: {sentence}" for sentence in _in_words(across, changes, source))
        yield from _in_words([error for error in errors if error["loc"]], changes, source)


def standard_data(robot: str) -> dict[str, Plain]:
    """The standard configuration file as plain data, for a robot. Raises UserError if there is no such robot."""
    return read_for_robot(robot, STANDARD) | {"robot": robot}


def read_for_robot(robot: str, path: Path) -> dict[str, Plain]:
    """A file's own content in SI units of a robot. Raises UserError if there is no such robot or no such file."""
    return _for_robot(robot, path, read_yaml(path))


def _for_robot(robot: object, path: Path, data: dict[str, Plain]) -> dict[str, Plain]:
    """A file's content in SI units of a robot, its own `task:` in it; no name of one is left for the validation."""
    if Path(os.path.realpath(path)).parent != CONFIGS or not isinstance(robot, str) or robot == DEFAULT_ROBOT:
        return data
    # Imported here: MuJoCo takes longer than a configuration.
    from playground_amp.configs.robot_task import task_of, with_task
    from playground_amp.configs.scaling import scaled
    from playground_amp.robot.robot import load_robot
    from playground_amp.robot.scale import scale_of

    known = load_robot(robot)
    return with_task(
        scaled(data, scale_of(known)), task_of(known), whole=os.path.realpath(path) == os.path.realpath(STANDARD)
    )


def config_from_dict(data: Mapping[str, Plain], source: str) -> Config:
    """Validates plain data, as `Config.model_dump` writes it; `source` says where it is from.

    Raises:
        UserError: one sentence a line, for everything that is wrong.
    """
    config, errors = _validate(dict(data))
    if config is None:
        raise UserError("\n".join(dict.fromkeys(_in_words(errors, (), source))))
    return config


# What the standard file switches on, by dotted name: as it was for runs of versions that did not know the key.
_BEFORE: Mapping[str, Plain] = {
    "env.bus": False,
    "env.commands.heading_integral_time": 0.0,
    "trainer.smoothness": 0.0,
    "trainer.stillness": 0.0,
    "amp.entropy_cost": None,
    "amp.left_to_style": [],
}


def config_of_policy(data: Mapping[str, Plain], source: str) -> Config:
    """The configuration stored with a trained policy, which an earlier version of this project may have written.

    Keys that have come since are taken from the standard configuration file, but for what that switches on: the run
    went without (`_BEFORE`). A line on stderr names them. Stages are none: the run had none.

    Raises:
        UserError: one sentence a line, for everything that is wrong.
    """
    robot = data.get("robot", DEFAULT_ROBOT)
    data = {"stages": {}} | dict(data)
    complete, new = _completed(data, standard_data(robot) if isinstance(robot, str) else read_yaml(STANDARD))
    config = config_from_dict(complete, source)
    if new:
        off, usual = [x for x in new if x in _BEFORE], [x for x in new if x not in _BEFORE]
        said = [f"as in {STANDARD.name}: {', '.join(usual)}"] if usual else []
        said += [f"switched off: {', '.join(off)}"] if off else []
        warn(f"{source} is of an earlier version; {'; '.join(said)}")
    return config


def _completed(
    data: Mapping[str, Plain], standard: Mapping[str, Plain], prefix: str = ""
) -> tuple[dict[str, Plain], list]:
    """`data` with the keys of `standard` that it lacks, and their dotted names; free-form sections stay as they are."""
    complete, new = dict(data), []
    for key, value in standard.items():
        name = f"{prefix}{key}"
        if key not in data:
            complete[key] = _BEFORE.get(name, value)
            new.append(name)
        elif isinstance(value, Mapping) and isinstance(data[key], Mapping) and name not in FREE_FORM:
            complete[key], inner = _completed(data[key], value, f"{name}.")
            new += inner
    return complete, new


def dump_config(config: Config) -> str:
    """The resolved configuration as YAML text that loads to an equal `Config`."""
    return write_yaml(config.model_dump(mode="json"))


def _validate(data: dict[str, Plain]) -> tuple[Config | None, list[ErrorDetails]]:
    try:
        return Config.model_validate(data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _in_words(errors: Sequence[ErrorDetails], overrides: Sequence[Override], source: str) -> list[str]:
    lines: list[str] = []
    for error in problems.causes(errors):
        origin = _origin(error, overrides)
        sentences = problems.describe(error, origin.prefix if origin else "")
        label = f"{origin.source if origin else source}: " if error["loc"] else ""
        lines += [label + sentence for sentence in sentences]
    return lines


def _origin(error: ErrorDetails, overrides: Sequence[Override]) -> Override | None:
    """The override that put in the value an error is about; None if it is from the file."""
    path = problems.key_path(error)
    matching = [override for override in overrides if path[: len(override.path)] == override.path]
    return matching[-1] if matching else None
