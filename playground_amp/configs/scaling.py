"""WildRobot's numbers for another robot: the files of the package, scaled to its legs, weight and servos."""

from collections.abc import Mapping

from playground_amp.configs.keys import field_at, section_at
from playground_amp.robot.scale import Scale, times
from playground_amp.untyped import Plain

_WITHOUT_ROBOT = Scale()


def scaled(data: Mapping[str, object], scale: Scale) -> dict[str, object]:
    """Plain configuration data whose keys with a dimension (`json_schema_extra` in the schema) are multiplied.

    What has no number in its place is left for the validation to complain of.
    """
    return dict(data) if scale == _WITHOUT_ROBOT else _scaled(data, (), scale)


def _scaled(data: Mapping[str, object], path: tuple[str, ...], scale: Scale) -> dict[str, object]:
    return {name: _scaled_value(value, (*path, name), scale) for name, value in data.items()}


def _scaled_value(value: Plain, path: tuple[str, ...], scale: Scale) -> Plain:
    if isinstance(value, Mapping):
        return _scaled(value, path, scale) if path == ("stages",) or section_at(_place(path)) is not None else value
    field = field_at(_place(path))
    extra = field.json_schema_extra if field else None
    if not isinstance(extra, dict) or "scale" not in extra:
        return value
    ratio = getattr(scale, str(extra["scale"]))
    return [_times(x, ratio) for x in value] if isinstance(value, list) else _times(value, ratio)


def _place(path: tuple[str, ...]) -> tuple[str, ...]:
    """Where in the configuration a key lies that `quick_verify` or a stage has a value for."""
    if path[:1] == ("quick_verify",):
        return path[1:]
    return path[3:] if path[:1] == ("stages",) and path[2:3] == ("changes",) else path


def _times(value: Plain, ratio: float) -> Plain:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return times(value, ratio) if is_number else value
