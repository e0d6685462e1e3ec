"""A robot's own values for the training configuration: the section `task:` of its `robot.yaml`, in SI units."""

from collections.abc import Mapping
from typing import Any

from playground_amp.configs.keys import describe_unknown_key, field_at
from playground_amp.configs.overrides import leaves
from playground_amp.errors import UserError
from playground_amp.robot.description import DESCRIPTION, read_description
from playground_amp.robot.record import Robot

# What is the robot's and not the recipe's, in every stage: what it can be asked for, and how it is simulated.
_BODY = {"env", "physics", "domain_randomization"}


def task_of(robot: Robot) -> dict[str, Any]:
    """The section. Raises UserError for a key that the configuration does not have."""
    task = read_description(robot.folder).task
    for path, _ in leaves(task):
        if field_at(path) is None and path[:1] != ("reward_weights",):
            raise UserError(f"{robot.folder / DESCRIPTION}: task: {describe_unknown_key(path)}")
    return task


def with_task(data: Mapping[str, Any], task: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """A shipped file's content in which a robot's own values stand in place of the scaled ones.

    Args:
        data: the file's content, scaled to the robot.
        task: the robot's section.
        whole: whether the file names every key, as that of the first walk does, whose stages a robot's own are. A file
            that extends it is another recipe: it gets only the keys that it names itself, so that what it does not
            change stays inherited; and what it pays for and how it learns stays as it says, for a robot's own is found
            by walking without it. Also in `quick_verify:`. What the robot has in a stage of its own stands there in
            place of what it has throughout.
    """
    throughout = {key: value for key, value in task.items() if key != "stages" and (whole or key in _BODY)}
    mixed = {name: _replaced(value, throughout.get(name), whole) for name, value in data.items()}
    if whole:
        mixed |= {name: value for name, value in task.items() if name not in data}
    if isinstance(mixed.get("quick_verify"), Mapping):
        mixed["quick_verify"] = with_task(mixed["quick_verify"], task, whole=False)
    for name, stage in (mixed.get("stages") or {}).items():
        if isinstance(stage, Mapping) and isinstance(stage.get("changes"), Mapping):
            changes = {key: _replaced(value, throughout.get(key), False) for key, value in stage["changes"].items()}
            mixed["stages"] = mixed["stages"] | {name: {**stage, "changes": changes}}
    if whole and "stages" in data:
        mixed["stages"] = _replaced(mixed["stages"], task.get("stages"), whole)
    return mixed


def _replaced(value: Any, own: Any, whole: bool) -> Any:
    """A value of the file, or the robot's own; sections key by key, those that the file lacks if `whole`."""
    if own is None:
        return value
    if isinstance(value, Mapping) and isinstance(own, Mapping):
        inner = {name: _replaced(each, own.get(name), whole) for name, each in value.items()}
        return inner | {name: each for name, each in own.items() if whole and name not in value}
    return own
