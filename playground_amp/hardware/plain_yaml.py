"""Reads the YAML that people write into a settings file, for a computer without PyYAML.

Block mappings, flow lists and mappings, scalars and comments. Numbers are decimal and a key appears once, as in all
files of this project; what else YAML knows (anchors, tags, block lists, texts of several lines) is refused by name, so
that nothing is read otherwise than elsewhere.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from playground_amp.errors import UserError

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value]"

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OTHERWISE_ELSEWHERE = re.compile(r"(?i:yes|no|on|off|null|~|[-+]?\.inf|\.nan|=|<<)|[0-9]{19,}")
_NO_BEGINNING = "&*!|>%@`?:,[]{}"
_QUOTE_INSIDE = re.compile(r"""\s["']""")
_NEEDS_CARE = re.compile(r"[-?:](?:\s|$)")
_KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'\[\]{},#&*!|>%@`?-][^#\[\]{},]*?)\s*:(?:\s+|$)""")


class _Line(NamedTuple):
    number: int  # from 1
    indent: int
    text: str  # without comment, and without the space around it


def parse_plain_yaml(text: str, source: str) -> dict[str, Value]:
    """The mapping that a text holds. Raises UserError, naming `source` and the line."""
    lines = list(_joined(_lines(text, source), source))
    if not lines:
        raise UserError(f"{source} is empty")
    try:
        mapping, rest = _block(lines, 0, source)
    except RecursionError:
        raise UserError(f"{source} is nested too deeply") from None
    if rest < len(lines):
        raise _problem(source, lines[rest], "is indented otherwise than the lines before it")
    return mapping


def _problem(source: str, line: _Line, problem: str) -> UserError:
    return UserError(f"{source} line {line.number}: {problem}: {line.text}")


def _lines(text: str, source: str) -> Iterator[_Line]:
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        content = _without_comment(raw).rstrip(" ")
        line = _Line(number, len(content) - len(content.lstrip(" ")), content.strip())
        if "\t" in content:
            raise _problem(source, line, "holds a tab, YAML wants spaces")
        if line.text.startswith(("---", "...", "- ")) or line.text == "-":
            raise _problem(source, line, "only mappings, with lists in brackets, are read here")
        if line.text:
            yield line


def _without_comment(raw: str) -> str:
    """A line up to a # that begins it or follows space, outside of quotes."""
    quote = ""
    for place, character in enumerate(raw):
        before = raw[place - 1] if place else " "
        if quote:
            if character == quote and not (quote == '"' and _escaped(raw, place)):
                quote = ""
        elif character in "\"'" and before in " [{,:":
            quote = character
        elif character == "#" and before.isspace():
            return raw[:place]
    return raw


def _escaped(raw: str, place: int) -> bool:
    """Whether an odd number of backslashes stands before a place."""
    return (place - len(raw[:place].rstrip("\\"))) % 2 == 1


def _joined(lines: Iterator[_Line], source: str) -> Iterator[_Line]:
    """The lines, those of an open bracket as one."""
    for line in lines:
        while _open_brackets(line.text) > 0:
            following = next(lines, None)
            if following is None:
                raise _problem(source, line, "a bracket is never closed")
            line = line._replace(text=f"{line.text}\n{following.text}")
        yield line


