"""Where the project and the tests lie."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
HELPERS = TESTS / "helpers"
BUNDLE = ROOT / "policies" / "walk"  # the bundled policy
