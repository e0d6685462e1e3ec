"""From the rows of configs/engines.py to engines. Imports nothing heavy: a command can ask before anything starts."""

import importlib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.configs.engines import AUTO, ENGINES, TRAINING_CHOICES, EngineEntry, Package
from playground_amp.errors import UserError

if TYPE_CHECKING:
    from playground_amp.configs.schema import PhysicsConfig
    from playground_amp.physics.protocol import Engine
    from playground_amp.robot.record import Robot

FLAT = "flat"  # the scene that every engine knows
NVIDIA_DRIVERS = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg")  # the last is WSL's


def prepare(*engines: str) -> None:
    """Readies this process for engines: a command calls it once, before JAX starts.

    Raises:
        UserError: an engine is not there, with what would mend it.
    """
    for entry in map(entry_of, engines):
        _require_packages(entry)
        for name, value in entry.environment:
            os.environ.setdefault(name, value)


def check_engine(config: "PhysicsConfig", *, training: bool = False) -> str:
    """The name of the engine that `config.engine` stands for, without starting it.

    Raises:
        UserError: the engine is not there, has no such solver or, for `training`, does not train.
    """
    entry = _automatic(config) if config.engine == AUTO else entry_of(config.engine)
    if training and not entry.trains:
        allowed = ", ".join(TRAINING_CHOICES)
        raise UserError(f"physics.engine {entry.name} judges policies and does not train them; use one of {allowed}")
    _require_packages(entry)
    if config.solver == "pgs" and not entry.has_pgs:
        raise UserError(f"physics.solver pgs: physics.engine {entry.name} has none; use auto, newton or cg")
    return entry.name


def check_ground(config: "PhysicsConfig", scene: str) -> str:
    """As `check_engine`. Raises UserError as well if the engine does not know the ground of that scene."""
    entry = entry_of(check_engine(config))
    if scene != FLAT and not entry.any_ground:
        raise UserError(f"physics.engine {entry.name} knows only flat floors, found the scene {scene}")
    return entry.name


def make_engine(config: "PhysicsConfig", robot: "Robot", control_dt: float) -> "Engine":
    """The engine of the configuration, ready to step a robot in its scene.

    Raises:
        UserError: the engine is not there, or does not know the ground of the robot's scene.
    """
    # Imported here: each engine pulls in libraries that the others do without.
    module, _, name = entry_of(check_ground(config, robot.scene)).factory.rpartition(".")
    return getattr(importlib.import_module(f"{__package__}.engines.{module}"), name)(robot, config, control_dt)


def entry_of(name: str) -> EngineEntry:
    """The row of an engine."""
    return next(entry for entry in ENGINES if entry.name == name)


def runs_on_gpu(name: str) -> bool:
    """Whether an engine's robots live on a GPU, on this machine."""
    place = entry_of(name).runs_on
    return place == "gpu" or (place == "where JAX runs" and nvidia_gpu())


def nvidia_gpu() -> bool:
    """Whether JAX will run on an NVIDIA GPU: there is a driver, JAX's plug-in for it, and nobody ruled it out."""
    platforms = os.environ.get("JAX_PLATFORMS", "cuda").replace("gpu", "cuda").split(",")
    plugin = any(map(_there, ("jax_cuda12_plugin", "jax_cuda13_plugin")))
    return "cuda" in platforms and plugin and any(Path(driver).exists() for driver in NVIDIA_DRIVERS)


def _automatic(config: "PhysicsConfig") -> EngineEntry:
    """The first engine for a GPU that is there, else the first for a CPU; if none is, the one to install."""
    places = ("gpu", "cpu") if nvidia_gpu() else ("cpu",)
    able = [entry for entry in ENGINES if entry.trains and (entry.has_pgs or config.solver != "pgs")]
    found = [entry for place in places for entry in able if entry.runs_on == place and not _missing(entry)]
    return found[0] if found else ENGINES[0]


def _require_packages(entry: EngineEntry) -> None:
    if package := _missing(entry):
        raise UserError(f"physics.engine {entry.name} needs {package.title}: {package.install}")


def _missing(entry: EngineEntry) -> Package | None:
    """The first package that an engine needs and does not find."""
    return next((package for package in entry.needs if not _there(package.module)), None)


def _there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
