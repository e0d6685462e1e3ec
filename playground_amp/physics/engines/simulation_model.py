"""The robot's model with the timing and solver of a configuration, and where its readings lie."""

import copy

import mujoco
import numpy as np

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot

BASE_BODY = 1  # the body that the free joint carries, in every robot's model
_SOLVERS = {"newton": mujoco.mjtSolver.mjSOL_NEWTON, "cg": mujoco.mjtSolver.mjSOL_CG, "pgs": mujoco.mjtSolver.mjSOL_PGS}
_CONES = {"pyramidal": mujoco.mjtCone.mjCONE_PYRAMIDAL, "elliptic": mujoco.mjtCone.mjCONE_ELLIPTIC}


def simulation_model(robot: Robot, config: PhysicsConfig, auto_solver: str) -> mujoco.MjModel:
    """A copy of the robot's model that steps by `config.timestep` with the configured solver and effort.

    `auto_solver`: the one that `solver: auto` stands for.
    """
    model = copy.copy(model_of(robot))
    model.opt.timestep = config.timestep
    model.opt.solver = _SOLVERS[auto_solver if config.solver == "auto" else config.solver]
    model.opt.iterations = config.iterations
    model.opt.ls_iterations = config.ls_iterations
    model.opt.cone = _CONES[config.cone]
    return model


def substeps(config: PhysicsConfig, control_dt: float) -> int:
    """Physics steps a control period (the configuration guarantees a whole number)."""
    return round(control_dt / config.timestep)


def switch_addresses(robot: Robot) -> np.ndarray:
    """Indices [4] of the foot switches' forces in sensordata."""
    return np.array([model_of(robot).sensor(name).adr[0] for name in robot.switch_names])


def floor_geoms(model: mujoco.MjModel) -> np.ndarray:
    """Indices [n] of the shapes that the floor is made of and whose friction is the floor's, the shape `floor` first.

    Others, slippery tiles, have a friction of their own.
    """
    fixed = model.geom_bodyid == 0
    return np.flatnonzero(fixed & (model.geom_friction[:, 0] == model.geom("floor").friction[0]))
