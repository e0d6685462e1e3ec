"""What the environment asks of JAX and this machine cannot do is one sentence, before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from playground_amp.cli import machine
from playground_amp.cli.machine import check_machine
from playground_amp.errors import UserError
from playground_amp.paths import PACKAGE

HOMELESS = """
import os, runpy, sys
os.path.expanduser = lambda path: path  # what it gives where there is neither HOME nor an entry for the user
os.environ.pop("HOME")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("variable", ["JAX_PLATFORMS", "JAX_PLATFORM_NAME"])
@pytest.mark.parametrize("asked", ["cuda", "gpu", "cuda,cpu", "CUDA"])
def test_a_card_that_is_not_there(monkeypatch: pytest.MonkeyPatch, variable: str, asked: str) -> None:
    monkeypatch.setattr(machine, "NVIDIA_DRIVERS", ("/nowhere",))
    with pytest.raises(UserError, match=f"{variable}={asked}: this machine has no NVIDIA card.*{variable}=cpu"):
        check_machine({variable: asked})


def test_a_card_whose_plug_in_is_missing_or_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NVIDIA_DRIVERS", ("/",))
    monkeypatch.setattr(machine, "_PLUGINS", ("no_such_module",))
    with pytest.raises(UserError, match="plug-in"):
        check_machine({"JAX_PLATFORMS": "cuda"})
    monkeypatch.setattr(machine, "_PLUGINS", ("json",))
    check_machine({"JAX_PLATFORMS": "cuda,cpu"})


def test_a_device_that_jax_does_not_know() -> None:
    with pytest.raises(UserError, match="JAX knows cpu, tpu, rocm, cuda, not abacus"):
        check_machine({"JAX_PLATFORMS": "abacus"})
    check_machine({})
    check_machine({"JAX_PLATFORMS": ""})
    check_machine({"JAX_PLATFORMS": "cpu"})


@pytest.mark.parametrize(
    ("variable", "words"),
    [("MUJOCO_GL", "MuJoCo knows egl, osmesa and glfw"), ("JAX_NUM_CPU_DEVICES", "a whole number above 0")],
)
def test_what_neither_jax_nor_mujoco_knows(variable: str, words: str) -> None:
    with pytest.raises(UserError, match=f"{variable}=nonsense: {words}"):
        check_machine({variable: "nonsense"})


def test_a_flag_that_xla_does_not_know_is_no_abort() -> None:
    with pytest.raises(UserError, match="XLA_FLAGS=--xla_nonsense=1: XLA does not know --xla_nonsense=1; correct it"):
        check_machine({"XLA_FLAGS": "--xla_nonsense=1"})
    with pytest.raises(UserError, match="XLA_FLAGS=nofile: XLA cannot start with it"):
        check_machine({"XLA_FLAGS": "nofile"})
    check_machine({"XLA_FLAGS": "--xla_force_host_platform_device_count=2"})


@pytest.mark.parametrize(
    ("variable", "asked", "usual"),
    [
        ("JAX_NUMPY_RANK_PROMOTION", "raise", "allow"),
        ("JAX_NUMPY_DTYPE_PROMOTION", "strict", "standard"),
        ("JAX_DISABLE_JIT", "1", "0"),
        ("JAX_DEBUG_NANS", "True", "false"),
        ("JAX_DEFAULT_PRNG_IMPL", "rbg", "threefry2x32"),
    ],
)
def test_rules_that_nothing_here_was_written_for_are_left_aside(
    variable: str, asked: str, usual: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {variable: asked, "HOME": "/home/me"}
    check_machine(environment)
    assert environment == {"HOME": "/home/me"}
    assert f"{variable} is left aside" in capsys.readouterr().err
    check_machine({variable: usual})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("value", ["1", "true", "ON", "whatever"])
def test_64_bits_are_left_aside(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"JAX_ENABLE_X64": value}
    check_machine(environment)
    assert environment == {"JAX_ENABLE_X64": "0"}
    assert "JAX_ENABLE_X64 is left aside" in capsys.readouterr().err


def test_help_is_for_everybody() -> None:
    environment = os.environ | {"JAX_PLATFORMS": "abacus"}
    for arguments, status in ((["--help"], 0), (["--print-config"], 0), (["--verify"], 2)):
        command = [sys.executable, str(PACKAGE / "train.py"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status
        assert done.stderr.count("\n") == (1 if status else 0)


@pytest.mark.parametrize(
    "command", ["train.py --print-config", "randomization.py --robots 4", "motion.py import x.bvh", "replay.py x.npz"]
)
def test_a_user_without_a_home(tmp_path: Path, command: str) -> None:
    script, *arguments = command.split()
    variables = {"JAX_COMPILATION_CACHE_DIR", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in variables}
    environment |= {"PYTHONPATH": str(ROOT), "HOME": "/root"}
    words = [sys.executable, "-c", HOMELESS, str(PACKAGE / script), *arguments]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if arguments[-1].startswith("x.") else 0)
    assert not (tmp_path / "~").exists()
