"""Which engines are there. Imports nothing heavy, so that a command can ask before anything starts."""

import importlib.util

from playground_amp.configs.errors import UserError
from playground_amp.configs.schema import PhysicsConfig


def check_engine(config: PhysicsConfig) -> str:
    """The name of the engine that `config.engine` stands for, without starting it.

    Raises:
      UserError: the engine is not there, with what would mend it.
    """
    if config.engine == "auto":
        return "native"
    if config.engine == "native":
        if importlib.util.find_spec("mujoco.batch") is None:
            raise UserError("physics.engine native needs mujoco >= 4 (mujoco.batch): pip install 'mujoco>=4'")
    elif config.engine == "mjx":
        if importlib.util.find_spec("mujoco.mjx") is None:
            raise UserError("physics.engine mjx needs the package mujoco-mjx: pip install mujoco-mjx")
        if config.solver == "pgs":
            raise UserError("physics.solver pgs: MJX has none; with physics.engine mjx use auto, newton or cg")
    else:
        raise UserError("physics.engine warp is not part of this version; use native (CPU) or mjx (CPU, GPU, TPU)")
    return config.engine


def require_drake() -> None:
    """Raises UserError, with what would mend it, if Drake is not there."""
    if importlib.util.find_spec("pydrake") is None:
        raise UserError("the simulator drake needs the package drake: pip install 'drake>=1.40,<2'")
