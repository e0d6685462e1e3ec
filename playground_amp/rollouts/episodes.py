"""Episodes with a program and perhaps a distance, many at once.

A fixed number of robots walks side by side. Where an episode has ended (arrived, fallen, out of time), the next one
that waits takes its place, so that long and short episodes share one compiled program.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.envs.commands import NEVER, Command
from playground_amp.envs.pushes import Push
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.sole import make_sole_height
from playground_amp.rollouts.recording import Recording
from playground_amp.rollouts.rollout import (
    CHUNK_STEPS,
    Controller,
    Rows,
    Sampler,
    advance,
    is_over,
    take_step,
    unless_over,
)

PLACES = 512  # robots side by side, at most
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
    start_w: jax.Array  # [N, 2] m, where the distance begins


@dataclass(frozen=True)
class Lived(Generic[Rows]):
    """An episode from its start to its end."""

    rows: Rows  # [T, ...], row 0 is the start
    fell: bool  # the last row is a fall


@dataclass(frozen=True)
class _TowardGoals:
    """A `Move`: robots follow the programs of their `Goals`; whose episode is over stays where it ended."""

    env: WildRobotEnv

    def __call__(self, controller: Controller, states: EnvState, goals: Goals) -> tuple[EnvState, EnvState]:
        reached = jax.vmap(partial(self._step, controller))(states, goals)
        return reached, reached

    def _step(self, controller: Controller, before: EnvState, goal: Goals) -> EnvState:
        reached = take_step(self.env, controller, before, _command_at(goal, before.step + 1))
        traveled = reached.readings.base_position_w[:2] - goal.start_w
        heading = goal.commands.heading[0]
        along = traveled @ jnp.stack([jnp.cos(heading), jnp.sin(heading)])
        arrived = (along >= goal.distance + _OVERSHOOT) | (reached.step >= goal.last_steps[-1])
        return unless_over(before, reached._replace(truncated=arrived & ~reached.terminated))


def run_episodes(
    env: WildRobotEnv,
    controller: Controller,
    episodes: Sequence[Episode],
    keys: jax.Array,
    sampler: Sampler[Rows],
    report_progress: Callable[[int, float], None] | None = None,
    *,
    randomized: bool = False,
) -> list[Lived[Rows]]:
    """Each episode from rest, in the order given, seeded by `keys` [N, ...].

    Robots are the nominal one, or `randomized` as the environment's configuration says. `report_progress` hears, after
    every chunk, how many episodes are not over and how many seconds of a robot's time have passed.
    """
    goals = _make_goals(episodes, env.engine.control_dt)
    starts, first = _start(env, randomized, sampler, goals, keys)
    goals = goals._replace(start_w=np.asarray(starts.readings.base_position_w[:, :2]))
    first = jax.tree.map(np.asarray, first)
    kept = [[_cut(first, slice(index, index + 1))] for index in range(len(episodes))]
    fell = np.zeros(len(episodes), bool)
    occupant = np.arange(min(len(episodes), PLACES))  # the episode in each place; those that wait follow in order
    states, open_places, begun, chunks = _of(starts, occupant), np.ones(len(occupant), bool), len(occupant), 0
    while open_places.any():
        states, lived, rows = advance(_TowardGoals(env), sampler, CHUNK_STEPS, controller, states, _of(goals, occupant))
        chunks += 1
        _keep(kept, occupant, rows, np.asarray(lived), open_places)
        ended = np.flatnonzero(np.asarray(is_over(states)) & open_places)
        fell[occupant[ended]] = np.asarray(states.terminated)[ended]
        open_places[ended] = False
        refilled = ended[: len(episodes) - begun]
        if refilled.size:
            occupant = occupant.copy()
            occupant[refilled] = np.arange(begun, begun + refilled.size)
            begun += refilled.size
            open_places[refilled] = True
            states = _replace(np.isin(np.arange(len(occupant)), refilled), _of(starts, occupant), states)
        if report_progress:
            unfinished = int(open_places.sum()) + len(episodes) - begun
            report_progress(unfinished, chunks * CHUNK_STEPS * env.engine.control_dt)
    return [_lived(chunks, bool(fallen)) for chunks, fallen in zip(kept, fell, strict=True)]


def record_episodes(
    env: WildRobotEnv,
    controller: Controller,
    episodes: Sequence[Episode],
    keys: jax.Array,
    report_progress: Callable[[int, float], None] | None = None,
    *,
    randomized: bool = False,
) -> list[Recording]:
    """One recording an episode, as `run_episodes` says. It takes about 220 bytes a robot and control step."""
    lived = run_episodes(env, controller, episodes, keys, _sample, report_progress, randomized=randomized)
    return [Recording(control_dt=env.engine.control_dt, fell=each.fell, **each.rows._asdict()) for each in lived]


class _Sample(NamedTuple):
    """What is recorded of a robot each control step; units and shapes as in `Recording`."""

    qpos: jax.Array
    heading: jax.Array
    foot_position_w: jax.Array
    sole_height: jax.Array
    foot_contact: jax.Array
    joint_velocity: jax.Array
    joint_torque: jax.Array
    joint_target: jax.Array


def _sample(env: WildRobotEnv, before: EnvState, state: EnvState) -> _Sample:
    readings = state.readings
    return _Sample(
        qpos=state.physics.qpos,
        heading=readings.heading,
        foot_position_w=readings.foot_position_w,
        sole_height=make_sole_height(env.engine.robot)(state.physics.qpos, readings.foot_position_w),
        foot_contact=readings.foot_switch.reshape(2, 2).any(axis=1),
        joint_velocity=readings.joint_velocity,
        joint_torque=readings.joint_torque,
        joint_target=state.joint_target,
    )


def _make_goals(episodes: Sequence[Episode], control_dt: float) -> Goals:
    """The goals of N episodes, whose starts are the origin."""
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
        start_w=jnp.zeros(2),
    )


def _command_at(goal: Goals, step: jax.Array) -> Command:
    """The command that rules the state after `step` [] control steps; the last one stays."""
    index = jnp.minimum(jnp.sum(step >= goal.last_steps), len(goal.last_steps) - 1)
    return jax.tree.map(lambda field: field[index], goal.commands)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _start(
    env: WildRobotEnv, randomized: bool, sampler: Sampler[Rows], goals: Goals, keys: jax.Array
) -> tuple[EnvState, Rows]:
    """Every robot at rest, and its first row."""

    def start_one(goal: Goals, key: jax.Array) -> tuple[EnvState, Rows]:
        reset_key, _ = jax.random.split(key)
        state = env.reset_at_rest(reset_key, _command_at(goal, jnp.int32(0)), randomized)._replace(push=goal.push)
        return state, sampler(env, state, state)

    return jax.vmap(start_one)(goals, keys)


@jax.jit
def _replace(arriving: jax.Array, fresh: EnvState, before: EnvState) -> EnvState:
    """The fresh episodes where one arrives [N], the others as they were."""

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(arriving.reshape(arriving.shape + (1,) * (new.ndim - 1)), new, old)

    return jax.tree.map(choose, fresh, before)


def _of(fields: Rows, episodes: np.ndarray) -> Rows:
    return jax.tree.map(lambda field: field[episodes], fields)


def _cut(rows: Rows, index: slice | tuple[slice, int]) -> Rows:
    """Some of the rows, copied, so that the others need not be kept."""
    return jax.tree.map(lambda column: column[index].copy(), rows)


def _keep(kept: list[list[Rows]], occupant: np.ndarray, rows: Rows, lived: np.ndarray, places: np.ndarray) -> None:
    """Adds a chunk's rows [T, N, ...], as far as they were lived [T, N], to the episodes in the given places [N]."""
    columns = jax.tree.map(np.asarray, rows)
    for place in np.flatnonzero(places):
        kept[occupant[place]].append(_cut(columns, (slice(int(lived[:, place].sum())), int(place))))


def _lived(chunks: list[Rows], fell: bool) -> Lived[Rows]:
    """The rows of one robot. A last state that is not finite (a fall by definition) repeats the one before it."""
    rows = jax.tree.map(lambda *columns: np.concatenate(columns), *chunks)
    if not all(np.isfinite(column[-1]).all() for column in jax.tree.leaves(rows)):
        rows = jax.tree.map(lambda column: np.concatenate([column[:-1], column[-2:-1]]), rows)
    return Lived(rows, fell)
