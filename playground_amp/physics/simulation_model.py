"""The robot's model with the timing and solver of a configuration, and where its readings lie."""

import copy

import mujoco
import numpy as np

from playground_amp.configs.schema import PhysicsConfig
from playground_amp.robot.robot import SWITCH_NAMES, Robot


def simulation_model(robot: Robot, config: PhysicsConfig) -> mujoco.MjModel:
    """A copy of the robot's model that steps by `config.timestep` with the configured solver effort."""
    model = copy.copy(robot.model)
    model.opt.timestep = config.timestep
    model.opt.iterations = config.iterations
    model.opt.ls_iterations = config.ls_iterations
    return model


def substeps(config: PhysicsConfig, control_dt: float) -> int:
    """Physics steps a control period (the configuration guarantees a whole number)."""
    return round(control_dt / config.timestep)


def switch_addresses(model: mujoco.MjModel) -> np.ndarray:
    """Indices [4] of the foot switches' forces in sensordata."""
    return np.array([model.sensor(name).adr[0] for name in SWITCH_NAMES])
