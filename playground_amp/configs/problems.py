"""Validation errors of pydantic in the words of a person who edits a YAML file."""

from collections.abc import Iterator, Sequence

from pydantic_core import ErrorDetails

from playground_amp.configs.keys import describe_unknown_key, nearest

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping of names to values",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "model_attributes_type": "a section with keys",
    "model_type": "a section with keys",
    "string_type": "text",
    "tuple_type": "a list",
}
_BOUNDS = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def key_path(error: ErrorDetails) -> tuple[str, ...]:
    """The path of the key an error is about, without positions in a list."""
    return tuple(part for part in error["loc"] if isinstance(part, str))


def causes(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors without those of a list that only follow from its items': one whose items are no numbers has none."""
    places = [error["loc"] for error in errors]
    for error in errors:
        place = error["loc"]
        if not place or not any(other[: len(place)] == place and len(other) > len(place) for other in places):
            yield error


def describe(error: ErrorDetails, prefix: str = "") -> list[str]:
    """Sentences for one error; several if a check across sections found several things.

    `prefix` stands before the dotted path, such as `quick_verify.`.
    """
    kind, context = error["type"], error.get("ctx", {})
    path = prefix + ".".join(key_path(error))
    position = next((part for part in error["loc"] if isinstance(part, int)), None)
    if kind == "value_error" and not error["loc"]:
        return str(context["error"]).splitlines()
    if kind == "extra_forbidden":
        return [f"{describe_unknown_key(key_path(error), prefix)} (found {shown(error['input'])})"]
    if kind == "missing" and position is None:
        return [f"the key {path} is missing"]
    where = path if position is None or kind == "missing" else f"item {position + 1} of {path}"
    return [f"{where} must be {_allowed(error)}, found {shown(error['input'])}"]


def _allowed(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"{words} {context[name]:g}" if isinstance(context[name], float) else f"{words} {context[name]}"
    if kind == "multiple_of":
        return f"a multiple of {context['multiple_of']}"
    if kind == "literal_error":
        return _one_of(context["expected"].replace("'", ""), error["input"])
    if kind == "value_error":
        return str(context["error"])
    if kind in ("missing", "too_long"):
        return "a list of two numbers, [low, high]"
    if kind in ("too_short", "string_too_short"):
        return "non-empty"
    return f"valid ({error['msg']})"


def _one_of(expected: str, found: object) -> str:
    words = expected.replace(" or ", ", ").split(", ")
    close = nearest(found, words) if isinstance(found, str) else None
    return f"{expected}{f' (perhaps {close}?)' if close else ''}"


def shown(value: object) -> str:
    """A value as it would stand in the YAML, cut to a readable length."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"a section with the keys {', '.join(map(str, value))}" if value else "an empty section"
    text = str(value) if isinstance(value, float) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
