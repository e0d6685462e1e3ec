#!/usr/bin/env python3
"""Has a stranger use a wheel: installs it into an empty environment and runs what the first page promises.

    scripts/try_wheel.py dist/wildrobot-*.whl --python python3.12 --constraints constraints.txt

The environment lies under a path with spaces and letters beyond ASCII. Checked: every command's help, `wildrobot`
alone, `wildrobot play` until its page answers and the robot walks, `wildrobot train --verify`, then `export` (which
without its extra names the command that installs it; that is run) and `verify` of what came of it and of the policy in
the box; all but the first two again without HOME, with the installation write-protected and, as root, under a uid that
nobody has; and that nothing was written into the installation, into the home folder but for compiled programs, or
beside what was asked for. With --launchers also
`uvx`, `pipx run` and `pipx install`, where they are. Exit status: 0, or 1 with the first thing that failed. It needs
nothing but the standard library.
"""

import argparse
import contextlib
import os
import shlex
import shutil
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
BOX = Path("playground_amp/robots/wildrobot/policy")  # the bundle that ships, in site-packages
INSTALLS_EXTRA = "pip install 'wildrobot[deploy]'"  # what `wildrobot export` advises
NOBODY = 12345  # a uid without an entry
BESIDE_RUNS = {"checkpoints", "bundle"}  # what a command may leave in the working folder
IN_HOME = {".cache/wildrobot"}  # what a command may leave there
WALKS_WITHIN = 60  # s, from `wildrobot play` to a robot that walks
SHORT_GATE = ("--episodes", "2", "--distance", "5")


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

    def run(self, *arguments: str, allowed: Sequence[int] = (0,)) -> str:
        """What the command says. Raises Failed if it ends with another status."""
        with tempfile.NamedTemporaryFile() as told:
            process = self.start(*arguments, output=Path(told.name))
            status = process.wait(LONG)
            said = Path(told.name).read_text(encoding="utf-8", errors="replace")
        if status not in allowed:
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
    parser.add_argument("--uv", action="store_true", help="install the wheel with uv instead of pip, which is quicker")
    parser.add_argument("--launchers", action="store_true", help="try uvx and pipx too, an environment each")
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
    visitor = Stranger(
        installation / "bin" / "wildrobot", made(scratch / "my robots"), clean_environment(scratch / "home")
    )
    check_what_is_told(visitor, arguments.wheel)
    if not arguments.quick:
        check_advice(visitor, packages)
    before = snapshot(packages)
    check_use(visitor, packages, train=not arguments.quick)
    home = Path(visitor.environment["HOME"])
    if left := {str(path.relative_to(home)) for path in home.glob("*/*")} - IN_HOME:
        raise Failed(f"left in the home folder: {', '.join(sorted(left))}")
    protect(packages)
    nobody = visitor._replace(folder=made(scratch / "nobody's robots"), environment=without_home(visitor))
    if os.geteuid() == 0 and is_reachable(installation):
        os.chown(nobody.folder, NOBODY, NOBODY)
        nobody = nobody._replace(uid=NOBODY)
    print(f"without HOME, write-protected{f', as uid {NOBODY}' if nobody.uid else ''}:")
    check_use(nobody, packages, train=not arguments.quick)
    if changed := sorted(before ^ snapshot(packages)):
        raise Failed(f"written into the installation: {', '.join(map(str, changed[:5]))}")
    if arguments.launchers:
        check_launchers(arguments, scratch)


