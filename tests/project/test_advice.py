"""What errors advise exists, and helps: flags, commands and keys that they name, and advice that is followed."""

import ast
import re
import shlex
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployable import CONFIG, ROBOT_DATA, made_up_params
from paths import BUNDLE

from playground_amp.cli import evaluate, export, motion, play
from playground_amp.cli.commands import COMMANDS
from playground_amp.configs.keys import leaf_keys
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.motion.demonstrations import has_demonstrations, load_demonstrations
from playground_amp.motion.reference import starts_of
from playground_amp.paths import PACKAGE, STANDARD
from playground_amp.runs.checkpoint import save_policy

ERRORS = ("UserError", "BundleError")
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "robots" not in path.parts]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def texts_of(node: ast.AST) -> Iterator[str]:
    """The fixed parts of every text in a piece of code; `{}` stands for what is filled in."""
    inner = {id(part) for each in ast.walk(node) if isinstance(each, ast.JoinedStr) for part in each.values}
    for each in ast.walk(node):
        if isinstance(each, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in each.values)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in inner:
            yield each.value


def advice() -> dict[str, str]:
    """Every text of an error in the package, and where it stands."""
    calls = (
        (path, node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
    )
    return {text: f"{path.relative_to(PACKAGE)}:{node.lineno}" for path, node in calls for text in texts_of(node)}


ADVICE = advice()
FLAGS = {
    text
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.Call)
    for text in texts_of(node)
    if re.fullmatch(r"--[a-z][a-z-]+", text)
}


def found(pattern: str) -> dict[str, str]:
    """What errors name by a pattern, and where."""
    return {name: place for text, place in ADVICE.items() for name in re.findall(pattern, text)}


def test_every_flag_that_an_error_names_is_one_of_a_command() -> None:
    flags = found(r"(?<![\w-])(--[a-z][a-z-]+)(?!\w)")
    assert len(flags) > 15
    assert {flag: place for flag, place in flags.items() if flag not in FLAGS} == {}


def test_every_command_that_an_error_names_is_there() -> None:
    scripts = found(r"\b(\w+)\.py\b")
    commands = {command.name for command in COMMANDS} | {path.stem for path in SOURCES}
    assert {name: place for name, place in scripts.items() if name not in commands} == {}
    parts = found(r"motion\.py ([a-z]+)")
    assert {name: place for name, place in parts.items() if not hasattr(motion, name)} == {}


def test_every_key_that_an_error_sets_is_one_of_the_configuration() -> None:
    texts = (text for tree in TREES.values() for text in texts_of(tree))
    keys = {key for text in texts for key in re.findall(r"--set ([a-z_]+\.[a-z_.]+)=", text)}
    assert "env.reference_start_share" in keys
    assert keys <= set(leaf_keys())


def starts(settings: list[str]) -> object:
    return starts_of(load_config(STANDARD, settings))


def demonstrations(settings: list[str]) -> object:
    return load_demonstrations(load_config(STANDARD, settings))


def with_config(settings: list[str]) -> Config:
    return load_config(STANDARD, settings)


@pytest.mark.parametrize(
    ("act", "wrong", "advised"),
    [
        (with_config, ["trainer.num_envs=513"], r"(num_envs) .* use a multiple of (\d+)"),
        (with_config, ["trainr.lr=0.001"], r"did you mean (trainer\.lr)\?"),
        (with_config, ["lr"], r"for example --set (trainer\.lr=0\.001)"),
        (with_config, ["verify.num_envs=8"], r"did you mean (\S+)\?"),
        (starts, ["env.commands.forward=[-2, 2]"], r"--set (env\.reference_start_share=0)"),
    ],
)
def test_a_setting_that_an_error_advises_helps(
    act: Callable[[list[str]], object], wrong: list[str], advised: str
) -> None:
    with pytest.raises(UserError) as caught:
        act(wrong)
    named = re.search(advised, str(caught.value))
    assert named is not None, str(caught.value)
    act([*(setting for setting in wrong if act is starts), corrected(wrong[0], [*named.groups()])])


def corrected(wrong: str, advised: list[str]) -> str:
    """The setting as advised: whole, as a key for the value that was given, or as a value for the key."""
    *_, last = advised
    if "=" in last:
        return last
    return f"{wrong.partition('=')[0]}={last}" if last.isdigit() else f"{last}={wrong.partition('=')[2]}"


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_anyway(*_: object) -> None:
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


def follow(
    command: Callable[[list[str]], int], wrong: list[str], advised: str, right: Callable[..., list[str]]
) -> None:
    """Runs a command as an error of its own advises: then it begins its work."""
    with pytest.raises(UserError) as caught:
        command(wrong)
    named = re.search(advised, str(caught.value))
    assert named is not None, str(caught.value)
    with pytest.raises(AssertionError, match="the environment was built"):
        command(right(*named.groups()))


@pytest.mark.usefixtures("nothing_compiles")
class TestFollowed:
    def test_another_port(self) -> None:
        opened = ["--checkpoint", str(BUNDLE), "--port"]
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = str(other.getsockname()[1])
            follow(play.main, [*opened, taken], r"as in --port (\d+)", lambda port: [*opened, port])

    def test_the_ending_of_a_film(self, tmp_path: Path) -> None:
        film = ["--checkpoint", str(BUNDLE), "--video"]
        wrong = [*film, str(tmp_path / "walk.gif")]
        follow(play.main, wrong, r"name it FILE(\.mp4)", lambda ending: [*film, str(tmp_path / f"walk{ending}")])

    def test_the_nearest_gate(self) -> None:
        judged = ["--checkpoint", str(BUNDLE), "--gate"]
        follow(evaluate.main, [*judged, "wall"], r"did you mean '(\w+)'", lambda gate: [*judged, gate])

    def test_the_nearest_cell(self) -> None:
        judged = ["--checkpoint", str(BUNDLE), "--gate", "walk", "--cells"]
        follow(evaluate.main, [*judged, "walk 5 m/s"], r"did you mean '([^']+)'", lambda cell: [*judged, cell])

    def test_a_simulator_by_itself(self) -> None:
        alone = ["--checkpoint", str(BUNDLE), "--simulator", "fine"]
        wrong = [*alone, "--physics", "native"]
        follow(evaluate.main, wrong, r"leave (--physics) and --cells out", lambda _: alone)

    def test_a_bundle_of_another_format_is_exported_anew(self, tmp_path: Path) -> None:
        old = shutil.copytree(BUNDLE, tmp_path / "bundle")
        manifest = (old / "manifest.json").read_text(encoding="utf-8")
        (old / "manifest.json").write_text(manifest.replace('"format": 2', '"format": 1'), encoding="utf-8")
        checkpoint = tmp_path / "final_iter_9.pkl"
        save_policy(checkpoint, made_up_params(), {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)

        def run(arguments: list[str]) -> int:
            is_export = "--output" in arguments
            return export.main(arguments) if is_export else evaluate.main(arguments)

        follow(
            run,
            ["--bundle", str(old)],
            r"export\.py (--checkpoint final_iter_<N>\.pkl --output \S+)",
            lambda advised: shlex.split(advised.replace("final_iter_<N>.pkl", str(checkpoint))),
        )


def test_the_robot_that_ships_has_the_demonstrations_that_errors_ask_for() -> None:
    assert has_demonstrations(load_config(STANDARD))
