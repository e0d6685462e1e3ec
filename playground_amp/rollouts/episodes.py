"""Episodes from rest, many at once, with a controller that is asked once a control period.

A fixed number of robots walks side by side in one jitted chunk of control steps, used again and again. Where an
episode has ended (arrived, fallen, out of time), the next one that waits takes its place, so that long and short
episodes share one compiled program. Recordings take about 220 bytes a robot and control step.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from playground_amp.envs.commands import NEVER, Command
from playground_amp.envs.pushes import Push
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.sole import make_sole_height
from playground_amp.rollouts.recording import Recording

# Observations of one robot's state → action [11]. A `Partial`, so that what it carries (parameters, tables) is traced
# and controllers of the same function share one compiled program.
Controller = Partial

PLACES = 512  # robots side by side, at most
CHUNK_STEPS = 250  # 5 s of the robot's time
_OVERSHOOT = 1e-3  # m past the line, so that float32 cannot leave a robot a hair short of it


@dataclass(frozen=True)
class Episode:
    """What one episode asks for. It ends with its last command, or where the distance is covered."""

    program: Sequence[tuple[Command, float]]  # commands that are never resampled, and for how many seconds each
    distance: float = math.inf  # m along the first command's heading
    push_force_w: tuple[float, float] = (0.0, 0.0)  # N
    push_time: float = math.inf  # s


class Goals(NamedTuple):
    """The same for N episodes, as arrays; programs are padded to L commands."""

    commands: Command  # fields [N, L]
    last_steps: jax.Array  # [N, L] int32 control steps after which a command is over
    distance: jax.Array  # [N] m
    push: Push  # fields [N, ...]


class _Rows(NamedTuple):
    """What is recorded of a robot each control step; units and shapes as in `Recording`."""

    qpos: jax.Array
    heading: jax.Array
    foot_position_w: jax.Array
    sole_height: jax.Array
    foot_contact: jax.Array
    joint_velocity: jax.Array
    joint_torque: jax.Array
    joint_target: jax.Array


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
    *,
    randomized: bool = False,
) -> list[Recording]:
    """One recording an episode, in the order of `goals`, seeded by `keys` [N, ...].

    Robots are the nominal one, or `randomized` as the environment's configuration says. `report_progress` hears, after
    every chunk, how many episodes are not over and how many seconds of a robot's time have passed.
    """
    num_episodes, places = len(keys), min(len(keys), PLACES)
    occupant = np.arange(places)  # the episode in each place; those that wait follow in order
    progress, start = _start(env, randomized, _of(goals, occupant), keys[occupant])
    kept: list[list[dict[str, np.ndarray]]] = [[] for _ in range(num_episodes)]
    fell = np.zeros(num_episodes, bool)
    _keep(kept, occupant, start, np.ones((1, places), bool), np.ones(places, bool))
    waiting, open_places, chunks = places, np.ones(places, bool), 0
    while open_places.any():
        progress, recorded, rows = _advance(env, controller, _of(goals, occupant), progress)
        chunks += 1
        _keep(kept, occupant, rows, np.asarray(recorded), open_places)
        ended = np.asarray(progress.done) & open_places
        fell[occupant[ended]] = np.asarray(progress.fell)[ended]
        free = np.flatnonzero(ended)
        refilled = free[: num_episodes - waiting]
        open_places[free] = False
        if refilled.size:
            occupant = occupant.copy()
            occupant[refilled] = np.arange(waiting, waiting + refilled.size)
            waiting += refilled.size
            open_places[refilled] = True
            fresh, start = _start(env, randomized, _of(goals, occupant), keys[occupant])
            arriving = np.isin(np.arange(places), refilled)
            progress = _replace(arriving, fresh, progress)
            _keep(kept, occupant, start, np.ones((1, places), bool), arriving)
        if report_progress:
            unfinished = int(open_places.sum()) + num_episodes - waiting
            report_progress(unfinished, chunks * CHUNK_STEPS * env.engine.control_dt)
    return [_recording(env, rows, bool(fallen)) for rows, fallen in zip(kept, fell, strict=True)]


def make_goals(episodes: Sequence[Episode], control_dt: float) -> Goals:
    """The goals of N episodes."""
    longest = max(len(episode.program) for episode in episodes)
    goals = [_goals_of(episode, longest, control_dt) for episode in episodes]
    return jax.tree.map(lambda *fields: np.stack(fields), *goals)


def _goals_of(episode: Episode, length: int, control_dt: float) -> Goals:
    """The goals of one episode: its last command is repeated as padding."""
    commands, seconds = zip(*episode.program, strict=True)
    padding = length - len(commands)
    ends = np.ceil(np.cumsum(seconds) / control_dt - 1e-6)  # whole control steps, whatever the last bit says
    starts_in = NEVER if math.isinf(episode.push_time) else round(episode.push_time / control_dt)
    return Goals(
        commands=jax.tree.map(lambda *fields: np.stack(fields), *commands, *commands[-1:] * padding),
        last_steps=jnp.asarray(np.pad(ends, (0, padding), mode="edge"), jnp.int32),
        distance=jnp.float32(episode.distance),
        push=Push(jnp.array([*episode.push_force_w, 0.0], jnp.float32), jnp.int32(starts_in)),
    )


def _of(goals: Goals, episodes: np.ndarray) -> Goals:
    return jax.tree.map(lambda field: field[episodes], goals)


def _keep(
    kept: list[list[dict[str, np.ndarray]]],
    occupant: np.ndarray,
    rows: _Rows,
    recorded: np.ndarray,
    places: np.ndarray,
) -> None:
    """Adds a chunk's rows [T, N, ...], as far as they were recorded [T, N], to the episodes in the given places [N]."""
    columns = {name: np.asarray(column) for name, column in rows._asdict().items()}
    for place in np.flatnonzero(places):
        length = int(recorded[:, place].sum())
        kept[occupant[place]].append({name: column[:length, place].copy() for name, column in columns.items()})


