"""YAML from strangers: what would fill the memory or the stack is refused before it does."""

import time

import pytest

from playground_amp.errors import UserError
from playground_amp.yaml_text import parse_value


def test_aliases_may_be_used_and_may_not_explode() -> None:
    assert parse_value("[&a [1, 2], *a]", "it") == [[1, 2], [1, 2]]
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]  # a billion values in 9 lines
    begun = time.monotonic()
    with pytest.raises(UserError, match="it holds more than 100,000 values, aliases"):
        parse_value("\n".join(lines), "it")
    assert time.monotonic() - begun < 5


def test_what_goes_round_is_refused() -> None:
    with pytest.raises(UserError, match="more than 100,000 values"):
        parse_value("&a [*a]", "it")


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(UserError, match="it is nested too deeply"):
        parse_value("[" * 5000, "it")
