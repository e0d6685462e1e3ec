"""What the commands do with their flags."""

import sys

if sys.platform == "win32":
    sys.exit("error: WildRobot runs on Linux and macOS; on Windows, under WSL 2 (docs/installation.md)")
