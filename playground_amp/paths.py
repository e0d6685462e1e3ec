"""Where the package's own files lie, and how its commands are typed."""

import os
import shlex
import shutil
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent  # the checkout, where there is one
PROGRAM = "wildrobot"  # the console entry point
CONFIGS = PACKAGE / "configs"
STANDARD = CONFIGS / "wildrobot_phase3_training.yaml"
ROBUST = CONFIGS / "wildrobot_robust.yaml"  # full ranges of everything that is randomized
ROUGH = CONFIGS / "wildrobot_rough.yaml"  # the same on stairs, slopes, soft and slippery ground
TRACKER = CONFIGS / "wildrobot_tracker.yaml"  # what the policy that follows generated gaits is trained by
FOLLOWER = CONFIGS / "wildrobot_follower.yaml"  # likewise, any clips
ROBOTS = PACKAGE / "robots"
DEFAULT_ROBOT = "wildrobot"  # whose numbers the configurations hold


def find_config(path: Path) -> Path:
    """The path as given, or relative to the package where there is no such file: `configs/….yaml` works anywhere."""
    in_package = PACKAGE / path
    return in_package if not os.path.exists(path) and os.path.exists(in_package) else path


def command_line(command: str, *arguments: object) -> str:
    """A command as a person can type it here: `wildrobot train --resume 'my run'`, or as this process was called."""
    return shlex.join([*_program(command), *map(str, arguments)])


def shown_command(command: str) -> str:
    """The same for a page or a sentence, without paths of this machine."""
    by_script = _in_checkout() and not called_by_name()
    return f"python {PACKAGE.name}/{command}.py" if by_script else f"{PROGRAM} {command}"


def extra_hint(extra: str) -> str:
    """What installs an extra of this package."""
    return f"make setup EXTRAS={extra}" if _in_checkout() else f"pip install '{PROGRAM}[{extra}]'"


def install_hint() -> str:
    """What installs all that the commands of a computer need."""
    return "make setup && source .venv/bin/activate" if _in_checkout() else f"pip install {PROGRAM}"


def called_by_name() -> bool:
    """Whether this process is `wildrobot` or `python -m playground_amp`."""
    return Path(sys.argv[0]).name == PROGRAM or _called_as_module()


def _program(command: str) -> list[str]:
    if _called_as_module():
        return ["python", "-m", PACKAGE.name, command]
    called = Path(sys.argv[0])
    if called.name == PROGRAM:
        found = shutil.which(PROGRAM)
        return [PROGRAM if found and called.resolve() == Path(found).resolve() else str(called), command]
    if not _in_checkout():
        return [PROGRAM, command]
    script = PACKAGE / f"{command}.py"
    return ["python", str(script.relative_to(PROJECT) if _current_folder() == PROJECT else script)]


def _current_folder() -> Path | None:
    """None where somebody has removed it under this process."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def _called_as_module() -> bool:
    return Path(sys.argv[0]).resolve() == PACKAGE / "__main__.py"


def _in_checkout() -> bool:
    return (PROJECT / "pyproject.toml").is_file()
