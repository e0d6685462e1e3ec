"""Which engine a configuration stands for, what it needs, and what must be so before JAX starts."""

import os
import subprocess
import sys

import pytest

from playground_amp.configs.engines import ENGINES, EngineEntry
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import PhysicsConfig
from playground_amp.errors import UserError
from playground_amp.paths import STANDARD
from playground_amp.physics import registry
from playground_amp.physics.capacity import fitting_num_envs
from playground_amp.physics.registry import check_engine, entry_of, make_engine, prepare
from playground_amp.robot.robot import load_robot


def physics(engine: str, solver: str = "auto") -> PhysicsConfig:
    return load_config(STANDARD, [f"physics.engine={engine}", f"physics.solver={solver}"]).physics


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Sets what the machine has: whether an NVIDIA GPU, and which packages it lacks."""

    def set_up(*lacking: str, gpu: bool = False) -> None:
        monkeypatch.setattr(registry, "nvidia_gpu", lambda: gpu)
        monkeypatch.setattr(registry, "_there", lambda module: module not in lacking)

    return set_up


@pytest.mark.parametrize(
    ("engine", "solver", "gpu", "lacking", "expected"),
    [
        ("auto", "auto", False, (), "native"),
        ("auto", "auto", True, (), "warp"),
        ("auto", "pgs", True, (), "native"),
        ("auto", "auto", True, ("warp",), "native"),
        ("auto", "auto", False, ("warp",), "native"),
        ("mjx", "auto", True, (), "mjx"),
        ("drake", "newton", False, (), "drake"),
    ],
)
def test_the_engine_meant(machine, engine: str, solver: str, gpu: bool, lacking: tuple[str, ...], expected: str):
    machine(*lacking, gpu=gpu)
    assert check_engine(physics(engine, solver)) == expected


@pytest.mark.parametrize(
    ("engine", "lacking", "expected"),
    [
        ("native", "mujoco.batch", r"native needs mujoco >= 4 \(mujoco.batch\): pip install 'mujoco>=4'"),
        ("auto", "mujoco.batch", r"native needs mujoco >= 4 \(mujoco.batch\): pip install 'mujoco>=4'"),
        ("mjx", "mujoco.mjx", "mjx needs the package mujoco-mjx: pip install mujoco-mjx"),
        ("warp", "mujoco.mjx", "warp needs the package mujoco-mjx: pip install mujoco-mjx"),
        ("warp", "warp", r"warp needs the package warp-lang: pip install 'mujoco-mjx\[warp\]'"),
        ("drake", "pydrake", "drake needs the package drake: pip install 'drake>=1.40,<2'"),
    ],
)
def test_an_engine_that_is_not_there_is_named_with_its_cure(machine, engine: str, lacking: str, expected: str):
    machine(lacking)
    with pytest.raises(UserError, match=f"^physics.engine {expected}$"):
        check_engine(physics(engine))
    if engine != "auto":
        with pytest.raises(UserError, match=f"^physics.engine {expected}$"):
            prepare(engine)


@pytest.mark.parametrize("engine", ["mjx", "warp", "drake"])
def test_a_solver_that_the_engine_lacks_is_refused_before_anything_starts(machine, engine: str):
    machine()
    with pytest.raises(UserError, match=f"solver pgs: physics.engine {engine} has none; use auto, newton or cg"):
        check_engine(physics(engine, "pgs"))


def test_an_engine_that_only_judges_is_refused_for_training(machine):
    machine("pydrake")  # and nobody is told to install what would not help
    expected = "drake judges policies and does not train them; use one of auto, native, mjx, warp$"
    with pytest.raises(UserError, match=expected):
        check_engine(physics("drake"), training=True)


def test_robots_of_an_engine_on_a_gpu_are_counted_by_its_memory(machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("playground_amp.physics.capacity.gpu_memory", lambda: 2**40)
    machine(gpu=True)
    assert [fitting_num_envs(entry.name) for entry in ENGINES] == [512, 8192, 8192, 512]
    machine(gpu=False)
    assert [fitting_num_envs(entry.name) for entry in ENGINES] == [512, 512, 8192, 512]


def test_a_new_engine_is_a_row_and_a_file(monkeypatch: pytest.MonkeyPatch):
    class Made:
        def __init__(self, robot, config, control_dt):
            self.robot, self.config, self.control_dt = robot, config, control_dt

    monkeypatch.setitem(sys.modules, "playground_amp.physics.engines.made_up", Made)
    monkeypatch.setattr(Made, "MadeUpEngine", Made, raising=False)
    row = EngineEntry("made up", "made_up.MadeUpEngine", (), "cpu", trains=True, judges=True)
    monkeypatch.setattr(registry, "ENGINES", (*ENGINES, row))
    config = physics("native").model_copy(update={"engine": "made up"})
    made = make_engine(config, load_robot("wildrobot"), 0.02)
    assert isinstance(made, Made)
    assert (made.robot, made.config, made.control_dt) == (load_robot("wildrobot"), config, 0.02)


def test_what_an_engine_needs_of_the_environment_is_set_unless_the_user_has(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NPROC", "3")
    prepare("mjx")
    assert os.environ["NPROC"] == "3"
    monkeypatch.delenv("NPROC")
    prepare("native")
    assert "NPROC" not in os.environ
    prepare("native", "mjx")
    assert os.environ["NPROC"] == "8"


def test_imports_leave_jax_unstarted():
    """What `prepare` sets counts only before JAX first uses the CPU."""
    code = "import playground_amp.runs.loop, playground_amp.learning.iteration, playground_amp.gates.runner, jax"
    code += "; assert not jax._src.xla_bridge.backends_are_initialized()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_command_that_prepares_mjx_has_the_threads_it_needs_whatever_becomes_an_array_first():
    code = """
from pathlib import Path
from playground_amp.physics.registry import prepare
prepare("mjx")
import jax.numpy
jax.numpy.zeros(3).block_until_ready()
print(sum("XLAEigen" in path.read_text() for path in Path("/proc/self/task").glob("*/comm")))
"""
    environment = {name: value for name, value in os.environ.items() if name != "NPROC"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= int(dict(entry_of("mjx").environment)["NPROC"])


def test_a_machine_that_does_not_tell_its_memory_holds_what_is_of_use_on_a_cpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sysconf")
    assert fitting_num_envs("native") == 512
