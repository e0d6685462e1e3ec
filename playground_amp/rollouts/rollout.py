"""The one deterministic rollout: a controller moves robots from given starts, and the caller says what is kept.

Everything that is not training goes through here; training has its own loop, which learns from what it meets. Control
steps are taken in chunks of one compiled program, which is used again and again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from playground_amp.envs.commands import Command
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.envs.wildrobot_env import WildRobotEnv

# State of one robot → action [J]. A `Partial`, so that what it carries (parameters, tables) is traced and controllers
# of the same function share one compiled program.
Controller = Partial

Rows = TypeVar("Rows")  # a NamedTuple of arrays
Goals = TypeVar("Goals")  # likewise, a row a robot: what each of them is after
_Goals = TypeVar("_Goals", contravariant=True)
# What is kept of a control step of one robot: the state before it and the one reached → one row.
Sampler = Callable[[WildRobotEnv, EnvState, EnvState], Rows]

CHUNK_STEPS = 250  # 5 s of the robot's time


class Move(Protocol[_Goals]):
    """A control step of N robots. Equal ones share a compiled program."""

    @property
    def env(self) -> WildRobotEnv:
        """The task of one robot."""
        ...

    def __call__(self, controller: Controller, states: EnvState, goals: _Goals) -> tuple[EnvState, EnvState]:
        """The states [N] to go on from, and those that were reached."""
        ...


@dataclass(frozen=True)
class UntilFall:
    """Robots keep the commands of their starts; whoever has fallen stays as it fell."""

    env: WildRobotEnv

    def __call__(self, controller: Controller, states: EnvState, goals: None) -> tuple[EnvState, EnvState]:
        """As `Move` says."""
        reached = jax.vmap(partial(take_step, self.env, controller))(states)
        reached = jax.vmap(unless_over)(states, reached)
        return reached, reached


@dataclass(frozen=True)
class AsInTraining:
    """Whoever has fallen, or lived for as long as an episode lasts, restarts under another command."""

    vector: VectorEnv

    @property
    def env(self) -> WildRobotEnv:
        """As `Move` says."""
        return self.vector.env

    def __call__(self, controller: Controller, states: EnvState, goals: None) -> tuple[EnvState, EnvState]:
        """As `Move` says."""
        return self.vector.step(states, jax.vmap(controller)(states))


def policy_controller(policy: Callable, params: dict) -> Controller:
    """The deterministic policy: no action noise."""
    return Partial(partial(_act, policy), params)


def take_step(env: WildRobotEnv, controller: Controller, state: EnvState, command: Command | None = None) -> EnvState:
    """One control period of one robot; only a fall is an end.

    The controller acts on what was observed. A new command is given after that: the observation of the state reached
    is the first to show it.
    """
    action = controller(state)
    if command is not None:
        state = state._replace(command=command)
    return env.step(state, action)._replace(truncated=jnp.asarray(False))


def is_over(state: EnvState) -> jax.Array:
    """Whether an episode has ended in this state."""
    return state.terminated | state.truncated


def unless_over(before: EnvState, reached: EnvState) -> EnvState:
    """The state reached; where the episode had ended before, that end."""
    return jax.tree.map(partial(jnp.where, is_over(before)), before, reached)


def roll_out(
    move: Move[None],
    controller: Controller,
    starts: EnvState,
    steps: int,
    sampler: Sampler[Rows],
    report_progress: Callable[[float], None] | None = None,
) -> Rows:
    """The rows [steps, N, ...] of robots that begin at `starts` [N], as NumPy arrays.

    `report_progress` hears the share that is done.
    """
    chunks = math.ceil(steps / CHUNK_STEPS)
    length = math.ceil(steps / chunks)
    states, kept = starts, []
    for chunk in range(chunks):
        states, _, rows = advance(move, sampler, length, controller, states, None)
        kept.append(jax.tree.map(np.asarray, rows))
        if report_progress:
            report_progress((chunk + 1) / chunks)
    return jax.tree.map(lambda *columns: np.concatenate(columns)[:steps], *kept)


@partial(jax.jit, static_argnums=(0, 1, 2))
def advance(
    move: Move[Goals], sampler: Sampler[Rows], steps: int, controller: Controller, states: EnvState, goals: Goals
) -> tuple[EnvState, jax.Array, Rows]:
    """A chunk: the states after it, whose episodes were not over before each step [steps, N], and the rows."""

    def one_step(before: EnvState, _: None) -> tuple[EnvState, tuple[jax.Array, Rows]]:
        following, reached = move(controller, before, goals)
        return following, (~is_over(before), jax.vmap(partial(sampler, move.env))(before, reached))

    states, (lived, rows) = jax.lax.scan(one_step, states, length=steps)
    return states, lived, rows


def _act(policy: Callable, params: dict, state: EnvState) -> jax.Array:
    return policy(params, state.observation, None)
