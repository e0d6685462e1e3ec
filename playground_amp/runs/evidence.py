"""Evidence of a robot that went bad: its last good state and what was asked of it, replayed by one control step."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp

from playground_amp.configs.loader import config_from_dict
from playground_amp.configs.schema import Config
from playground_amp.envs import individuals
from playground_amp.envs.curriculum import Shares
from playground_amp.errors import UserError
from playground_amp.learning.rollout import Evidence
from playground_amp.physics.protocol import Engine, PhysicsState
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import check_engine, make_engine, prepare
from playground_amp.robot.identity import read_identity, require_same_robot
from playground_amp.robot.robot import load_robot
from playground_amp.runs.state import read_state, restore


@dataclass(frozen=True)
class ReplayedStep:
    """What went in, and what came out of the control step, on the engine of the run."""

    iteration: int
    config: Config
    evidence: Evidence
    state: PhysicsState
    readings: Readings


def replay_evidence(path: Path) -> ReplayedStep:
    """Steps the robot of `<run>/evidence/iter_<N>.npz` once more, under the configuration in the file.

    Raises UserError if the file is damaged or holds something else, if the robot has changed since, or if the engine
    is not there.
    """
    saved = read_state(path)
    config = config_from_dict(saved.manifest.config, f"the configuration in {path}")
    robot = load_robot(config.robot, config.env.terrain)
    made_for = read_identity(saved.manifest.robot, str(path))
    if made_for is None:
        raise UserError(f"{path} is of an earlier version of the robot: its files have changed since")
    require_same_robot(made_for, robot, str(path))
    prepare(check_engine(config.physics))
    engine = make_engine(config.physics, robot, config.env.control_dt)
    evidence = restore(saved, _template(engine, config))
    state, readings = jax.jit(engine.step)(
        evidence.physics, evidence.joint_target, evidence.push_force_w, evidence.parameters, evidence.previous_target
    )
    return ReplayedStep(saved.iteration, config, evidence, state, readings)


def _template(engine: Engine, config: Config) -> Evidence:
    robot = engine.robot
    draw = partial(individuals.draw, config=config.domain_randomization, robot=robot, shares=Shares())
    parameters, _ = jax.eval_shape(draw, jnp.zeros(individuals.draw_count(robot)))
    joints = jnp.zeros(len(robot.joint_names))
    home = jnp.asarray(robot.home_qpos, jnp.float32)
    physics, _ = jax.eval_shape(engine.reset, home, jnp.zeros(robot.nv), parameters)
    return Evidence(jnp.bool_(False), physics, parameters, joints, joints, joints, jnp.zeros(3))
