"""`run.pyz`: the program that runs a policy on the robot, and calibrates it, as the one file that a bundle carries.

A zip of modules of this package that Python runs as it is. The same sources give the same bytes, on any machine: who
gets a bundle from a stranger can tell whether this is what would run on the robot.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from playground_amp.paths import PACKAGE

NAME = "run.pyz"
_MODULES = (  # of the package itself and beside `hardware/`; they import nothing but NumPy and pyserial
    *("__init__", "errors", "files", "outputs", "paths", "rotations", "telling"),
    *("cli/__init__", "cli/calibrate", "cli/parser", "cli/program_cache", "cli/run", "cli/shell", "cli/subcommands"),
    *("deploy/__init__", "deploy/control_loop", "deploy/runtime"),
)
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = """import sys
from pathlib import Path

from playground_amp.cli.parser import run_command

folder = Path(sys.argv[0]).parent
if sys.argv[1:2] == ["calibrate"]:
    from playground_amp.cli import calibrate

    sys.argv = [f"{sys.argv[0]} calibrate", *sys.argv[2:]]
    run_command(lambda: calibrate.main(bundle=folder), computes=False)
from playground_amp.cli import run

run_command(lambda: run.main(bundle=folder), computes=False)
"""


def robot_program() -> bytes:
    """The file's content."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry("__main__.py"), _MAIN)
        for name in _names():
            archive.writestr(_entry(f"{PACKAGE.name}/{name}"), (PACKAGE / name).read_bytes())
    return _SHEBANG + content.getvalue()


def _names() -> Iterator[str]:
    yield from (f"{name}.py" for name in _MODULES)
    yield from sorted(path.relative_to(PACKAGE).as_posix() for path in Path(PACKAGE / "hardware").rglob("*.py"))


def _entry(name: str) -> zipfile.ZipInfo:
    """Without the time and the system at which it was made."""
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3  # Unix
    entry.external_attr = 0o644 << 16
    return entry
