"""Where the package's own files lie, and how its commands are typed."""

import shlex
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent  # the checkout, where there is one
CONFIGS = PACKAGE / "configs"
STANDARD = CONFIGS / "wildrobot_phase3_training.yaml"
ROBUST = CONFIGS / "wildrobot_robust.yaml"  # full ranges of everything that is randomized
TRACKER = CONFIGS / "wildrobot_tracker.yaml"  # what the policy that follows clips is trained by
ROBOTS = PACKAGE / "robots"
DEFAULT_ROBOT = "wildrobot"  # whose numbers the configurations hold


def find_config(path: Path) -> Path:
    """The path as given, or relative to the package where there is no such file: `configs/….yaml` works anywhere."""
    in_package = PACKAGE / path
    return in_package if not path.exists() and in_package.exists() else path


def command_line(script: str, *arguments: object) -> str:
    """A command of this package as a person can type it here: `python playground_amp/train.py --resume 'my run'`."""
    path = PACKAGE / script
    shown = path.relative_to(PROJECT) if Path.cwd() == PROJECT else path
    return shlex.join(["python", str(shown), *map(str, arguments)])
