"""Time to the first step: what is kept from one start to the next, what is compiled, and when."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.cli.parser import keep_compiled_programs
from playground_amp.configs.loader import load_config
from playground_amp.learning.iteration import Trainer
from playground_amp.paths import STANDARD
from playground_amp.physics.engines import host_call
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.state import read_state, restore, save_state

ROW = jax.ShapeDtypeStruct((1,), jnp.float32)
_STEPS = """
import jax
from playground_amp.cli.parser import keep_compiled_programs
keep_compiled_programs()
from playground_amp.configs.loader import load_config
from playground_amp.physics.registry import make_engine
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name))
engine = make_engine(load_config(STANDARD, []).physics, load_robot("wildrobot"), 0.02)
home = jax.numpy.asarray(engine.robot.home_qpos, "float32")
state, _ = jax.jit(engine.reset)(home, jax.numpy.zeros(17), engine.nominal_parameters())
print(hits.count("/jax/compilation_cache/cache_hits"), float(state.qpos[2]))
"""


_IMPORTS = """
import sys
from playground_amp.learning import build
print(*(name in sys.modules for name in ("mujoco.mjx", "trimesh", "scipy.spatial", "brax.base")))
import brax
print(brax.System.__name__, brax.training.types.Transition.__name__, "mujoco.mjx" in sys.modules)
"""


_GIVES_UP = """
import time
import jax
import jax.numpy as jnp
from playground_amp.physics.engines import host_call

def copy(rows, results):
    time.sleep(0.01)
    results[...] = rows

host_call.register("copy", copy)
square = jax.ShapeDtypeStruct((64, 64), jnp.float32)
step = lambda matrix, _: (host_call.call("copy", square, matrix @ matrix), None)
running = jax.jit(lambda matrix: jax.lax.scan(step, matrix, length=3000)[0])(jnp.eye(64))
raise SystemExit("gave up")
"""


def add_up(rows: np.ndarray, results: np.ndarray) -> None:
    results[...] = rows.sum(axis=-1, keepdims=True)


def test_a_host_function_gets_all_rows_at_once():
    seen = []

    def remember(rows: np.ndarray, results: np.ndarray) -> None:
        seen.append(rows.shape)
        add_up(rows, results)

    host_call.register("test_remember", remember)
    rows = jnp.arange(24, dtype=jnp.float32).reshape(2, 3, 4)
    function = jax.jit(jax.vmap(jax.vmap(lambda row: host_call.call("test_remember", ROW, row))))
    np.testing.assert_array_equal(function(rows), np.asarray(rows).sum(axis=-1, keepdims=True))
    assert seen == [(2, 3, 4)]


def test_an_error_of_a_host_function_reaches_the_caller_in_words():
    def fail(rows: np.ndarray, results: np.ndarray) -> None:
        raise ValueError(f"{len(rows)} numbers are too many")

    host_call.register("test_fail", fail)
    with pytest.raises(jax.errors.JaxRuntimeError, match="ValueError: 4 numbers are too many"):
        jax.jit(lambda row: host_call.call("test_fail", ROW, row))(jnp.ones(4)).block_until_ready()


def test_a_program_that_steps_the_native_engine_is_kept_for_the_next_start(tmp_path: Path):
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(tmp_path)}

    def start() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", _STEPS], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    (first_hits, first), (hits, height) = start(), start()
    assert int(first_hits) == 0 < int(hits)
    assert height == first


def test_a_script_that_gives_up_ends_although_a_program_still_calls_it():
    done = subprocess.run([sys.executable, "-c", _GIVES_UP], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "gave up"


def test_a_training_imports_neither_mjx_nor_brax_s_simulators_and_who_asks_brax_for_them_has_them():
    done = subprocess.run([sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False False False False", "System Transition True"]


def test_programs_are_kept_in_the_users_cache_folder_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    keep_compiled_programs()
    folder = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
    assert folder.is_dir()
    assert folder.parent == tmp_path / "wildrobot"
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    keep_compiled_programs()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "elsewhere"


def test_without_a_place_to_keep_programs_a_command_runs_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    keep_compiled_programs()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_nothing_is_compiled_after_the_first_iteration_nor_after_a_resume(tmp_path: Path):
    trainer = Trainer(load_config(STANDARD, [], verify=True))
    state = trainer.iterate(trainer.init()).state
    compiled = []

    def count(event: str, duration_secs: float, **_: str | int) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(duration_secs)

    jax.monitoring.register_event_duration_secs_listener(count)
    jax.jit(lambda x: x + 1.2345)(1.0)
    assert len(compiled) == 1  # so the name is right
    compiled.clear()
    for _ in range(3):
        state = trainer.iterate(state).state
    assert compiled == []
    save_state(tmp_path / "state.npz", state, Manifest(), {"iteration": 4})
    restored = restore(read_state(tmp_path / "state.npz"), state)
    compiled.clear()  # taking the state apart and putting it together are tiny programs of their own
    trainer.iterate(restored)
    assert compiled == []
