"""The shape of the code: no circles, files and functions of a size that can be read, no robot known by heart."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from playground_amp.paths import PACKAGE

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if PACKAGE / "robots" not in path.parents)
LONGEST_FILE, LONGEST_FUNCTION = 250, 45  # lines
PARSERS_AND_TABLES = re.compile(r"(build_parser|_add_\w+_flags|\w+_parts)$")  # nothing is gained by cutting those
ONE_FILE_BY_DESIGN = {"deploy/runtime.py"}  # it travels to the robot alone
FORBIDDEN_NUMBERS = {"11", "12", "17", "18", "28", "44", "9.81"}  # sizes of one robot, and the gravity of one planet
NAMES_OF_ONE_ROBOT = re.compile(
    r"\b(?:(?:left|right)_(?:hip_pitch|hip_roll|knee_pitch|ankle_pitch|ankle_roll)|waist_yaw)\b|\bHTD\b"
)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_a_file_can_be_read_at_one_sitting() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: n for name, n in lines.items() if n > LONGEST_FILE and name not in ONE_FILE_BY_DESIGN} == {}


def test_a_function_fits_a_screen() -> None:
    assert {path: found for path in SOURCES if (found := long_functions(path.read_text()))} == {}


def long_functions(source: str) -> dict[str, int]:
    """Lines of the functions that are too long, by name."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    lines = {
        f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno and not PARSERS_AND_TABLES.match(f.name)
    }
    return {name: n for name, n in lines.items() if n > LONGEST_FUNCTION}


def test_no_code_knows_one_robot_by_heart() -> None:
    known = {name_of(path): list(known_by_heart(path.read_text())) for path in SOURCES}
    assert {name: found for name, found in known.items() if found} == {}


def known_by_heart(source: str) -> Iterator[str]:
    """Numbers and names in code that are those of one robot; comments and docstrings may name an example."""
    docstrings = {
        node.body[0].value.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NUMBER and token.string in FORBIDDEN_NUMBERS:
            yield f"line {token.start[0]}: {token.line.strip()}"
        if token.type == tokenize.STRING and token.start[0] not in docstrings:
            yield from (f"line {token.start[0]}: {found}" for found in NAMES_OF_ONE_ROBOT.findall(token.string))
        if token.type == tokenize.NAME and NAMES_OF_ONE_ROBOT.search(token.string):
            yield f"line {token.start[0]}: {token.string}"


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    known = {module_of(path) for path in SOURCES}
    graph = {module_of(path): set(modules_imported(path, known)) for path in SOURCES}
    assert circle_in(graph) is None


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def modules_imported(path: Path, known: set[str]) -> Iterator[str]:
    """Modules of the package, all of which are known, that a file imports, lazily too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (
                name if name in known else node.module for name in names if name in known or node.module in known
            )


def circle_in(graph: dict[str, set[str]]) -> list[str] | None:
    """The modules of a circle, in order, if there is one."""
    done: set[str] = set()

    def visit(module: str, way: list[str]) -> list[str] | None:
        if module in way:
            return way[way.index(module) :]
        if module in done:
            return None
        for other in sorted(graph.get(module, set()) - {module}):
            if circle := visit(other, [*way, module]):
                return circle
        done.add(module)
        return None

    return next((circle for module in sorted(graph) if (circle := visit(module, []))), None)


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_a_long_function_is_found() -> None:
    source = "def f():\n" + LONGEST_FUNCTION * "    x = 1\n"
    assert long_functions(source) == {"f": LONGEST_FUNCTION + 1}
    assert long_functions(source.replace("def f", "def build_parser")) == {}


def test_what_is_known_by_heart_is_found() -> None:
    assert len(list(known_by_heart('x = 11\ny = "left_knee_pitch"\n"""Knows waist_yaw."""'))) == 2 + 1
    assert list(known_by_heart('def f():\n    """Of [11] joints, waist_yaw first."""\n    return 1  # 11')) == []


def test_no_two_test_files_have_one_name() -> None:
    names = [path.name for path in (PACKAGE.parent / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []  # pytest imports them by it
