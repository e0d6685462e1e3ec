"""A damaged entry of the cache of compiled programs costs one start, not all of them."""

import os
import subprocess
import sys
from pathlib import Path

_COMMAND = """
from playground_amp.cli.parser import run_command

def command():
    import jax
    jax.jit(lambda x: x * 2 + 1)(1.0).block_until_ready()
    return 0

run_command(command)
"""


def start(cache: Path) -> str:
    """What a command that compiles something says on standard error."""
    told = {"JAX_COMPILATION_CACHE_DIR": str(cache), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    environment = {**os.environ, **told, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", _COMMAND], env=environment, capture_output=True, text=True, check=True)
    return done.stderr


def test_a_damaged_program_is_said_once_and_kept_anew(tmp_path: Path) -> None:
    assert start(tmp_path) == ""
    programs = list(tmp_path.glob("jit_*-cache"))
    assert programs
    for path in programs:
        path.write_bytes(path.read_bytes()[:100])
    said = start(tmp_path)
    assert said == f"a compiled program in {tmp_path} is damaged: it is compiled and kept anew\n"
    assert all(path.stat().st_size > 100 for path in programs)
    assert start(tmp_path) == ""


def test_a_cache_that_cannot_be_used_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = start(tmp_path / "file")
    assert said.startswith(f"compiled programs cannot be kept in {tmp_path / 'file'}")
    assert said.count("\n") == 1