def _open_brackets(text: str) -> int:
    bare = re.sub(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""", "", text)
    return sum(bare.count(bracket) for bracket in "[{") - sum(bare.count(bracket) for bracket in "]}")


def _block(lines: list[_Line], start: int, source: str) -> tuple[dict[str, Value], int]:
    """The mapping that begins with a line, and the first line that is not its own."""
    mapping: dict[str, Value] = {}
    indent, at = lines[start].indent, start
    while at < len(lines) and lines[at].indent == indent:
        line = lines[at]
        found = _KEY.match(line.text)
        if not found:
            raise _problem(source, line, "is not `key: value`")
        key = _scalar(found[1], line, source, as_text=True)
        if key in mapping:
            raise _problem(source, line, f"the key {key!r} appears twice")
        rest = line.text[found.end() :]
        at += 1
        if rest:
            mapping[str(key)] = _Flow(rest, line, source).whole()
        elif at < len(lines) and lines[at].indent > indent:
            mapping[str(key)], at = _block(lines, at, source)
        else:
            raise _problem(source, line, "has no value")
    if at < len(lines) and lines[at].indent > indent:
        raise _problem(source, lines[at], "is indented further than the lines before it")
    return mapping, at


def _scalar(token: str, line: _Line, source: str, *, as_text: bool = False) -> Value:
    """What a token means: a number, a truth value, else a text."""
    if token[:1] == "'":
        return token[1:-1].replace("''", "'")
    if token[:1] == '"':
        try:
            return str(json.loads(token))
        except ValueError:
            raise _problem(source, line, f"{token} is no text in quotes") from None
    if not as_text and _WHOLE.fullmatch(token):
        return int(token)
    if not as_text and _DECIMAL.fullmatch(token):
        return float(token)
    if not as_text and token in _TRUTH:
        return _TRUTH[token]
    number_as_key = as_text and (_WHOLE.fullmatch(token) or _DECIMAL.fullmatch(token) or token in _TRUTH)
    if (
        not token
        or token[0] in _NO_BEGINNING
        or _NEEDS_CARE.match(token)
        or number_as_key
        or _QUOTE_INSIDE.search(token)
    ):
        raise _problem(source, line, f"{token!r} can mean several things, put it in quotes")
    if _OTHERWISE_ELSEWHERE.fullmatch(token):
        raise _problem(source, line, f"{token!r} can mean several things, put it in quotes")
    return token


class _Flow:
    """What stands behind `key:`, read from left to right."""

    _TOKEN = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'""")
    _BARE_IN_BRACKETS = re.compile(r"(?:[^,\[\]{}:?\n]|:(?![\s,\[\]{}]|$))+")

    def __init__(self, text: str, line: _Line, source: str) -> None:
        self._text, self._at, self._line, self._source = text, 0, line, source

    def whole(self) -> Value:
        """The value, which must be all there is."""
        if self._text[0] in "[{\"'":
            value = self._value()
            if self._peek():
                raise self._problem("something stands behind its value")
            return value
        if re.search(r":(?:\s|$)", self._text):
            raise self._problem("holds two `key: value`")
        return _scalar(self._text, self._line, self._source)

    def _problem(self, problem: str) -> UserError:
        return _problem(self._source, self._line, problem)

    def _peek(self) -> str:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _take(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            raise self._problem(f"expected one of {' '.join(characters)}, found {found or 'its end'}")
        self._at += 1
        return found

    def _value(self) -> Value:
        match self._peek():
            case "[":
                return self._list()
            case "{":
                return self._mapping()
            case _:
                return _scalar(self._token(), self._line, self._source)

    def _token(self) -> str:
        pattern = self._TOKEN if self._peek() in ("'", '"') else self._BARE_IN_BRACKETS
        found = pattern.match(self._text, self._at)
        if not found:
            raise self._problem("a value is missing")
        self._at = found.end()
        return found[0].strip()

    def _list(self) -> list[Value]:
        self._take("[")
        values: list[Value] = []
        while self._peek() != "]":
            values.append(self._value())
            if self._peek() != "]":
                self._take(",]")
        self._take("]")
        return values

    def _mapping(self) -> dict[str, Value]:
        self._take("{")
        mapping: dict[str, Value] = {}
        while self._peek() != "}":
            key = str(_scalar(self._token(), self._line, self._source, as_text=True))
            if key in mapping:
                raise self._problem(f"the key {key!r} appears twice")
            self._take(":")
            mapping[key] = self._value()
            if self._peek() != "}":
                self._take(",}")
        self._take("}")
        return mapping
