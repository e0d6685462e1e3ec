"""Every command that the README, the pages and the training guide show is one that the programs take."""

import argparse
import re
import runpy
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from playground_amp.cli.commands import COMMANDS
from playground_amp.cli.parser import CommandParser
from playground_amp.cli.run import build_parser as run_parser

ROOT = Path(__file__).parents[2]
NAMES = "|".join(command.name for command in COMMANDS if command.has_script)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# Those of the training guide, which is kept elsewhere.
GUIDE = [
    "playground_amp/train.py --verify",
    "playground_amp/train.py --num-iterations 100 --num-envs 16",
    "playground_amp/train.py --num-iterations 3000 --num-envs 2048",
    "playground_amp/train.py --enable-amp --amp-weight 1.0",
    "playground_amp/train.py --config configs/wildrobot_phase3_training.yaml --set lr=0.001",
    "playground_amp/train.py --set trainer.lr=0.001 --set trainer.gamma=0.95 --set trainer.num_envs=32",
    "playground_amp/train.py --num-iterations 3000 --num-envs 2048 --enable-amp --amp-weight 1.0 "
    "--checkpoint-dir checkpoints/production_run",
    "playground_amp/train.py --verify --no-wandb",
    "playground_amp/train.py --num-envs 512  # Instead of 2048",
]


def commands_in(text: str) -> list[str]:
    """The commands of a text as scripts with their arguments: `wildrobot train …`, and what follows `python`.

    Lines that end in a backslash are joined. In a sentence a command counts that has flags; `--gate …` stands for any.
    """
    text = text.replace("\\\n", " ")
    scripts = re.findall(r"python ((?:playground_amp|benchmarks)/\w+\.py[^`\n]*)", text)
    named = re.findall(rf"^(?: *|.venv/bin/)wildrobot ((?:{NAMES})\b[^`\n]*)", text, re.MULTILINE)
    in_sentences = re.findall(rf"`wildrobot ((?:{NAMES}) (?:[a-z]+ )?--[^`…]*)`", text)
    return [*scripts, *(as_script(command) for command in [*named, *in_sentences])]


def as_script(command: str) -> str:
    """`train --verify` → `playground_amp/train.py --verify`."""
    name, _, arguments = command.partition(" ")
    return f"playground_amp/{name}.py {arguments}".strip()


def make_commands_in(text: str) -> list[str]:
    """What follows `make`, in a line of code or in backticks: targets and variables."""
    return re.findall(r"(?:^|`|&& )make ((?:[A-Z]+=|[a-z])[^`#&\n]*)", text, re.MULTILINE)


DOCUMENTED = sorted({command.strip() for page in PAGES for command in commands_in(page.read_text())})
# But those of a run, a robot or a recording that a reader has made.
OF_A_READER = re.compile(r"<|--robot robots/|/task\.yaml")
TRAINING = [command for command in DOCUMENTED if "/train.py" in command and not OF_A_READER.search(command)]


class Parsed(Exception):
    """The command line was taken."""


def run(command: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Runs the script as typed, in this process."""
    script, *arguments = shlex.split(command, comments=True)
    monkeypatch.setattr(sys, "argv", [script, *arguments, *more])
    monkeypatch.syspath_prepend(str((ROOT / script).parent))  # as Python does for a script
    runpy.run_path(str(ROOT / script), run_name="__main__")


def test_commands_are_found_in_the_pages() -> None:
    assert commands_in("see `wildrobot train --resume a b`, `wildrobot train` and `wildrobot evaluate --gate …`") == [
        "playground_amp/train.py --resume a b"
    ]
    assert commands_in("x\n.venv/bin/python playground_amp/a.py --b 1 \\\n  --c\n`python benchmarks/d.py`") == [
        "playground_amp/a.py --b 1    --c",
        "benchmarks/d.py",
    ]
    assert commands_in("wildrobot play\n| it walks | `wildrobot robot init` |\n    wildrobot doctor # b") == [
        "playground_amp/play.py",
        "playground_amp/doctor.py # b",
    ]
    assert {command.split()[0] for command in DOCUMENTED} >= {
        "playground_amp/train.py",
        "playground_amp/evaluate.py",
        "playground_amp/export.py",
    }


def test_what_make_is_asked_for_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())
    variables = set(re.findall(r"\$\(([A-Z_]+)\)", makefile))
    asked = [command for page in PAGES for command in make_commands_in(page.read_text())]
    words = {word for command in asked for word in command.split()}
    assert {word for word in words if "=" not in word} >= {"walk", "play", "test"}
    assert {word for word in words if "=" not in word} - targets == set()
    assert {word.partition("=")[0] for word in words if "=" in word} - variables == set()
    table = (ROOT / "docs" / "commands.md").read_text().partition("## `make`")[2].partition("## `")[0]
    named = {*re.findall(r"`([\w-]+)`", table)}
    assert targets - {"more-extras"} - named == set()
    assert {name for name in named if name.isupper()} - variables == set()


@pytest.mark.parametrize("command", [*GUIDE, *DOCUMENTED])
def test_arguments_are_taken(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_after(parse: Any) -> Any:
        def parse_and_stop(parser: argparse.ArgumentParser, *arguments: Any) -> NoReturn:
            raise Parsed(parse(parser, *arguments))

        return parse_and_stop

    for parser in (argparse.ArgumentParser, CommandParser):
        monkeypatch.setattr(parser, "parse_args", stop_after(parser.parse_args))
    with pytest.raises(Parsed):
        run(command, monkeypatch)


@pytest.mark.parametrize("command", [*GUIDE, *TRAINING])
def test_the_configuration_of_a_training_command_is_whole(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run(command, monkeypatch, "--print-config")
    assert ended.value.code == 0
    assert {"env", "trainer", "reward_weights"} <= set(yaml.safe_load(capsys.readouterr().out))


def shell_lines() -> list[tuple[str, str]]:
    """Page and line of all that stands in blocks for a shell, without comments."""
    lines = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text().replace("\\\n", " "), re.DOTALL):
            lines += [(page.name, line.partition(" # ")[0].strip()) for line in block.splitlines()]
    return [(page, line) for page, line in lines if line and not line.startswith("#")]


def test_every_line_for_a_shell_is_of_a_kind_that_is_tested() -> None:
    """What is neither a command of ours nor one of a system's is looked at here: extras, examples, the robot's file."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    unknown = []
    for page, line in shell_lines():
        match shlex.split(line):
            case ["make" | "wildrobot" | ".venv/bin/wildrobot" | "source" | "eval" | "apt-get" | "pipx" | "uvx", *_]:
                pass
            case ["pip", "install", *words]:
                named = {name for word in words for name in re.findall(r"\[(.*)\]", word)}
                assert {each for names in named for each in names.split(",")} <= set(extras), f"{page}: {line}"
            case ["python", script, *_] if script.startswith(("playground_amp/", "benchmarks/", "examples/")):
                assert (ROOT / script).is_file(), f"{page}: {line}"
            case ["python3", script, *arguments] if script.endswith("run.pyz"):
                assert run_parser(Path("bundle")).parse_args(arguments).hardware, f"{page}: {line}"
            case _:
                unknown.append(f"{page}: {line}")
    assert unknown == []
