"""The train command: the guide's flags, and wrong input ending in one sentence and status 2 at once."""

import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_args

import pytest

from playground_amp.cli import train as command
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import TrainerConfig
from playground_amp.errors import UserError
from playground_amp.physics.capacity import gpu_memory

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "playground_amp/train.py"
SHIPPED = ROOT / "playground_amp/configs/wildrobot_phase3_training.yaml"
GUIDE_FLAGS = [
    "--config", "--verify", "--num-envs", "--num-iterations", "--enable-amp", "--amp-weight", "--no-wandb",
    "--checkpoint-dir", "--set", "--physics", "--trainer", "--seed", "--print-config",
]  # fmt: skip


def run(*arguments: str, folder: Path = ROOT, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Runs the script as a user does; the limit is far below the time anything takes to compile."""
    return subprocess.run(
        [sys.executable, *options, str(SCRIPT), *arguments], cwd=folder, capture_output=True, text=True, timeout=30
    )


def error_of(*arguments: str) -> str:
    with pytest.raises(UserError) as caught:
        command.main(arguments)
    return str(caught.value)


def test_help_answers_at_once_and_names_every_flag() -> None:
    start = time.monotonic()
    result = run("--help")
    assert time.monotonic() - start < 1.5
    assert result.returncode == 0
    for flag in GUIDE_FLAGS:
        assert f"{flag} " in result.stdout or f"{flag}\n" in result.stdout, flag
    text = " ".join(result.stdout.split())
    for default in ("16", "100", "1.0", "checkpoints/brax_ppo", "configs/wildrobot_phase3_training.yaml", "auto"):
        assert f"(default: {default})" in text, default


def test_help_lists_the_choices_of_the_schema() -> None:
    text = command.build_parser().format_help()
    assert "{auto,native,mjx,warp}" in text
    assert "{" + ",".join(get_args(TrainerConfig.model_fields["name"].annotation)) + "}" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config", "no_such.yaml"], "there is no configuration file no_such.yaml"),
        (["--set", "trainer.lrr=1"], "unknown key trainer.lrr, did you mean trainer.lr?"),
        (["--set", "trainer.lr=abc"], "trainer.lr must be a number, found 'abc'"),
        (["--num-envs", "0"], "--num-envs 0: trainer.num_envs must be greater than 0, found 0"),
        (["--num-iterations", "-3"], "--num-iterations -3: trainer.num_iterations must be greater than 0, found -3"),
        (["--num-envs", "10"], "10 does not fit 4 minibatches (trainer.num_minibatches): use a multiple of 4"),
        (["--checkpoint-dir", "/dev/null/run"], "/dev/null/run (--checkpoint-dir) cannot be written: Not a directory"),
        (
            ["--physics", "nativ"],
            "--physics nativ: physics.engine must be auto, native, mjx, warp or drake (perhaps native?)",
        ),
        (
            ["--physics", "drake"],
            "physics.engine drake judges policies and does not train them; use one of auto, native, mjx, warp",
        ),
        (["--trainer", "brax", "--enable-amp"], "--trainer brax: Brax's trainer has no motion prior"),
        (["--num-env", "4"], "unknown argument --num-env, did you mean --num-envs?"),
    ],
)
def test_wrong_input_ends_with_one_sentence_and_status_2(arguments: list[str], expected: str) -> None:
    result = run(*arguments, options=("-X", "importtime"))
    imported = re.findall(r"^import time:.*\| +([\w.]+)$", result.stderr, re.MULTILINE)
    said = [line for line in result.stderr.splitlines() if not line.startswith("import time:")]
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(said) == 1
    assert said[0].startswith("error: ")
    assert expected in said[0]
    assert "playground_amp.configs" in imported
    assert not {"jax", "mujoco", "brax", "wandb"} & set(imported)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--num-envs", "abc"], "--num-envs abc: trainer.num_envs must be a whole number, found 'abc'"),
        (["--num-envs", "1.5"], "must be a whole number, found 1.5"),
        (["--num-envs"], "--num-envs: expected one argument"),
        (["--amp-weight", "-1"], "--amp-weight -1: amp.weight must be at least 0, found -1"),
        (["--seed", "-1"], "--seed -1: trainer.seed must be at least 0, found -1"),
        (["--trainer", "brx"], "--trainer brx: trainer.name must be wildrobot or brax (perhaps brax?), found 'brx'"),
        (["--checkpoint-dir", ""], "trainer.checkpoint_dir must be non-empty"),
        (["--enable-amp", "--set", "amp.demonstrations=nowhere"], "amp.demonstrations: there is no clip nowhere"),
        (["--verify", "--enable-amp", "--set", "commands.forward=[0,2]"], "env.commands.forward asks for 0 to 2 m/s"),
        (["--checkpoint-dir", str(SCRIPT)], "cannot be written: File exists"),
        (["--checkpoint-dir", "/proc/run"], "(--checkpoint-dir) cannot be written"),
        (["verify"], "unknown argument verify, did you mean --verify?"),
        (["--num-envs", "[1"], "expected ',' or ']'"),
        (["--set"], "--set: expected at least one argument"),
    ],
)
def test_wrong_flags(arguments: list[str], expected: str) -> None:
    message = error_of(*arguments)
    assert expected in message
    assert "\n" not in message


def test_several_mistakes_are_all_said() -> None:
    result = run("--num-envs", "0", "--set", "trainer.lr=abc")
    assert result.returncode == 2
    assert [line[:7] for line in result.stderr.splitlines()] == ["error: "] * 2


def test_print_config_from_another_folder_loads_again(tmp_path: Path) -> None:
    result = run("--print-config", "--verify", "--set", "lr=0.0005", "gamma=0.9", "--set", "seed=5", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    path = tmp_path / "resolved.yaml"
    path.write_text(result.stdout)
    assert load_config(path) == load_config(SHIPPED, ["lr=0.0005", "gamma=0.9", "seed=5"], verify=True)
    assert list(tmp_path.iterdir()) == [path]
    assert run("--config", "resolved.yaml", "--print-config", folder=tmp_path).stdout == result.stdout


def test_a_configuration_is_found_beside_the_user_then_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    default = command.DEFAULT_CONFIG
    assert command.find_config(default) == SHIPPED
    assert command.find_config(SHIPPED) == SHIPPED
    (tmp_path / default).parent.mkdir()
    (tmp_path / default).write_text("env: 1")
    assert command.find_config(default) == default


class Calls(list[tuple[Any, dict[str, Any]]]):
    """Stands for the training loop and for the engine check."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    calls = Calls()

    class Result:
        exit_status = 5

    def train(config: Any, **options: Any) -> Result:
        calls.append((config, options))
        return Result()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "playground_amp.runs.loop", module(train=train))
    return calls


