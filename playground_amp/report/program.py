"""One robot under a program of commands: stand, walk, turn, step aside, walk back, stop."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.walking import CommandConfig
from playground_amp.envs import commands, gait
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.sole import make_sole_height
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale
from playground_amp.rollouts.episodes import Episode, run_episodes
from playground_amp.rollouts.rollout import Controller

WALKING, TURNING = 0.5, 0.5  # m/s and rad/s of WildRobot, where the task asks for as much
_SEED = 0


class ProgramStage(NamedTuple):
    """A command that is held for a time."""

    name: str
    seconds: float
    forward: float = 0.0  # m/s
    sideways: float = 0.0  # m/s, to the left
    yaw_rate: float = 0.0  # rad/s

    @property
    def command(self) -> tuple[float, float, float]:
        """Forward m/s, to the left m/s, yaw rate rad/s."""
        return self.forward, self.sideways, self.yaw_rate


@dataclass(frozen=True)
class Performance:
    """What the robot did, once a control step, until the program ended or the robot fell. T rows."""

    robot: Robot
    control_dt: float  # s
    stages: tuple[ProgramStage, ...]
    stage: np.ndarray  # [T] which of them
    command: np.ndarray  # [T, 3] forward, sideways m/s, yaw rate rad/s
    velocity: np.ndarray  # [T, 3] the same three as measured, heading frame
    gait_phase: np.ndarray  # [T] in [0, 1)
    due_contact: np.ndarray  # [T, 2] bool: the gait clock wants the foot on the floor
    qpos: np.ndarray  # [T, 7 + J]
    joint_velocity: np.ndarray  # [T, J] rad/s
    joint_torque: np.ndarray  # [T, J] N·m
    sole_height: np.ndarray  # [T, 2] m, of the sole's lowest point
    foot_contact: np.ndarray  # [T, 2] bool
    fell: bool  # the last row is a fall

    @property
    def time(self) -> np.ndarray:
        """[T] s, from the start."""
        return (1 + np.arange(len(self.stage))) * self.control_dt


def program(task: CommandConfig, scale: Scale) -> tuple[ProgramStage, ...]:
    """Stages within the velocities that the task trains; those it does not train are left out."""
    walking = min(WALKING * scale.pace, task.forward[1])
    slow = min(0.6 * (WALKING * scale.pace), 0.6 * task.forward[1])
    stages = (
        ProgramStage("stand", 2.0 * scale.time),
        ProgramStage("walk slowly", 4.0 * scale.time, forward=slow),
        ProgramStage("walk", 10.0 * scale.time, forward=walking),
        ProgramStage("turn in place", 5.0 * scale.time, yaw_rate=min(TURNING * scale.rate, task.yaw_rate[1])),
        ProgramStage("step to the left", 4.0 * scale.time, sideways=task.sideways[1]),
        ProgramStage("walk backwards", 4.0 * scale.time, forward=task.forward[0]),
        ProgramStage("stop", 4.0 * scale.time),
    )
    return tuple(stage for stage in stages if _asks(stage) or stage.name in ("stand", "stop"))


def perform(env: WildRobotEnv, controller: Controller, stages: tuple[ProgramStage, ...]) -> Performance:
    """Runs the program from rest on the nominal floor; deterministic, one robot."""
    control_dt = env.engine.control_dt
    lengths = [round(stage.seconds / control_dt) for stage in stages]  # control steps
    held = zip(stages, lengths, strict=True)
    episode = Episode([(commands.hold(*stage.command), length * control_dt) for stage, length in held])
    (lived,) = run_episodes(env, controller, [episode], jax.random.PRNGKey(_SEED)[None], _row)
    rows = jax.tree.map(lambda column: column[1:], lived.rows)._asdict()  # without the start
    steps = 1 + np.arange(len(rows["qpos"]))
    stage = np.minimum(np.searchsorted(np.cumsum(lengths), steps, side="right"), len(stages) - 1)
    return Performance(
        robot=env.engine.robot, control_dt=control_dt, stages=stages, stage=stage, fell=lived.fell, **rows
    )


def _asks(stage: ProgramStage) -> bool:
    forward, sideways, yaw_rate = stage.command
    return forward != 0 or sideways > 0 or yaw_rate > 0


class _Row(NamedTuple):
    """What is kept of a control step; units and shapes as in `Performance`."""

    command: jax.Array
    velocity: jax.Array
    gait_phase: jax.Array
    due_contact: jax.Array
    qpos: jax.Array
    joint_velocity: jax.Array
    joint_torque: jax.Array
    sole_height: jax.Array
    foot_contact: jax.Array


def _row(env: WildRobotEnv, before: EnvState, state: EnvState) -> _Row:
    readings, qpos = state.readings, state.physics.qpos
    yaw_rate = -jnp.dot(readings.gravity_b, readings.gyro_b)
    return _Row(
        command=env.velocity_command(state),
        velocity=jnp.concatenate([readings.linear_velocity_h[:2], yaw_rate[None]]),
        gait_phase=state.gait_phase,
        due_contact=gait.swing_progress(state.gait_phase, env.config.env.gait) == 0,
        qpos=qpos,
        joint_velocity=readings.joint_velocity,
        joint_torque=readings.joint_torque,
        sole_height=make_sole_height(env.engine.robot)(qpos, readings.foot_position_w),
        foot_contact=readings.foot_switch.reshape(2, 2).any(axis=1),
    )
