"""`wildrobot COMMAND …`: one name for all commands; alone it shows what there is and what was done last."""

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import playground_amp
from playground_amp.cli.commands import COMMANDS, find_command
from playground_amp.cli.parser import run_command
from playground_amp.cli.shell import complete_names, completing, typed_words
from playground_amp.errors import UserError
from playground_amp.paths import PROGRAM
from playground_amp.telling import tell

_OWN_FLAGS = ("--help", "--version")


def run() -> NoReturn:
    """The console entry point."""
    words = typed_words() if completing() else sys.argv[1:]
    command = find_command(words[0]) if words and not completing() else None
    computes = command is not None and command.computes
    run_command(lambda: main(words), computes=computes)


def main(words: Sequence[str]) -> int:
    """Runs the command that is named first and returns its exit status. Raises UserError for a mistake."""
    if not words:
        return _without_command()
    name, *rest = words
    if name in ("-h", "--help", "help"):
        tell(overview())
        return 0
    if name == "--version":
        tell(f"{PROGRAM} {playground_amp.__version__}")
        return 0
    command = find_command(name)
    if command is None:
        raise UserError(f"'{name}' is no command of {PROGRAM}{_suggestion(name)} ({PROGRAM} --help lists them)")
    module = import_module(f"playground_amp.cli.{command.name}")
    if completing() and not rest and (names := getattr(module, "COMMANDS", None)):
        complete_names(names, "--help")
    return module.main(rest)


def overview() -> str:
    """What there is: a line a command."""
    width = 2 + max(len(command.name) for command in COMMANDS)
    lines = [f"  {command.name:<{width}}{command.summary}" for command in COMMANDS]
    usage = f"usage: {PROGRAM} COMMAND [...]   ({PROGRAM} COMMAND --help lists its flags)"
    return "\n".join([f"WildRobot {playground_amp.__version__}: train small bipeds to walk", usage, "", *lines])


def _without_command() -> int:
    if completing():
        complete_names((command.name for command in COMMANDS), *_OWN_FLAGS)

    tell(f"{overview()}\n")
    from playground_amp.cli.last_runs import last_runs

    tell("\n".join(last_runs()))
    return 0


def _suggestion(word: str) -> str:
    close = difflib.get_close_matches(word, [command.name for command in COMMANDS], n=1)
    return f", did you mean {close[0]}?" if close else ""