def _act(policy: Callable, params: dict, state: EnvState, key: jax.Array) -> jax.Array:
    del key
    return policy(params, state.observation, None)


@partial(jax.jit, static_argnums=(0, 1))
def _start(env: WildRobotEnv, randomized: bool, goals: Goals, keys: jax.Array) -> tuple[_Progress, _Rows]:
    """Every robot at rest, and its first row [1, N, ...]."""

    def start_one(goal: Goals, key: jax.Array) -> tuple[_Progress, _Rows]:
        reset_key, key = jax.random.split(key)
        state = env.reset_at_rest(reset_key, _command_at(goal, jnp.int32(0)), randomized)._replace(push=goal.push)
        no, position = jnp.asarray(False), state.readings.base_position_w[:2]
        return _Progress(state, key, position, jnp.int32(0), done=no, fell=no), _rows(env, state)

    progress, rows = jax.vmap(start_one)(goals, keys)
    return progress, jax.tree.map(lambda row: row[None], rows)


@partial(jax.jit, static_argnums=0)
def _advance(
    env: WildRobotEnv, controller: Controller, goals: Goals, progress: _Progress
) -> tuple[_Progress, jax.Array, _Rows]:
    """One chunk: the episodes after it, which of its rows were recorded [chunk, N], and the rows [chunk, N, ...]."""

    def advance_one(goal: Goals, before: _Progress) -> tuple[_Progress, jax.Array, _Rows]:
        key, action_key = jax.random.split(before.key)
        action, step = controller(before.state, action_key), before.step + 1
        # The command goes in one step ahead: the observation of the state reached is the first to show it.
        state = env.step(before.state._replace(command=_command_at(goal, step)), action)
        traveled = state.readings.base_position_w[:2] - before.start_w
        heading = goal.commands.heading[0]
        along = traveled @ jnp.stack([jnp.cos(heading), jnp.sin(heading)])
        arrived = along >= goal.distance + _OVERSHOOT
        ended = state.terminated | arrived | (step >= goal.last_steps[-1])
        after = _Progress(state, key, before.start_w, step, done=ended, fell=state.terminated)
        after = jax.tree.map(partial(jnp.where, before.done), before, after)
        return after, ~before.done, _rows(env, after.state)

    def advance_all(carried: _Progress, _) -> tuple[_Progress, tuple[jax.Array, _Rows]]:
        after, recorded, rows = jax.vmap(advance_one)(goals, carried)
        return after, (recorded, rows)

    progress, (recorded, rows) = jax.lax.scan(advance_all, progress, length=CHUNK_STEPS)
    return progress, recorded, rows


@jax.jit
def _replace(arriving: jax.Array, fresh: _Progress, before: _Progress) -> _Progress:
    """The fresh episodes where one arrives [N], the others as they were."""

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(arriving.reshape(arriving.shape + (1,) * (new.ndim - 1)), new, old)

    return jax.tree.map(choose, fresh, before)


def _command_at(goal: Goals, step: jax.Array) -> Command:
    """The command that rules the state after `step` [] control steps; the last one stays."""
    index = jnp.minimum(jnp.sum(step >= goal.last_steps), len(goal.last_steps) - 1)
    return jax.tree.map(lambda field: field[index], goal.commands)


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
        joint_target=state.joint_target,
    )


def _recording(env: WildRobotEnv, chunks: list[dict[str, np.ndarray]], fell: bool) -> Recording:
    """The rows of one robot. A last state that is not finite (a fall by definition) repeats the one before it."""
    one = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in _Rows._fields}
    if not all(np.isfinite(column[-1]).all() for column in one.values()):
        one = {name: np.concatenate([column[:-1], column[-2:-1]]) for name, column in one.items()}
    return Recording(control_dt=env.engine.control_dt, fell=fell, **one)
