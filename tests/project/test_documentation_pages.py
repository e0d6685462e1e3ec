"""Pages that follow the code: some are made from it, each has its place on the site, every reward is explained."""

import re
import runpy
from pathlib import Path

import pytest

from playground_amp.configs.keys import leaf_keys, section_at
from playground_amp.envs.payment import TERMS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "playground_amp"


@pytest.mark.parametrize("name", [path.name.removesuffix("_page.py") for path in ROOT.glob("scripts/*_page.py")])
def test_a_page_that_is_made_is_current(name: str) -> None:
    made = runpy.run_path(str(ROOT / "scripts" / f"{name}_page.py"))["page"]()
    assert (DOCS / f"{name}.md").read_text() == made, f"run `make docs`, or python scripts/{name}_page.py"
    assert re.search(rf"^PAGES := .*\b{name}\b", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_page_has_its_place_on_the_site() -> None:
    named = re.findall(r"^ +- (?:[\w ']+: )?(\w+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    at_the_top = {"index.md", "changelog.md", "contributing.md"}
    assert sorted(named) == sorted(at_the_top | {page.name for page in DOCS.glob("*.md")}), "see nav: in mkdocs.yml"


@pytest.mark.parametrize("key", leaf_keys())
def test_every_key_says_what_it_means(key: str) -> None:
    *parents, name = key.split(".")
    section = section_at(parents)
    assert section is not None
    assert section.model_fields[name].description
    assert f"| `{name}` |" in (DOCS / "configuration.md").read_text()


def test_every_reward_term_is_explained() -> None:
    page = (DOCS / "rewards.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == sorted(TERMS)


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_design_lists_every_command_and_every_folder() -> None:
    table = (DOCS / "design.md").read_text().partition("| folder of `playground_amp/`")[2]
    first_cells = " ".join(re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE))
    scripts = [path for path in PACKAGE.glob("[!_]*.py") if 'if __name__ == "__main__"' in path.read_text()]
    assert sorted(re.findall(r"`(\w+\.py)`", first_cells)) == sorted(path.name for path in scripts)
    layers = runpy.run_path(str(ROOT / "tests" / "project" / "test_imports.py"))["LAYERS"]
    assert sorted(re.findall(r"`(\w+)/`", first_cells)) == sorted(layers)


def test_the_first_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
