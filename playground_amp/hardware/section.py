"""A mapping that a person wrote, read key by key; a mistake is told with its place and with what is allowed."""

import difflib
import math
from collections.abc import Sequence

from playground_amp.errors import UserError
from playground_amp.hardware.plain_yaml import Value


class Section:
    """One mapping of a settings file; `place` names it: "hardware.yaml: imu"."""

    def __init__(self, values: Value, place: str) -> None:
        if not isinstance(values, dict):
            raise UserError(f"{place} must hold keys with values, found {values!r}")
        self.place = place
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def keys(self) -> list[str]:
        """In the order they were written."""
        return list(self._values)

    def only(self, *known: str) -> "Section":
        """Itself, unless it holds another key than these."""
        for key in self._values:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"it can hold {', '.join(known)}"
                raise UserError(f"{self.place}: there is no key {key!r}: {hint}")
        return self

    def section(self, key: str) -> "Section":
        """The mapping under a key."""
        return Section(self._value(key), f"{self.place}.{key}" if ": " in self.place else f"{self.place}: {key}")

    def text(self, key: str, allowed: Sequence[str] = ()) -> str:
        """A text; one of `allowed`, where they are given."""
        value = self._value(key)
        if not isinstance(value, str) or (allowed and value not in allowed):
            raise self._mistake(key, value, f"one of {', '.join(allowed)}" if allowed else "a text")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return self._as_whole(key, self._value(key), low, high)

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number from `low` to `high`."""
        return self._as_number(key, self._value(key), low, high)

    def wholes(self, key: str, count: int, low: int, high: int) -> tuple[int, ...]:
        """So many whole numbers."""
        return tuple(self._as_whole(key, value, low, high) for value in self._list(key, count))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """So many finite numbers."""
        return tuple(self._as_number(key, value, -math.inf, math.inf) for value in self._list(key, count))

    def _value(self, key: str) -> Value:
        if key not in self._values:
            raise UserError(f"{self.place}: the key {key} is missing")
        return self._values[key]

    def _list(self, key: str, count: int) -> list[Value]:
        value = self._value(key)
        if not isinstance(value, list) or len(value) != count:
            raise self._mistake(key, value, f"a list of {count}")
        return value

    def _as_whole(self, key: str, value: Value, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._mistake(key, value, f"a whole number from {low} to {high}")
        return value

    def _as_number(self, key: str, value: Value, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._mistake(key, value, "a number")
        if not low <= value <= high:
            raise self._mistake(key, value, _between(low, high))
        return float(value)

    def _mistake(self, key: str, value: Value, allowed: str) -> UserError:
        return UserError(f"{self.place}: {key} must be {allowed}, found {value!r}")


def _between(low: float, high: float) -> str:
    return f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
