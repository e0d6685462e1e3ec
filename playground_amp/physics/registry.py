"""Which engines are there. Imports nothing heavy, so that a command can ask before anything starts."""

import importlib.util
import os
from pathlib import Path

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.errors import UserError


def check_engine(config: PhysicsConfig) -> str:
    """The name of the engine that `config.engine` stands for, without starting it.

    Raises:
      UserError: the engine is not there, with what would mend it.
    """
    name = config.engine
    if name == "auto":
        name = "warp" if _there("warp") and nvidia_gpu() and config.solver != "pgs" else "native"
    if name == "native":
        if not _there("mujoco.batch"):
            raise UserError("physics.engine native needs mujoco >= 4 (mujoco.batch): pip install 'mujoco>=4'")
        return name
    if not _there("mujoco.mjx"):
        raise UserError(f"physics.engine {name} needs the package mujoco-mjx: pip install mujoco-mjx")
    if name == "warp" and not _there("warp"):
        raise UserError("physics.engine warp needs the package warp-lang: pip install 'mujoco-mjx[warp]'")
    if config.solver == "pgs":
        raise UserError(f"physics.solver pgs: MJX has none; with physics.engine {name} use auto, newton or cg")
    return name


def nvidia_gpu() -> bool:
    """Whether JAX will run on an NVIDIA GPU: there is a driver, JAX's plug-in for it, and nobody ruled it out."""
    platforms = os.environ.get("JAX_PLATFORMS", "cuda").replace("gpu", "cuda").split(",")
    plugin = any(_there(f"jax_cuda{version}_plugin") for version in (12, 13))
    return "cuda" in platforms and plugin and any(Path(x).exists() for x in ("/proc/driver/nvidia", "/dev/nvidiactl"))


def _there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def require_drake() -> None:
    """Raises UserError, with what would mend it, if Drake is not there."""
    if not _there("pydrake"):
        raise UserError("the simulator drake needs the package drake: pip install 'drake>=1.40,<2'")
