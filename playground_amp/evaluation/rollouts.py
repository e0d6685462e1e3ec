"""Episodes from rest, many at once, with a controller that is asked once a control period.

One jitted chunk of control steps is reused until every robot has arrived, fallen or run out of time. A robot that is
done stands still in memory and is no longer recorded. Recordings take about 180 bytes a robot and control step.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from playground_amp.envs.commands import Command
from playground_amp.envs.wildrobot_env import EnvState, WildRobotEnv
from playground_amp.evaluation.gait_metrics import Recording
from playground_amp.physics.sole import make_sole_height

# Observations of one robot's state → action [11]. A `Partial`, so that what it carries (parameters, tables) is traced
# and controllers of the same function share one compiled program.
Controller = Partial

CHUNK_STEPS = 250  # 5 s of the robot's time
_OVERSHOOT = 1e-3  # m past the line, so that float32 cannot leave a robot a hair short of it


class Goals(NamedTuple):
    """What each of N episodes asks for; it ends where the distance is covered or the time is over."""

    command: Command  # fields [N], with the heading along which distance counts
    distance: jax.Array  # [N] m
    time_limit: jax.Array  # [N] s


class _Rows(NamedTuple):
    """What is recorded of a robot each control step; units and shapes as in `Recording`."""

    qpos: jax.Array
    heading: jax.Array
    foot_position_w: jax.Array
    sole_height: jax.Array
    foot_contact: jax.Array
    joint_velocity: jax.Array
    joint_torque: jax.Array


class _Progress(NamedTuple):
    """One episode under way."""

    state: EnvState
    key: jax.Array
    start_w: jax.Array  # [2] m
    step: jax.Array  # [] i32
    done: jax.Array  # [] bool
    fell: jax.Array  # [] bool


def policy_controller(policy: Callable, params: dict) -> Controller:
    """The deterministic policy: no action noise."""
    return Partial(partial(_act, policy), params)


def roll_out(
    env: WildRobotEnv,
    controller: Controller,
    goals: Goals,
    keys: jax.Array,
    report_progress: Callable[[int, float], None] | None = None,
) -> list[Recording]:
    """One recording an episode, in the order of `goals`, seeded by `keys` [N, ...].

    `report_progress` hears, after every chunk, how many robots still walk and how many seconds have passed for them.
    """
    progress, start = _start(env, goals, keys)
    chunks = [{name: np.asarray(row)[None] for name, row in start._asdict().items()}]
    lengths = np.ones(len(keys), int)
    while not np.all(progress.done):
        progress, recorded, rows = _advance(env, controller, goals, progress)
        lengths += np.asarray(recorded).sum(axis=0)
        chunks.append({name: np.asarray(row) for name, row in rows._asdict().items()})
        if report_progress:
            still_walking = int(np.sum(~np.asarray(progress.done)))
            report_progress(still_walking, (len(chunks) - 1) * CHUNK_STEPS * env.engine.control_dt)
    columns = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in _Rows._fields}
    fell = np.asarray(progress.fell)
    return [_recording(env, columns, robot, lengths[robot], bool(fell[robot])) for robot in range(len(keys))]


def make_goals(episodes: Sequence[tuple[Command, float, float]]) -> Goals:
    """Goals of N episodes, each given as (command, distance in m, time limit in s)."""
    goals = [Goals(command, jnp.float32(distance), jnp.float32(limit)) for command, distance, limit in episodes]
    return jax.tree.map(lambda *fields: jnp.stack(fields), *goals)


def _act(policy: Callable, params: dict, state: EnvState, key: jax.Array) -> jax.Array:
    del key
    return policy(params, state.observation, None)


@partial(jax.jit, static_argnums=0)
def _start(env: WildRobotEnv, goals: Goals, keys: jax.Array) -> tuple[_Progress, _Rows]:
    """Every robot at rest, and its first row."""

    def start_one(goal: Goals, key: jax.Array) -> tuple[_Progress, _Rows]:
        reset_key, key = jax.random.split(key)
        state = env.reset_at_rest(reset_key, goal.command)
        no, position = jnp.asarray(False), state.readings.base_position_w[:2]
        return _Progress(state, key, position, jnp.int32(0), done=no, fell=no), _rows(env, state)

    return jax.vmap(start_one)(goals, keys)


@partial(jax.jit, static_argnums=0)
def _advance(
    env: WildRobotEnv, controller: Controller, goals: Goals, progress: _Progress
) -> tuple[_Progress, jax.Array, _Rows]:
    """One chunk: the episodes after it, which of its rows were recorded [chunk, N], and the rows [chunk, N, ...]."""

    def advance_one(goal: Goals, before: _Progress) -> tuple[_Progress, jax.Array, _Rows]:
        key, action_key = jax.random.split(before.key)
        state = env.step(before.state, controller(before.state, action_key))
        step = before.step + 1
        travelled = state.readings.base_position_w[:2] - before.start_w
        along = travelled @ jnp.stack([jnp.cos(goal.command.heading), jnp.sin(goal.command.heading)])
        arrived = along >= goal.distance + _OVERSHOOT
        ended = state.terminated | arrived | (step * env.engine.control_dt >= goal.time_limit)
        after = _Progress(state, key, before.start_w, step, done=ended, fell=state.terminated)
        after = jax.tree.map(partial(jnp.where, before.done), before, after)
        return after, ~before.done, _rows(env, after.state)

    def advance_all(carried: _Progress, _) -> tuple[_Progress, tuple[jax.Array, _Rows]]:
        after, recorded, rows = jax.vmap(advance_one)(goals, carried)
        return after, (recorded, rows)

    progress, (recorded, rows) = jax.lax.scan(advance_all, progress, length=CHUNK_STEPS)
    return progress, recorded, rows


def _rows(env: WildRobotEnv, state: EnvState) -> _Rows:
    readings = state.readings
    return _Rows(
        qpos=state.physics.qpos,
        heading=readings.heading,
        foot_position_w=readings.foot_position_w,
        sole_height=make_sole_height(env.engine.robot)(state.physics.qpos, readings.foot_position_w),
        foot_contact=readings.foot_switch.reshape(2, 2).any(axis=1),
        joint_velocity=readings.joint_velocity,
        joint_torque=readings.joint_torque,
    )


def _recording(env: WildRobotEnv, columns: dict[str, np.ndarray], robot: int, length: int, fell: bool) -> Recording:
    """The rows of one robot. A last state that is not finite (a fall by definition) repeats the one before it."""
    one = {name: column[:length, robot] for name, column in columns.items()}
    if not all(np.isfinite(column[-1]).all() for column in one.values()):
        one = {name: np.concatenate([column[:-1], column[-2:-1]]) for name, column in one.items()}
    return Recording(control_dt=env.engine.control_dt, fell=fell, **one)
