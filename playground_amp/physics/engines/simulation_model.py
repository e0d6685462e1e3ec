"""The robot's model with the timing and solver of a configuration, and where its readings lie."""

import copy

import mujoco
import numpy as np

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.robot.robot import SWITCH_NAMES, Robot

_SOLVERS = {"newton": mujoco.mjtSolver.mjSOL_NEWTON, "cg": mujoco.mjtSolver.mjSOL_CG, "pgs": mujoco.mjtSolver.mjSOL_PGS}


def simulation_model(robot: Robot, config: PhysicsConfig, auto_solver: str) -> mujoco.MjModel:
    """A copy of the robot's model that steps by `config.timestep` with the configured solver and effort.

    `auto_solver`: the one that `solver: auto` stands for.
    """
    model = copy.copy(robot.model)
    model.opt.timestep = config.timestep
    model.opt.solver = _SOLVERS[auto_solver if config.solver == "auto" else config.solver]
    model.opt.iterations = config.iterations
    model.opt.ls_iterations = config.ls_iterations
    return model


def substeps(config: PhysicsConfig, control_dt: float) -> int:
    """Physics steps a control period (the configuration guarantees a whole number)."""
    return round(control_dt / config.timestep)


def switch_addresses(model: mujoco.MjModel) -> np.ndarray:
    """Indices [4] of the foot switches' forces in sensordata."""
    return np.array([model.sensor(name).adr[0] for name in SWITCH_NAMES])
