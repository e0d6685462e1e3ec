"""The package as others get it: one version, all its data, no trap for other file systems."""

import fnmatch
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml

import playground_amp
from playground_amp.robot.models import shipped_policy

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "playground_amp"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]


def tracked() -> list[Path]:
    """The files of the repository, from its root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no clone: git says what belongs to the project")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name]


def is_matched(path: Path, patterns: list[str]) -> bool:
    """Whether a file in the package is package data: patterns are relative to its folder or to one above."""
    ways = ["/".join(path.parts[start:]) for start in range(1, len(path.parts))]
    return any(
        fnmatch.fnmatchcase(way, pattern) and way.count("/") == pattern.count("/")
        for way in ways
        for pattern in patterns
    )


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert SETUPTOOLS["dynamic"]["version"] == {"attr": "playground_amp.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", playground_amp.__version__)


def test_the_changelog_tells_of_this_version_first() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == playground_amp.__version__
    assert len(set(headings)) == len(headings)


def test_every_file_of_the_package_is_in_the_wheel() -> None:
    data, left_out = SETUPTOOLS["package-data"]["*"], SETUPTOOLS["exclude-package-data"]["*"]
    others = [path for path in tracked() if path.parts[0] == PACKAGE.name and path.suffix != ".py"]
    assert others
    missing = [path for path in others if not is_matched(path, data) and not is_matched(path, left_out)]
    assert missing == []


def test_no_two_names_differ_by_case_alone() -> None:
    spelled = Counter(str(path).casefold() for path in tracked())
    assert [name for name, times in spelled.items() if times > 1] == []


def test_the_policy_that_ships_is_the_one_that_the_pages_call_policies_walk() -> None:
    assert (ROOT / "policies" / "walk").resolve() == shipped_policy("wildrobot")


def test_the_license_is_said_and_there() -> None:
    assert PROJECT["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_all_extras_are_known_and_none_needs_another() -> None:
    assert {"gpu", "robot", "deploy", "drake", "dev"} <= set(PROJECT["project"]["optional-dependencies"])


def test_every_dependency_has_a_version_that_is_known_to_work() -> None:
    pinned = {name_of(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(each for extra in sorted(extras) for each in extras[extra])]
    assert {name_of(each) for each in wanted} - pinned == set()


def name_of(requirement: str) -> str:
    """The name of a distribution as an index compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def test_commits_are_checked_by_the_ruff_that_make_lint_uses() -> None:
    (pinned,) = re.findall(r"^ruff==.*$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["additional_dependencies"] for hook in hooks] == [[pinned]] * 2


def test_the_public_check_runs_the_projects_own_and_every_python_that_is_named() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert "bash .ci/run" in [step.get("run") for step in jobs["check"]["steps"]]
    tried = jobs["wheel"]["strategy"]["matrix"]["python"]
    prefix = "Programming Language :: Python :: 3."
    named = [each for each in PROJECT["project"]["classifiers"] if each.startswith(prefix)]
    assert [f"{prefix}{version.removeprefix('3.')}" for version in tried] == named
