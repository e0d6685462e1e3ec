"""What runs on the robot needs the standard library, NumPy and pyserial alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from playground_amp.paths import PACKAGE

SOURCES = sorted((PACKAGE / "hardware").rglob("*.py"))
OWN = ("deploy.runtime", "deploy.control_loop", "errors", "files", "outputs", "rotations", "telling", "hardware")
WHERE_NEEDED = {"serial", "dynamixel_sdk", "scservo_sdk", "gpiod", "adafruit_bno08x", "board", "busio", "digitalio"}
HEAVY = ("jax", "mujoco", "pydantic", "yaml", "rich", "scipy", "matplotlib", "serial", "dynamixel_sdk", "scservo_sdk")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_heavy_is_imported(path: Path) -> None:
    tree = ast.parse(path.read_text())
    top = {node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                assert is_light(name) or (node not in top and name.split(".")[0] in WHERE_NEEDED), name


def is_light(name: str) -> bool:
    root, _, rest = name.partition(".")
    if root == PACKAGE.name:
        return any(rest == own or rest.startswith(f"{own}.") for own in OWN)
    return root == "numpy" or root in sys.stdlib_module_names


def test_it_all_runs_where_nothing_heavy_can_be_imported() -> None:
    files = [path.relative_to(PACKAGE.parent).with_suffix("") for path in SOURCES if path.stem != "__init__"]
    modules = [".".join(path.parts) for path in files]
    program = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None
for name in {modules!r}:
    __import__(name)
from playground_amp.hardware.hardware_file import parse_hardware
from playground_amp.hardware.hardware_writing import hardware_text
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=PACKAGE.parent)