def module(**contents: Any) -> Any:
    return type("Module", (), {name: staticmethod(value) for name, value in contents.items()})


def test_flags_reach_the_training_loop_and_its_status_is_returned(calls: Calls, tmp_path: Path) -> None:
    arguments = (
        "--num-envs 32 --num-iterations 7 --amp-weight 0.5 --no-wandb --seed 3 --checkpoint-dir runs/123 "
        "--physics mjx --trainer brax --set lr=1e-4 gamma=0.9"
    )
    assert command.main(arguments.split()) == 5
    [(config, options)] = calls
    trainer = config.trainer
    assert (trainer.num_envs, trainer.num_iterations, trainer.seed, trainer.name) == (32, 7, 3, "brax")
    assert (trainer.lr, trainer.gamma, trainer.checkpoint_dir) == (1e-4, 0.9, "runs/123")
    assert (config.amp.weight, config.physics.engine) == (0.5, "mjx")
    assert options["use_wandb"] is False
    assert list((tmp_path / "runs/123").iterdir()) == []


@pytest.mark.parametrize(
    ("engine", "gpu", "memory", "robots"),
    [
        ("native", False, 0, 512),
        ("warp", True, 80, 8192),
        ("warp", True, 1, 2048),
        ("warp", True, 0.25, 512),
        ("mjx", True, 80, 8192),
        ("mjx", False, 0, 512),
    ],
)
def test_robots_by_what_the_machine_holds(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, engine: str, gpu: bool, memory: float, robots: int
) -> None:
    monkeypatch.setattr("playground_amp.physics.registry.nvidia_gpu", lambda: gpu)
    monkeypatch.setattr("playground_amp.physics.registry.check_engine", lambda *_, **__: engine)
    monkeypatch.setattr("playground_amp.physics.registry.prepare", lambda _: None)
    monkeypatch.setattr("playground_amp.physics.capacity.gpu_memory", lambda: int(memory * 2**30))
    command.main(["--num-envs", "auto"])
    [(config, _)] = calls
    assert config.trainer.num_envs == robots


def test_a_gpu_that_does_not_tell_its_memory_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="nvidia-smi does not tell the GPU's memory; give a number"):
        gpu_memory()


def test_a_flag_beats_set_and_verify(calls: Calls) -> None:
    command.main(["--verify", "--num-envs", "8", "--set", "num_envs=12", "num_iterations=2"])
    [(config, options)] = calls
    assert (config.trainer.num_envs, config.trainer.num_iterations) == (8, 2)
    assert options["use_wandb"] is True


def test_without_brax_the_guide_s_sentence_and_its_cure_come_first(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "brax" else find_spec(name))
    message = error_of("--verify")
    assert message.startswith("Failed to import Brax PPO: ")
    assert 'pip install "brax>=0.14.2"' in message
    assert not calls


def test_no_module_beside_the_scripts_is_named_like_the_standard_library() -> None:
    names = {path.stem for path in SCRIPT.parent.iterdir()}
    assert not names & sys.stdlib_module_names
