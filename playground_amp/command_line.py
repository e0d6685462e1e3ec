"""What all commands share: a parser with clear errors, and exit statuses. Cheap to import."""

import argparse
import difflib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from playground_amp.configs.errors import UserError

USER_ERROR_STATUS = 2
INTERRUPTED_STATUS = 130


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are a `UserError` and name the nearest flag."""

    def __init__(self, description: str) -> None:
        super().__init__(description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message.removeprefix('argument ')} (--help lists the flags)")

    def parse_args(self, args=None, namespace=None):  # type: ignore[override]
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(f"unknown argument {unknown[0]}{self._suggestion(unknown[0])}")
        return parsed

    def _suggestion(self, word: str) -> str:
        flags = [flag for action in self._actions for flag in action.option_strings]
        close = difflib.get_close_matches(word.partition("=")[0], flags, n=1)
        return f", did you mean {close[0]}?" if close else ""


def require_writable(folder: Path, what: str) -> None:
    """Makes the folder if it is not there. Raises UserError, naming `what`, if nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
    except OSError as error:
        raise UserError(f"{what} cannot be written: {error.strerror}") from None


def run_command(command: Callable[[], int]) -> NoReturn:
    """Runs a command and exits with its status; a `UserError` is printed and exits with status 2."""
    try:
        status = command()
    except UserError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        status = USER_ERROR_STATUS
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = INTERRUPTED_STATUS
    sys.exit(status)