def install(arguments: argparse.Namespace, installation: Path) -> None:
    """An environment with the wheel and what it needs."""
    run_aside([arguments.python, "-m", "venv", str(installation)])
    if arguments.quick:
        where = [arguments.python, "-c", "import site; print(site.getsitepackages()[0])"]
        shared = subprocess.run(where, capture_output=True, text=True, check=True).stdout
        (next(installation.glob("lib/python*/site-packages")) / "shared.pth").write_text(shared)
    python = str(installation / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if arguments.uv:
        pip = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
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


def check_use(visitor: Stranger, packages: Path, *, train: bool) -> None:
    """The page answers; a training is done, exported and judged; nothing lies where it should not."""
    with told("wildrobot play: the robot walks and the page answers"):
        check_page(visitor)
    if train:
        with told("wildrobot train --verify"):
            visitor.run("train", "--verify", "--no-wandb")
        overview = visitor.run()
        if "next: wildrobot " not in overview and str(visitor.program) not in overview:
            raise Failed("wildrobot alone does not tell of the run")
        check_export(visitor)
        with told("wildrobot verify: the policy in the box"):
            visitor.run("verify", str(packages / BOX), *SHORT_GATE)
    if left := {path.name for path in visitor.folder.iterdir()} - BESIDE_RUNS:
        raise Failed(f"left in the working folder: {', '.join(sorted(left))}")


def check_advice(visitor: Stranger, packages: Path) -> None:
    """What a command lacks it names with the command that installs it, and that one helps."""
    said = visitor.run("export", "--checkpoint", str(packages / BOX), "--output", "bundle", allowed=(2,))
    if INSTALLS_EXTRA not in said:
        raise Failed(f"wildrobot export without its extra does not say {INSTALLS_EXTRA}:\n{said[-3000:]}")
    with told(INSTALLS_EXTRA):
        run_aside([str(visitor.program.parent / "python"), "-m", *shlex.split(INSTALLS_EXTRA), "--quiet"])


def check_export(visitor: Stranger) -> None:
    """A run's policy becomes a bundle, and is judged."""
    (run,) = (visitor.folder / "checkpoints").iterdir()
    with told("wildrobot export"):
        said = visitor.run("export", "--checkpoint", str(run.relative_to(visitor.folder)), "--output", "bundle")
    if "golden vectors" not in said:
        raise Failed(f"wildrobot export:\n{said[-3000:]}")
    with told("wildrobot verify: a policy of ten iterations"):
        said = visitor.run("verify", "bundle", *SHORT_GATE, allowed=(0, 1))
    if "# Policy card" not in said:
        raise Failed(f"wildrobot verify:\n{said[-3000:]}")


def check_launchers(arguments: argparse.Namespace, scratch: Path) -> None:
    """The one-liners that install into an environment of their own and run."""
    python, wheel = str(arguments.python), str(arguments.wheel.resolve())
    environment = {**clean_environment(scratch / "home"), "PIPX_HOME": str(made(scratch / "pipx"))}
    environment |= {"PIPX_BIN_DIR": str(scratch / "bin"), "UV_PYTHON_DOWNLOADS": "never"}
    for command in (
        ["uvx", "--python", python, "--from", wheel, "wildrobot", "--version"],
        ["pipx", "run", "--python", python, "--spec", wheel, "wildrobot", "--version"],
        ["pipx", "install", "--python", python, wheel],
        [str(scratch / "bin" / "wildrobot"), "--version"],
    ):
        if not shutil.which(command[0]):
            print(f"NOT TRIED: {command[0]} is not there")
            continue
        with told(" ".join([*command[:2], "…", command[-1]])):
            run_aside(command, environment)


def check_page(visitor: Stranger) -> None:
    """Plays until the robot walks and its page is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        output, started = Path(folder) / "told", time.monotonic()
        process = visitor.start("play", "--port", str(port), output=output)
        try:
            end = time.monotonic() + PATIENCE
            while b"walking: open " not in output.read_bytes():
                if process.poll() is not None or time.monotonic() > end:
                    raise Failed(f"wildrobot play does not walk:\n{output.read_text(errors='replace')[-3000:]}")
                time.sleep(0.1)
            if (took := time.monotonic() - started) > WALKS_WITHIN:
                print(f"  SLOW: {took:.0f} s until it walks; {WALKS_WITHIN} s are promised on a machine that is free")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                if b"<html" not in answer.read().lower():
                    raise Failed("the page of wildrobot play is no page")
        finally:
            process.terminate()  # not SIGINT, which a job in the background is deaf to
            process.wait(60)


def run_aside(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONG, env=environment)
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
