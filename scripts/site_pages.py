"""What `make docs` adds to the pages in docs/: those at the top of the repository, and the API from its docstrings.

A hook of MkDocs (mkdocs.yml). Links to files that are no pages lose their link and keep their text: a site that is read
elsewhere has no such files.
"""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "playground_amp"
AT_THE_TOP = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
_SOURCES = {page: ROOT / source for source, page in AT_THE_TOP.items()}
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<path>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages of the API behind those of the reference."""
    reference = next(section["Reference"] for section in config.nav or [] if "Reference" in section)
    reference.append({"API": [{room.name: f"api/{room.name}.md"} for room in _rooms()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are not in docs/."""
    for page, source in _SOURCES.items():
        files.append(File.generated(config, page, content=source.read_text(encoding="utf-8")))
    for room in _rooms():
        files.append(File.generated(config, f"api/{room.name}.md", content="\n".join(_api(room))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Makes links lead to pages of the site."""
    source = _SOURCES.get(page.file.src_uri, DOCS / page.file.src_uri)
    return with_site_links(markdown, source, page.file.src_uri)


def with_site_links(markdown: str, source: Path, page: str) -> str:
    """Markdown of a file of the repository with the links that it has on a page of the site."""

    def on_site(link: re.Match[str]) -> str:
        target = (source.parent / link["path"]).resolve()
        if not target.exists():
            return link[0]  # MkDocs says so
        if target.is_relative_to(DOCS):
            name = target.relative_to(DOCS).as_posix()
        elif target.parent == ROOT and target.name in AT_THE_TOP:
            name = AT_THE_TOP[target.name]
        else:
            return link["text"]
        path = os.path.relpath(name, Path(page).parent).replace(os.sep, "/")
        return f"{link['image']}[{link['text']}]({path}{link['anchor'] or ''})"

    return _LINK.sub(on_site, markdown)


def _rooms() -> list[Path]:
    """Folders of the package that hold modules with something in them."""
    return sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").exists() and any(_modules(path)))


def _modules(room: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(room.rglob("*.py")):
        if not (path.parent / "__init__.py").exists():
            continue  # what a robot takes along
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if ast.parse(path.read_text(encoding="utf-8")).body:
            yield name, path


def _api(room: Path) -> Iterator[str]:
    yield f"# {room.name}\n"
    for name, path in _modules(room):
        if path.name != "__init__.py":
            yield f"::: {name}\n"
