"""What pages and sources cite is there: files of this repository, and checkpoints that a command shown writes."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground_amp.configs.loader import load_config
from playground_amp.paths import PACKAGE

ROOT = Path(__file__).parents[2]
HISTORY = ("CHANGELOG.md", "docs/research_log.md")  # tell of files as they were
PAGES = [
    page for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]) if str(page.relative_to(ROOT)) not in HISTORY
]
SOURCES = [
    ROOT / "Makefile",
    *(path for folder in ("playground_amp", "benchmarks", "scripts") for path in sorted((ROOT / folder).rglob("*.*"))),
]
CITING = [*PAGES, *(path for path in SOURCES if path.suffix in (".py", ".sh", ".yaml", ".xml", ".j2", ""))]
FOLDERS = ("playground_amp", "tests", "benchmarks", "scripts", "docs", "policies")


def cited_paths(text: str) -> Iterator[str]:
    """Paths from the root of the repository, and in backticks those from the package: `gates/cells.py`."""
    yield from re.findall(rf"(?<![\w/.*-])((?:{'|'.join(FOLDERS)})/[\w./-]*\w)(?![\w/]*[<*])", text)
    yield from re.findall(r"`(\w+/[\w/]+\.\w+)`", text)


def is_there(path: str) -> bool:
    return any((folder / path).exists() for folder in (ROOT, ROOT / "playground_amp"))


def written_checkpoints(text: str) -> set[str]:
    """The last checkpoint of every training command in a text whose flags or configuration say its iterations."""
    commands = re.findall(r"(?:train\.py|wildrobot train)([^`\n]*)", text.replace("\\\n", " "))
    found = set()
    for command in commands:
        folder = re.search(r"--(?:checkpoint-dir|resume) (checkpoints/\w+)", command)
        iterations = re.search(r"--num-iterations (\d+)", command)
        config = re.search(r"--config (\S+)", command)
        if folder and iterations:
            found.add(f"{folder[1]}/final_iter_{iterations[1]}.pkl")
        elif folder and config:
            path = next(root / config[1] for root in (ROOT, PACKAGE) if (root / config[1]).exists())
            found.add(f"{folder[1]}/final_iter_{load_config(path).trainer.num_iterations}.pkl")
    return found


def test_citations_are_found_in_a_text() -> None:
    text = "see tests/a/test_b.py, `gates/cells.py` and `checkpoints/mine/x`; configs/<name>.yaml, docs/play.md."
    assert list(cited_paths(text)) == ["tests/a/test_b.py", "docs/play.md", "gates/cells.py"]
    assert written_checkpoints("python train.py --num-iterations 5 \\\n --checkpoint-dir checkpoints/a --no-wandb") == {
        "checkpoints/a/final_iter_5.pkl"
    }


def test_every_file_cited_is_there() -> None:
    generated = ("checkpoints/", "best/", "site/")  # by commands
    cited = {(path, name) for path in CITING for name in cited_paths(path.read_text(encoding="utf-8"))}
    assert {(path, name) for path, name in cited if not name.startswith(generated) and not is_there(name)} == set()


@pytest.mark.skipif(shutil.which("make") is None, reason="make says what its targets run")
def test_every_checkpoint_cited_is_one_that_a_command_writes() -> None:
    dry_run = [shutil.which("make") or "", "--dry-run", "walk", "steer", "walk-amp", "robust", "rough"]
    made = subprocess.run(dry_run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pages = "\n".join(page.read_text() for page in PAGES)
    checkpoint = r"checkpoints/\w+/final_iter_\d+\.pkl"
    written = written_checkpoints(made) | written_checkpoints(pages) | set(re.findall(checkpoint, made))
    assert set(re.findall(checkpoint, pages)) - written == set()
