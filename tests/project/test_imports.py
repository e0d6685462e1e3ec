"""The code depends in one direction, and only the lower layers know MuJoCo. Read from the source by AST."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "playground_amp"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Lower layers first; a module may import its own layer and lower ones. Same number: siblings that ignore each other.
LAYERS = {
    "robot": 1,
    "robots": 1,
    "configs": 2,  # whose numbers are scaled to a robot
    "physics": 3,
    "rendering": 4,
    "envs": 4,
    "amp": 4,
    "rollouts": 5,
    "motion": 6,  # for the task that envs sets: its commands, its gait clock
    "learning": 7,
    "runs": 8,
    "deploy": 9,
    "hardware": 10,  # the robot's side: needs deploy/runtime.py alone
    "policies": 11,
    "record": 12,
    "gates": 12,
    "doctor": 12,
    "report": 13,
    "compare": 14,  # whose page is made as that of report
    "cockpit": 13,
    "twin": 14,
    "identify": 14,  # whose page is made as that of report
    "cli": 15,
}
COMMANDS = 16  # modules of playground_amp itself: train.py, evaluate.py, ...
FOUNDATIONS = (
    "brax_api",
    "errors",
    "files",
    "outputs",
    "paths",
    "rotations",
    "telling",
    "untyped",
    "yaml_text",
)  # modules of the package itself, for everybody
SIMULATORS = ("mujoco", "mujoco_warp", "warp", "pydrake")
DOOR_TO_BRAX = "brax_api"
MAY_SIMULATE = ("robot", "physics", "rendering", "identify", "twin")


def layer_of(module: str) -> tuple[str, int]:
    """The folder and its number for a dotted name below playground_amp."""
    parts = module.split(".")
    folder = parts[1] if len(parts) > 1 else ""
    if folder in FOUNDATIONS:
        return folder, 0
    return (folder, LAYERS[folder]) if folder in LAYERS else ("", COMMANDS)


def imports_of(path: Path) -> Iterator[tuple[int, str, int]]:
    """Line, dotted name and level (0: absolute) of every import anywhere in a file, lazy ones too."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name, 0) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield node.lineno, module, node.level
            if module == PACKAGE.name:
                yield from ((node.lineno, f"{module}.{name.name}", 0) for name in node.names)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def breaches(path: Path) -> Iterator[str]:
    """What the imports of a file break, in words."""
    is_command = path.parent.name == PACKAGE.name and path.stem not in FOUNDATIONS
    folder, layer = ("", COMMANDS) if is_command else layer_of(module_of(path))
    for line, name, level in imports_of(path):
        place = f"{path.relative_to(ROOT)}:{line}"
        if name.split(".")[0] == "brax" and folder != DOOR_TO_BRAX:
            yield f"{place} imports {name}: only {DOOR_TO_BRAX} may"
        if level:
            yield f"{place} imports relatively"
        elif name.split(".")[0] in SIMULATORS and folder not in MAY_SIMULATE:
            yield f"{place} imports {name}: only {' and '.join(MAY_SIMULATE)} may"
        elif name.startswith(f"{PACKAGE.name}."):
            other, other_layer = layer_of(name)
            if other_layer > layer or (other_layer == layer != COMMANDS and other != folder and other_layer):
                yield f"{place} imports {name}: {folder or 'commands'} may not depend on {other or 'commands'}"


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.relative_to(PACKAGE).parts[0] for path in SOURCES if path.parent != PACKAGE}
    assert folders <= {*LAYERS, *FOUNDATIONS}


def test_imports_go_one_way() -> None:
    assert [breach for path in SOURCES for breach in breaches(path)] == []


@pytest.mark.parametrize(
    ("source", "breach"),
    [
        ("import mujoco.mjx", "imports mujoco.mjx"),
        ("def f():\n    from playground_amp.runs.loop import train", "may not depend on runs"),
        ("from playground_amp import gates", "may not depend on gates"),
        ("from playground_amp.amp import features", "may not depend on amp"),
        ("from playground_amp import train", "may not depend on commands"),
        ("from .rewards import alive", "imports relatively"),
        ("def f():\n    from brax.training.types import Transition", "only brax_api may"),
    ],
)
def test_a_breach_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, breach: str) -> None:
    path = tmp_path / "playground_amp" / "envs" / "made_up.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (found,) = breaches(path)
    assert breach in found


def test_no_module_hides_one_of_the_standard_library() -> None:
    # `python playground_amp/train.py` puts this folder first on the path.
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert names & sys.stdlib_module_names == set()
