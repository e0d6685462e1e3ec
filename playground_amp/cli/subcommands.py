"""Commands within a command, such as `wildrobot motion check`: a table of functions whose docstrings are their help."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from playground_amp.cli.parser import CommandParser, program_name
from playground_amp.errors import UserError
from playground_amp.telling import tell

Subcommands: TypeAlias = Mapping[str, Callable[[Sequence[str]], int]]  # name → from its arguments to its exit status


def run_subcommand(commands: Subcommands, argv: Sequence[str] | None) -> int:
    """Runs the command that is named first and returns its exit status. Raises UserError for a mistake."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        tell(_overview(commands))
        return 0
    if name not in commands:
        raise UserError(f"'{name}' is no command of {program_name()}; it can be {', '.join(commands)}")
    return commands[name](arguments[1:])


def subcommand_parser(name: str, command: Callable[[Sequence[str]], int]) -> CommandParser:
    """The parser of one of them, without flags."""
    parser = CommandParser(description=command.__doc__ or "")
    parser.prog = f"{parser.prog} {name}"
    return parser


def _overview(commands: Subcommands) -> str:
    program = program_name()
    width = 2 + max(map(len, commands))
    lines = [f"  {name:<{width}}{(command.__doc__ or '').splitlines()[0]}" for name, command in commands.items()]
    return "\n".join([f"usage: {program} COMMAND [...] ({program} COMMAND --help lists its flags)", "", *lines])
