"""Makes wheel and sdist in dist/ and holds them against everything that a release has to be: `make release`.

Version and changelog agree and are new, nothing is uncommitted, the wheel holds what git knows and nothing else, and
the sdist gives the same wheel. `scripts/try_wheel.py` then has a stranger use the wheel, under every Python named.
"""

import argparse
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, DIST = "playground_amp", ROOT / "dist"
LEFT_OUT = "policy/report.html"  # by pyproject.toml
VERSION = re.findall(r'^__version__ = "(.*)"$', (ROOT / PACKAGE / "__init__.py").read_text(), re.MULTILINE)[0]
PYENV = Path.home() / ".pyenv" / "versions"


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the files of a release and checks them.")
    parser.add_argument("pythons", nargs="*", metavar="PYTHON", help="Pythons to try the wheel with")
    parser.add_argument("--build-only", action="store_true", help="no questions about version and uncommitted files")
    arguments = parser.parse_args()
    if not arguments.build_only:
        for problem in problems():
            sys.exit(f"no release: {problem}")
    wheel = build()
    if found := differences(wheel):
        sys.exit("no release: the wheel is not what git knows:\n" + "\n".join(found))
    print(f"{wheel.relative_to(ROOT)} holds what git knows and nothing else; the sdist gives the same")
    for name in arguments.pythons:
        python = find_python(name)
        if python is None:
            print(f"NOT TRIED with {name}: it is not installed")
            continue
        print(f"with {python}:", flush=True)
        if subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "try_wheel.py"), str(wheel), "--python", python]
        ).returncode:
            return 1
    return 0


def problems() -> Iterator[str]:
    """What keeps this from being a release."""
    if changed := git("status", "--porcelain"):
        yield f"files are not committed:\n{changed}"
    heading = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    if heading is None or heading[1] != VERSION:
        yield f"CHANGELOG.md begins with {heading and heading[1]}, and the version is {VERSION}"
    tagged = git("tag", "--list", f"v{VERSION}", "--points-at", "HEAD")
    if not tagged and git("tag", "--list", f"v{VERSION}"):
        yield f"{VERSION} has been released: raise __version__ in {PACKAGE}/__init__.py"


def build() -> Path:
    """The wheel, by way of the sdist, of what is committed."""
    for old in DIST.glob("wildrobot-*"):
        old.unlink()
    run([sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)])
    (wheel,) = DIST.glob("*.whl")
    return wheel


def differences(wheel: Path) -> list[str]:
    """What the wheel lacks, and what is foreign in it or written otherwise."""
    listed = git("ls-files", "-z", PACKAGE).split("\0")
    known = {name for name in listed if name and not name.endswith(LEFT_OUT)}
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        lines = [f"  lacks {name}" for name in sorted(known - inside)]
        lines += [f"  foreign: {name}" for name in sorted(inside - known)]
        lines += [
            f"  differs: {name}" for name in sorted(known & inside) if archive.read(name) != (ROOT / name).read_bytes()
        ]
    return lines


def find_python(name: str) -> str | None:
    """A Python by its name, on the path or pyenv's, that runs."""
    of_pyenv = sorted(PYENV.glob(f"{name.removeprefix('python')}.*/bin/python"))
    for candidate in (shutil.which(name), *map(str, of_pyenv)):
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return candidate
    return None


def git(*arguments: str) -> str:
    return run(["git", "-C", str(ROOT), *arguments]).strip("\n")


def run(command: Sequence[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"no release: {' '.join(command)} ended with {ran.returncode}:\n{ran.stderr[-3000:]}")
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
