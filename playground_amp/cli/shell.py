"""Completion in the user's shell, by argcomplete: the shell calls `wildrobot`, with the line typed so far in variables.

The line then takes its ordinary way through the commands, up to the parser of its flags, which answers the shell
instead of parsing: what completes is what parses.
"""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

_CALLED_BY_SHELL = "_ARGCOMPLETE"  # argcomplete's: from which word on (1: the first) the line is the parser's


def completing() -> bool:
    """Whether this process is to complete a line, and to do nothing else."""
    return _CALLED_BY_SHELL in os.environ


def typed_words() -> list[str]:
    """The words of the line before the one at the cursor, without the program's name."""
    return _line()[1:]


def complete(parser: argparse.ArgumentParser, arguments: list[str]) -> NoReturn:
    """Answers the shell from the flags of a parser, whose share of the line so far are `arguments`, and ends."""
    import argcomplete

    for action in parser._actions:
        _set_completer(action)
    os.environ[_CALLED_BY_SHELL] = str(len(_line()) - len(arguments))
    argcomplete.autocomplete(parser, always_complete_options="long", default_completer=_nothing)  # pyright: ignore
    raise AssertionError("argcomplete ends the process")


def complete_names(names: Iterable[str], *flags: str) -> NoReturn:
    """The same where the next word is one of `names` or `flags`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("name", choices=list(names))
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    complete(parser, [])


def _line() -> list[str]:
    from argcomplete.lexers import split_line

    return split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))[3]


def _set_completer(action: argparse.Action) -> None:
    """Says what a flag's value can be, where the flag does: a file, one of its choices, a key, a name."""
    from argcomplete.completers import FilesCompleter

    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if action.choices is not None:
        return
    if metavar.startswith("{"):
        completer = _given(metavar.strip("{}").split(","))
    elif metavar.startswith("KEY"):
        completer = _keys(metavar.removeprefix("KEY").removesuffix("VALUE"))
    elif action.dest in _NAMED:
        completer = _NAMED[action.dest]
    elif action.type in (Path, os.path.expanduser) or any(word in metavar for word in ("PATH", "DIR", "FILE")):
        completer = FilesCompleter()
    else:
        return
    action.completer = completer  # pyright: ignore[reportAttributeAccessIssue]  (argcomplete's way to be told)


def _nothing(**_: object) -> list[str]:
    return []


def _given(words: list[str]):
    return lambda **_: words


def _keys(end: str):
    def complete_key(**_: object) -> list[str]:
        from playground_amp.configs.keys import leaf_keys

        return [key + end for key in leaf_keys()]

    return complete_key


def _robots(*, prefix: str, **_: object) -> list[str]:
    from argcomplete.completers import DirectoriesCompleter

    from playground_amp.paths import ROBOTS

    shipped = [path.name for path in ROBOTS.iterdir() if (path / "robot.yaml").is_file()]
    return [*shipped, *DirectoriesCompleter()(prefix)]


def _gates(**_: object) -> list[str]:
    from playground_amp.gates.gates import GATES

    return list(GATES)


def _cells(*, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Those of the gate that is named before, else of the usual one."""
    from playground_amp.gates.gates import GATES

    gate = GATES.get(getattr(parsed_args, "gate", None) or "walk")
    return [cell.name for cell in gate.cells] if gate else []


_NAMED = {"robot": _robots, "gate": _gates, "cell": _cells, "cells": _cells}
