"""`wildrobot`: one table from which commands, help and completion follow."""

import os
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import playground_amp
from playground_amp.cli import program
from playground_amp.cli.commands import COMMANDS
from playground_amp.cli.completion import SHELLS
from playground_amp.cli.parser import run_command
from playground_amp.errors import UserError
from playground_amp.paths import PACKAGE, PROJECT, command_line, extra_hint, shown_command

NAMES = [command.name for command in COMMANDS]
HEAVY = {"jax", "numpy", "mujoco", "pydantic", "matplotlib"}


def test_every_command_has_its_script_and_every_script_its_command() -> None:
    scripts = {path.stem for path in PACKAGE.glob("[!_]*.py") if 'if __name__ == "__main__"' in path.read_text()}
    assert scripts == {command.name for command in COMMANDS if command.has_script}
    for name in scripts:
        text = (PACKAGE / f"{name}.py").read_text()
        assert text.startswith(f'"""`wildrobot {name}` ')
        assert f"from playground_amp.cli.{name} import main" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/anywhere/wildrobot", name, "--help"])
    try:
        status = program.main([name, "--help"])
    except SystemExit as ended:
        status = ended.code
    assert status == 0
    assert f"usage: wildrobot {name}" in capsys.readouterr().out


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if line.startswith("  ")] == NAMES
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out == f"wildrobot {playground_amp.__version__}\n"


def test_what_is_no_command_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'trian' is no command of wildrobot, did you mean train\?"):
        program.main(["trian", "--verify"])


def test_a_package_that_is_missing_is_named_with_what_installs_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: import_module("no_such_package.part").main(), computes=False)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: the package no_such_package is not installed: make setup")
    with pytest.raises(ModuleNotFoundError):  # a fault of ours
        run_command(lambda: import_module("playground_amp.no_such_room").main(), computes=False)


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_telling_what_there_is_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    code = (
        f"import sys; from playground_amp.cli.program import main; main({words}); print(sys.modules.keys() & {HEAVY})"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"


def completed(line: str, folder: Path) -> list[str]:
    """What the shell is answered at the end of a line."""
    pytest.importorskip("argcomplete")
    answer = folder / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "COMP_LINE": line}
    environment = {**os.environ, **asked, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    command = [sys.executable, "-m", "playground_amp"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout == ""
    return [word.strip() for word in answer.read_text().split("\013")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wildrobot tr", ["train"]),
        ("wildrobot train --num-e", ["--num-envs"]),
        ("wildrobot train --physics nat", ["native"]),
        ("wildrobot train --set trainer.lr_r", ["trainer.lr_range="]),
        ("wildrobot evaluate --gate rob", ["robust"]),
        ("wildrobot motion gen", ["generate"]),
        ("wildrobot motion check --rob", ["--robot"]),
        ("wildrobot motion check --robot wildrobot_a", ["wildrobot_arms"]),
    ],
)
def test_the_shell_completes_what_the_commands_take(line: str, expected: list[str], tmp_path: Path) -> None:
    assert completed(line, tmp_path) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_the_code_for_a_shell_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("argcomplete")
    assert program.main(["completion", shell]) == 0
    assert "wildrobot" in capsys.readouterr().out


def test_on_windows_one_sentence_is_said() -> None:
    code = "import sys; sys.platform = 'win32'; import playground_amp.cli.program"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.startswith("error: WildRobot runs on Linux and macOS")
    assert ran.stderr.count("\n") == 1


def test_commands_are_printed_as_this_process_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "bin" / "wildrobot"
    installed.parent.mkdir()
    installed.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(installed), "train"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert shlex.split(command_line("play", Path("my run"))) == [str(installed), "play", "my run"]
    monkeypatch.setenv("PATH", str(installed.parent))
    assert command_line("play", Path("my run")) == "wildrobot play 'my run'"
    assert shown_command("play") == "wildrobot play"
    monkeypatch.setattr(sys, "argv", [str(PACKAGE / "__main__.py")])
    assert command_line("play") == "python -m playground_amp play"


def test_outside_a_checkout_the_package_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_command("train") == "python playground_amp/train.py"
    assert extra_hint("deploy") == "make setup EXTRAS=deploy"
    monkeypatch.setattr("playground_amp.paths.PROJECT", tmp_path)
    assert tmp_path != PROJECT
    assert (command_line("train"), shown_command("train")) == ("wildrobot train", "wildrobot train")
    assert extra_hint("deploy") == "pip install 'wildrobot[deploy]'"


@pytest.mark.parametrize("name", ["motion", "robot"])
def test_help_of_a_command_within_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for inner in import_module(f"playground_amp.cli.{name}").COMMANDS:
        with pytest.raises(SystemExit) as ended:
            program.main([name, inner, "--help"])
        assert ended.value.code == 0
        assert f" {inner} [-h]" in capsys.readouterr().out
