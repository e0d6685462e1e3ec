"""Writes docs/commands.md from the parsers of the commands: `make docs`."""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NoReturn
from unittest.mock import patch

from playground_amp.cli.commands import COMMANDS, Command
from playground_amp.cli.parser import CommandParser
from playground_amp.files import write_atomically
from playground_amp.paths import PROGRAM

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
HEAD = """# Commands

<!-- made by scripts/commands_page.py: change the parser (playground_amp/cli/), then run `make docs` -->

Every command with every flag, as `--help` lists them. In a checkout, type `source .venv/bin/activate` once in a
terminal; there `python playground_amp/train.py` is `wildrobot train`. `wildrobot` alone shows what was done last.
A mistake in a flag ends with exit status 2 and one sentence, before anything starts.

## `make`

| target | what it does | variables, as in `make play PORT=8090` |
|---|---|---|
| `setup` | the environment in `.venv`; the other targets do it first | `PYTHON`, `EXTRAS` |
| `play` | steer a policy in the browser | `ROBOT`, `POLICY`, `PORT` |
| `walk` | train a walking policy, judge it, film it, report | `ROBOT`, `SEED`, `WALK_ENVS`, \
`WALK_ITERATIONS`, `WALK_FOLDER` |
| `steer` | train a policy that goes wherever it is sent, judge by the gates `walk` and `steer` | `ROBOT`, `SEED`, \
`WALK_ENVS`, `STEER_ITERATIONS`, `STEER_FOLDER` |
| `walk-amp` | `walk` with the motion prior | `ROBOT`, `SEED`, `WALK_ENVS`, `AMP_WEIGHT`, \
`AMP_ITERATIONS`, `AMP_FOLDER` |
| `walk-like` | from the recording `CLIP` of a person to a policy that walks like it, judged; film, curves of both | \
`CLIP`, `ROBOT`, `SEED`, `WALK_ENVS`, `FOLLOW_ITERATIONS`, `LIKE_ITERATIONS`, `LIKE_FOLDER` |
| `robust` | train on robots that all differ, judge by the gate `robust` | `ROBOT`, `SEED`, `WALK_ENVS`, \
`ROBUST_ITERATIONS`, `ROBUST_LEARNING`, `ROBUST_FOLDER` |
| `rough` | the same on stairs, slopes, soft and slippery ground, judged by the gate `rough`; `FROM`: \
a robust run to go on from | `ROBOT`, `SEED`, `WALK_ENVS`, `FROM`, `ROUGH_ITERATIONS`, `ROUGH_FOLDER` |
| `policy` | replace the bundled policy by that of a run; without one, rebuild it | `ROBOT`, `FROM` |
| `test`, `lint` | run the tests; check format, lint and types | `PYTEST_ARGS` |
| `docs`, `pictures` | the documentation as a site; the pictures in it | |
| `benchmark` | measure speed, write the page on performance | |
| `release` | the wheel and the sources, checked, and tried in an empty environment | `PYTHONS` |
| `clean` | remove the environment and what tools left; runs stay | |
"""


class _Built(Exception):
    """A command has built its parser and would read its arguments now."""

    def __init__(self, parser: CommandParser):
        self.parser = parser


def page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(map(_command, COMMANDS))


def _command(command: Command) -> str:
    """The command itself, where it takes arguments of its own, and the commands within it."""
    module, typed = importlib.import_module(f"playground_amp.cli.{command.name}"), f"{PROGRAM} {command.name}"
    own = _flags(_parser_of(module)) if hasattr(module, "build_parser") else [f"\n{_sentence(command.summary)}\n"]
    within = (
        f"\n### `{typed} {part}`\n" + "".join(_flags(_parser_of(module, part)))
        for part in getattr(module, "COMMANDS", ())
    )
    return f"\n## `{typed}`\n" + "".join(own) + "".join(within)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _parser_of(module: ModuleType, *arguments: str) -> CommandParser:
    """The parser that a command, called with these arguments, takes the rest by."""

    def stop(parser: CommandParser, *_: object) -> NoReturn:
        raise _Built(parser)

    with patch.object(CommandParser, "parse_args", stop):
        try:
            module.main(list(arguments))
        except _Built as built:
            built.parser.format_help()  # which puts defaults of the configuration into the help of flags
            return built.parser
    raise AssertionError(f"{module.__name__} has read no arguments")


def _flags(parser: CommandParser) -> Iterator[str]:
    """The description, a table of what has no title of its own, and a table a group."""
    yield f"\n{parser.description}\n"
    tables: dict[str, list[argparse.Action]] = {}
    for group in parser._action_groups:
        title = "" if group.title in ("positional arguments", "options") else group.title or ""
        tables.setdefault(title, []).extend(action for action in group._group_actions if action.dest != "help")
    for title, actions in tables.items():
        if actions:
            yield (f"\n{title[0].upper()}{title[1:]}:\n" if title else "") + "\n| flag | meaning |\n|---|---|\n"
            yield from (f"| `{_typed(action)}` | {_cell(_meaning(parser, action))} |\n" for action in actions)


def _typed(action: argparse.Action) -> str:
    """A flag as one types it: `--set KEY=VALUE …`."""
    name = ", ".join(action.option_strings)
    if action.nargs == 0:
        return name
    if action.choices is not None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        value = " ".join(action.metavar) if isinstance(action.metavar, tuple) else action.metavar or action.dest
    if action.nargs in ("+", "*"):
        value += " …"
    if action.nargs in ("?", "*"):
        value = f"[{value}]"
    return f"{name} {value}".strip().replace("|", " or ")  # a bar in a table is read differently by everybody


def _meaning(parser: CommandParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return text + (" (required)" if action.required and action.option_strings else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
    print(PAGE)
