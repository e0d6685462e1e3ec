#!/usr/bin/env python3
"""Has a stranger use a wheel: installs it into an empty environment and runs what the first page promises.

    scripts/try_wheel.py dist/wildrobot-*.whl --python python3.12 --constraints constraints.txt

The environment lies under a path with spaces and letters beyond ASCII. Checked: every command's help, `wildrobot`
alone, `wildrobot play` until its page answers, `wildrobot train --verify`; the last two again without HOME, with the
installation write-protected and, as root, under a uid that nobody has; and that nothing was written into the
installation or beside the folder of the run. Exit status: 0, or 1 with the first thing that failed. It needs nothing
but the standard library.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

LONG, PATIENCE = 1800, 300  # s for an installation or a training, for a page to answer
NOBODY = 12345  # a uid without an entry
BESIDE_RUNS = {"checkpoints"}  # what a command may leave in the working folder


class Failed(Exception):
    """What a stranger would have stumbled over."""


class Stranger(NamedTuple):
    """Who types, and where."""

    program: Path  # wildrobot
    folder: Path  # where it is typed
    environment: dict[str, str]
    uid: int | None = None  # None: ours

    def start(self, *arguments: str, output: Path) -> subprocess.Popen[bytes]:
        """The command, running; what it says goes into a file."""
        identity = {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}
        with output.open("wb") as told:
            return subprocess.Popen(
                [str(self.program), *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                **identity,
            )

    def run(self, *arguments: str) -> str:
        """What the command says. Raises Failed unless it ends with 0."""
        with tempfile.NamedTemporaryFile() as told:
            process = self.start(*arguments, output=Path(told.name))
            status = process.wait(LONG)
            said = Path(told.name).read_text(encoding="utf-8", errors="replace")
        if status:
            raise Failed(f"wildrobot {' '.join(arguments)} ended with {status}:\n{said[-3000:]}")
        return said


def main() -> int:
    parser = argparse.ArgumentParser(description="Has a stranger use a wheel in an empty environment.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", default=sys.executable, help="which Python makes the environment")
    parser.add_argument("--constraints", type=Path, help="versions to install (default: whatever is newest)")
    parser.add_argument(
        "--quick", action="store_true", help="with the libraries of --python's environment, without training"
    )
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="wildrobot ä ") as scratch:
            try_wheel(arguments, Path(scratch))
    except Failed as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def try_wheel(arguments: argparse.Namespace, scratch: Path) -> None:
    """Raises Failed with the first thing that is wrong."""
    scratch.chmod(0o755)
    installation = scratch / "ümgebung"
    with told("installed"):
        install(arguments, installation)
    packages = next(installation.glob("lib/python*/site-packages"))
    before = snapshot(packages)
    visitor = Stranger(
        installation / "bin" / "wildrobot", made(scratch / "my robots"), clean_environment(scratch / "home")
    )
    check_what_is_told(visitor, arguments.wheel)
    check_use(visitor, train=not arguments.quick)
    protect(packages)
    nobody = visitor._replace(folder=made(scratch / "nobody's robots"), environment=without_home(visitor))
    if os.geteuid() == 0 and is_reachable(installation):
        os.chown(nobody.folder, NOBODY, NOBODY)
        nobody = nobody._replace(uid=NOBODY)
    print(f"without HOME, write-protected{f', as uid {NOBODY}' if nobody.uid else ''}:")
    check_use(nobody, train=not arguments.quick)
    if changed := sorted(before ^ snapshot(packages)):
        raise Failed(f"written into the installation: {', '.join(map(str, changed[:5]))}")


def install(arguments: argparse.Namespace, installation: Path) -> None:
    """An environment with the wheel and what it needs."""
    run_aside([arguments.python, "-m", "venv", str(installation)])
    if arguments.quick:
        where = [arguments.python, "-c", "import site; print(site.getsitepackages()[0])"]
        shared = subprocess.run(where, capture_output=True, text=True, check=True).stdout
        (next(installation.glob("lib/python*/site-packages")) / "shared.pth").write_text(shared)
    pip = [str(installation / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    versions = ["-c", str(arguments.constraints.resolve())] if arguments.constraints else []
    run_aside([*pip, *versions, *(["--no-deps"] if arguments.quick else []), str(arguments.wheel.resolve())])


def check_what_is_told(visitor: Stranger, wheel: Path) -> None:
    """Help, version and the overview."""
    version = wheel.name.split("-")[1]
    if visitor.run("--version").strip() != f"wildrobot {version}":
        raise Failed(f"wildrobot --version does not say {version}")
    overview = visitor.run()
    names = [line.split()[0] for line in overview.partition("\n\n")[2].partition("\n\n")[0].splitlines()]
    with told(f"help of {len(names)} commands"):
        for name in names:
            visitor.run(name, "--help")
    started = time.monotonic()
    visitor.run("--help")
    print(f"  {time.monotonic() - started:6.2f} s  wildrobot --help")


def check_use(visitor: Stranger, *, train: bool) -> None:
    """The page answers; a training is done; nothing lies where it should not."""
    with told("wildrobot play: the robot walks and the page answers"):
        check_page(visitor)
    if train:
        with told("wildrobot train --verify"):
            visitor.run("train", "--verify", "--no-wandb")
        if "next: wildrobot " not in visitor.run() and str(visitor.program) not in visitor.run():
            raise Failed("wildrobot alone does not tell of the run")
    if left := {path.name for path in visitor.folder.iterdir()} - BESIDE_RUNS:
        raise Failed(f"left in the working folder: {', '.join(sorted(left))}")


def check_page(visitor: Stranger) -> None:
    """Plays until the robot walks and its page is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "told"
        process = visitor.start("play", "--port", str(port), output=output)
        try:
            end = time.monotonic() + PATIENCE
            while b"walking: open " not in output.read_bytes():
                if process.poll() is not None or time.monotonic() > end:
                    raise Failed(f"wildrobot play does not walk:\n{output.read_text(errors='replace')[-3000:]}")
                time.sleep(0.1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                if b"<html" not in answer.read().lower():
                    raise Failed("the page of wildrobot play is no page")
        finally:
            process.terminate()  # not SIGINT, which a job in the background is deaf to
            process.wait(60)


def run_aside(command: Sequence[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONG)
    if ran.returncode:
        raise Failed(f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stderr[-3000:]}")


def clean_environment(home: Path) -> dict[str, str]:
    """A new user's: nothing that points to other sources or folders."""
    made(home)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "JAX_", "WANDB_"))
    }
    return {**kept, "HOME": str(home)}


def without_home(visitor: Stranger) -> dict[str, str]:
    return {name: value for name, value in visitor.environment.items() if name not in ("HOME", "USER", "LOGNAME")}


def is_reachable(installation: Path) -> bool:
    """Whether the uid that nobody has can run this environment's Python at all."""
    python = str(installation / "bin" / "python")
    try:
        ran = subprocess.run([python, "-c", "import venv"], user=NOBODY, group=NOBODY, extra_groups=[], check=False)
    except OSError:
        return False
    return ran.returncode == 0


def protect(packages: Path) -> None:
    """Takes away everybody's right to write into an installation."""
    for path in (packages, *packages.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def snapshot(packages: Path) -> set[tuple[str, int, int]]:
    """Names, sizes and times of all files of an installation."""
    files = ((path, path.stat()) for path in packages.rglob("*") if path.is_file())
    return {(str(path.relative_to(packages)), status.st_size, status.st_mtime_ns) for path, status in files}


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Says how long something took."""
    started = time.monotonic()
    yield
    print(f"  {time.monotonic() - started:6.2f} s  {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
