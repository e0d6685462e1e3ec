"""What all commands share: a parser with clear errors, and exit statuses. Cheap to import."""

import argparse
import difflib
import hashlib
import math
import os
import platform
import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from playground_amp.cli.program_cache import heal_program_cache
from playground_amp.cli.shell import complete, completing
from playground_amp.errors import UserError
from playground_amp.files import require_writable
from playground_amp.paths import PACKAGE, PROGRAM, called_by_name, install_hint
from playground_amp.telling import forgive_streams, warn

USER_ERROR_STATUS = 2
INTERRUPTED_STATUS = 130
_ONLY_TOLD = {"-h", "--help", "--print-config"}  # flags of commands that start nothing
_DIGITS = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$")


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are a `UserError` and name the nearest flag."""

    def __init__(self, description: str) -> None:
        super().__init__(program_name(), description=description, allow_abbrev=False)
        self.register("type", Path, user_path)
        self._negative_number_matcher = _NUMBER  # argparse's own takes -1e-1 for a flag

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message.removeprefix('argument ')} (--help lists the flags)")

    def parse_args(self, args=None, namespace=None):  # type: ignore[override]
        if completing():
            complete(self, list(args or []))
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(f"unknown argument {unknown[0]}{self._suggestion(unknown[0])}")
        return parsed

    def _suggestion(self, word: str) -> str:
        flags = [flag for action in self._actions for flag in action.option_strings]
        if not word.startswith("-") and "--checkpoint" in flags:
            return f", did you mean --checkpoint {word}?"
        close = difflib.get_close_matches(word.partition("=")[0], flags, n=1)
        return f", did you mean {close[0]}?" if close else ""


def program_name() -> str:
    """How help calls the command: as it was typed."""
    return " ".join([PROGRAM, *sys.argv[1:2]]) if called_by_name() else Path(sys.argv[0]).name


def add_checkpoint_flag(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    """`--checkpoint` of a trained policy; `runs.checkpoint.find_checkpoint` says which file is meant."""
    parser.add_argument(
        "--checkpoint",
        type=Path,
        required=required,
        metavar="PATH",
        help="final_iter_<N>.pkl, or the folder of a run: its newest policy",
    )


def add_robot_flag(parser: argparse._ActionsContainer) -> None:
    """`--robot`, the key `robot` of the configuration."""
    parser.add_argument("--robot", metavar="NAME|PATH", help="a robot that ships, by its name, or a robot's folder")


def add_ideal_sensors_flag(parser: argparse._ActionsContainer) -> None:
    """`--ideal-sensors`, for commands that judge."""
    parser.add_argument(
        "--ideal-sensors",
        action="store_true",
        help="joints are read and ordered all at once and exactly, not as the robot's bus does (no full gate)",
    )


def user_path(text: str) -> Path:
    """A flag's value that is a path: `~` is the user's home folder, also where the shell has left it (`--json=~/x`)."""
    return Path(os.path.expanduser(text))


def robot_given(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--robot` puts into the configuration: `load_config(..., flags=robot_given(arguments))`."""
    return {} if arguments.robot is None else {"robot": arguments.robot}


def whole_number(text: str) -> int:
    """A flag's value, 0 or more."""
    if not _DIGITS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0")
    return int(text)


def positive_int(text: str) -> int:
    """A flag's value, 1 or more."""
    if not _DIGITS.fullmatch(text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number above 0")
    return int(text)


def positive_int_to(most: int) -> Callable[[str], int]:
    """The same, of flags of which more would fill any machine, or last for ever."""

    def bounded(text: str) -> int:
        if (value := positive_int(text)) > most:
            raise argparse.ArgumentTypeError(f"{text} is more than {most:,}")
        return value

    return bounded


def finite_float(text: str) -> float:
    """A flag's value, neither infinite nor NaN."""
    value = _as_float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is no number")
    return value


def positive_float(text: str) -> float:
    """A flag's value, finite and above 0."""
    value = _as_float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value


def _as_float(text: str) -> float:
    return float(text) if _NUMBER.match(text) else math.nan


def keep_compiled_programs() -> None:
    """Has JAX, which must not have been imported yet, keep what it compiles in the user's cache folder.

    JAX_COMPILATION_CACHE_DIR names another folder. Without a place to write, nothing is kept.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    folder = base / "wildrobot" / f"programs-{_processor()}"
    if not base.is_absolute():  # a user without a home
        return
    try:
        require_writable(folder, "the cache")
    except UserError:
        return
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")


def _processor() -> str:
    """A name for this kind of processor: programs are compiled for its instructions, and home folders are shared."""
    described = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        described += next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "")
    return hashlib.sha256(described.encode()).hexdigest()[:8]


def run_command(command: Callable[[], int], *, computes: bool = True) -> NoReturn:
    """Runs a command and exits with its status; a `UserError` is printed and exits with status 2.

    Whatever happens to its standard streams, the command goes on. `computes`: whether it may start JAX.
    """
    forgive_streams()
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime would leave an id in the home folder and report
    try:
        if computes:
            keep_compiled_programs()
            heal_program_cache()
        if computes and _ONLY_TOLD.isdisjoint(sys.argv):
            from playground_amp.cli.machine import check_machine

            check_machine()
        status = command()
    except UserError as error:
        for line in str(error).splitlines():
            warn(f"error: {line}")
        status = USER_ERROR_STATUS
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == PACKAGE.name or find_spec(package) is not None:
            raise
        warn(f"error: the package {package} is not installed: {install_hint()}")
        status = USER_ERROR_STATUS
    except OSError as error:  # the machine's: what is asked for by name is checked beforehand, and named
        if error.errno is None:
            raise
        place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        warn(f"error: {place}{error.strerror}")
        status = USER_ERROR_STATUS
    except MemoryError as error:
        warn(f"error: this machine has not enough memory for that ({error})")
        status = USER_ERROR_STATUS
    except KeyboardInterrupt:
        warn("interrupted")
        status = INTERRUPTED_STATUS
    sys.exit(status)
