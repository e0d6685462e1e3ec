"""One robot under a program of commands: stand, walk, turn, step aside, walk back, stop."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import CommandConfig
from playground_amp.envs import commands, gait
from playground_amp.envs.commands import Command
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.sole import make_sole_height
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale
from playground_amp.rollouts.episodes import Controller

WALKING, TURNING = 0.5, 0.5  # m/s and rad/s of WildRobot, where the task asks for as much
_SEED = 0


class Stage(NamedTuple):
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
    stages: tuple[Stage, ...]
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


def program(task: CommandConfig, scale: Scale) -> tuple[Stage, ...]:
    """Stages within the velocities that the task trains; those it does not train are left out."""
    walking = min(WALKING * scale.speed, task.forward[1])
    slow = min(0.6 * (WALKING * scale.speed), 0.6 * task.forward[1])
    stages = (
        Stage("stand", 2.0 * scale.time),
        Stage("walk slowly", 4.0 * scale.time, forward=slow),
        Stage("walk", 10.0 * scale.time, forward=walking),
        Stage("turn in place", 5.0 * scale.time, yaw_rate=min(TURNING * scale.rate, task.yaw_rate[1])),
        Stage("step to the left", 4.0 * scale.time, sideways=task.sideways[1]),
        Stage("walk backwards", 4.0 * scale.time, forward=task.forward[0]),
        Stage("stop", 4.0 * scale.time),
    )
    return tuple(stage for stage in stages if _asks(stage) or stage.name in ("stand", "stop"))


def perform(env: WildRobotEnv, controller: Controller, stages: tuple[Stage, ...]) -> Performance:
    """Runs the program from rest on the nominal floor; deterministic, one robot."""
    control_dt = env.engine.control_dt
    stage = np.repeat(np.arange(len(stages)), [round(stage.seconds / control_dt) for stage in stages])
    held = jax.tree.map(lambda *fields: jnp.stack(fields)[stage], *[commands.hold(*each.command) for each in stages])
    rows, terminated = jax.device_get(_run(env, controller, held, jax.random.PRNGKey(_SEED)))
    fallen = bool(terminated.any())
    length = int(np.argmax(terminated)) + 1 if fallen else len(stage)
    if fallen and not all(np.isfinite(column[length - 1]).all() for column in rows.values()):
        length -= 1  # numbers went bad: there is nothing to show of that row
    shown = {name: np.asarray(column[:length]) for name, column in rows.items()}
    return Performance(
        robot=env.engine.robot, control_dt=control_dt, stages=stages, stage=stage[:length], fell=fallen, **shown
    )


def _asks(stage: Stage) -> bool:
    forward, sideways, yaw_rate = stage.command
    return forward != 0 or sideways > 0 or yaw_rate > 0


@partial(jax.jit, static_argnums=0)
def _run(
    env: WildRobotEnv, controller: Controller, held: Command, key: jax.Array
) -> tuple[dict[str, jax.Array], jax.Array]:
    """The rows of every control step and whether it ended in a fall [T]; a fallen robot goes on unseen."""
    first = jax.tree.map(lambda field: field[0], held)
    reset_key, key = jax.random.split(key)

    def advance(state: EnvState, inputs: tuple[Command, jax.Array]) -> tuple[EnvState, tuple[dict, jax.Array]]:
        command, action_key = inputs
        state = state._replace(command=command)
        reached = env.step(state, controller(state, action_key))
        return reached, (_row(env, reached), reached.terminated)

    keys = jax.random.split(key, len(held.forward))
    _, (rows, terminated) = jax.lax.scan(advance, env.reset_at_rest(reset_key, first), (held, keys))
    return rows, terminated


def _row(env: WildRobotEnv, state: EnvState) -> dict[str, jax.Array]:
    readings, qpos = state.readings, state.physics.qpos
    yaw_rate = -jnp.dot(readings.gravity_b, readings.gyro_b)
    return {
        "command": env.velocity_command(state),
        "velocity": jnp.concatenate([readings.linear_velocity_h[:2], yaw_rate[None]]),
        "gait_phase": state.gait_phase,
        "due_contact": gait.swing_progress(state.gait_phase, env.config.env.gait) == 0,
        "qpos": qpos,
        "joint_velocity": readings.joint_velocity,
        "joint_torque": readings.joint_torque,
        "sole_height": make_sole_height(env.engine.robot)(qpos, readings.foot_position_w),
        "foot_contact": readings.foot_switch.reshape(2, 2).any(axis=1),
    }
