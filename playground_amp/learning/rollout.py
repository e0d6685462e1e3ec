"""Collecting experience: every robot steps under the policy's noise, and episodes are counted as they end."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.brax_api.learning import Policy, Transition
from playground_amp.envs.pushes import force_now
from playground_amp.envs.sensing import true_target
from playground_amp.envs.state import EnvState
from playground_amp.envs.vector import VectorEnv
from playground_amp.physics.protocol import PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings
from playground_amp.untyped import Pytree


class EpisodeStatistics(NamedTuple):
    """Running sums of the episodes under way [N], and means over those that ended lately []."""

    reward: jax.Array  # [N]
    length: jax.Array  # [N]
    mean_reward: jax.Array  # []
    mean_length: jax.Array  # []


class Evidence(NamedTuple):
    """The last good state of a robot whose next one was not finite, and what was asked of it."""

    found: jax.Array  # [] bool
    physics: PhysicsState
    parameters: PhysicalParameters
    action: jax.Array  # [J]
    joint_target: jax.Array  # [J] rad, and the one before it, as the physics got them
    previous_target: jax.Array
    push_force_w: jax.Array  # [3] N


class Rollout(NamedTuple):
    """What an iteration learns from."""

    transitions: Transition  # leading axes [N, T]; next_observation [N, 1]: after the last step only
    motion: "Motion | None"  # for the motion prior, if it was asked for
    walked: "Walked | None"  # likewise, for what is corrected by it
    metrics: dict[str, jax.Array]
    evidence: Evidence


class Motion(NamedTuple):
    """What the motion prior judges."""

    transitions: jax.Array  # [N, T, n] its features of each step, from the state before to the one reached
    command: jax.Array  # [N, T, 3] the velocity asked for


class Walked(NamedTuple):
    """What training corrects itself by (learning/aim.py)."""

    command: jax.Array  # [N, T, 3] the velocity asked for
    holds: jax.Array  # [N, T] bool: the yaw rate asked for holds a heading
    velocity: jax.Array  # [N, T, 3] the average one that a step led to
    torque: jax.Array  # [N, T, J] N·m
    ended: jax.Array  # [N, T] bool: the step was the last of its episode


class _Means(NamedTuple):
    """Over the robots, of one control step."""

    reward_terms: jax.Array  # [K] in the order of the names
    speed_error: jax.Array  # [] m/s
    yaw_rate_error: jax.Array  # [] rad/s


def start_statistics(num_envs: int) -> EpisodeStatistics:
    zeros = jnp.zeros(num_envs)
    return EpisodeStatistics(zeros, zeros, jnp.float32(0.0), jnp.float32(0.0))


def collect(
    env: VectorEnv,
    act: Policy,
    states: EnvState,
    statistics: EpisodeStatistics,
    key: jax.Array,
    num_steps: int,
    describe: Callable[[Readings, Readings], jax.Array] | None = None,
    difficulty: jax.Array | float = 1.0,
    watched: tuple[Policy, jax.Array] | None = None,
) -> tuple[EnvState, EpisodeStatistics, Rollout]:
    """Steps all robots `num_steps` times; episodes that start meanwhile are of that difficulty [].

    `describe`: features of one robot's step, for `Rollout.motion`.
    `watched`: how robots act without noise, and which do [N] bool, for `Rollout.walked`. What the noise would have done
    stands as their action: it had no effect, so they teach the policy nothing, and the critic as much as others do.
    """

    def step(carry: tuple, step_key: jax.Array) -> tuple[tuple, Pytree]:
        states, running, evidence = carry
        action, policy_extras = act(states.observation, step_key)
        following, reached = env.step(states, _without_noise(watched, states, action, step_key), difficulty)
        done = reached.terminated | reached.truncated
        transition = _transition(states, action, policy_extras, reached)
        running, ended = _count(running, reached.reward, done)
        walked = _walked(env, states, reached, done) if watched else None
        bad = ~reached.readings.finite
        evidence = _remember(evidence, bad, states, reached, action)
        motion = _motion(env, describe, states, reached) if describe else None
        means = _Means(_mean_terms(reached), *_speed_errors(env, reached))
        return (following, running, evidence), (transition, motion, walked, ended, jnp.sum(bad), means)

    running = (statistics.reward, statistics.length)
    carry = (states, running, _no_evidence(states))
    (states, running, evidence), (transitions, motion, walked, ended, bad, means) = jax.lax.scan(
        step, carry, jax.random.split(key, num_steps)
    )
    statistics = _summarize(statistics, running, ended)
    transitions = jax.tree.map(_robots_first, transitions)
    transitions = transitions._replace(next_observation=jax.tree.map(lambda x: x[:, None], states.observation))
    metrics = _metrics(env, transitions, statistics, means, list(states.reward_terms)) | {"bad_envs": jnp.sum(bad)}
    motion, walked = jax.tree.map(_robots_first, (motion, walked))
    return states, statistics, Rollout(transitions, motion, walked, metrics, evidence)


def _transition(before: EnvState, action: jax.Array, policy_extras: Mapping, reached: EnvState) -> Transition:
    """What PPO learns from, of one control step."""
    return Transition(
        observation=before.observation,  # pyright: ignore[reportArgumentType]
        action=action,
        reward=reached.reward,
        discount=1.0 - (reached.terminated | reached.truncated),
        next_observation=(),  # pyright: ignore[reportArgumentType]  (Brax)
        extras={"policy_extras": policy_extras, "state_extras": {"truncation": reached.truncated * 1.0}},  # pyright: ignore
    )


def _metrics(
    env: VectorEnv, transitions: Transition, statistics: EpisodeStatistics, means: _Means, reward_terms: Sequence[str]
) -> dict[str, jax.Array]:
    """Scalars by name, of the means of every step; rewards a second."""
    means = jax.tree.map(lambda x: jnp.mean(x, axis=0), means)
    rates = means.reward_terms / env.env.config.env.control_dt
    return {
        "reward": statistics.mean_reward,
        "episode_length": statistics.mean_length,
        "speed_error": means.speed_error,
        "yaw_rate_error": means.yaw_rate_error,
        "falls": jnp.sum((transitions.discount == 0) & (transitions.extras["state_extras"]["truncation"] == 0)),
        **{f"reward/{name}": rates[index] for index, name in enumerate(reward_terms)},
    }


def _robots_first(x: jax.Array) -> jax.Array:
    """[T, N, ...] → [N, T, ...]."""
    return jnp.swapaxes(x, 0, 1)


def _motion(env: VectorEnv, describe: Callable, before: EnvState, reached: EnvState) -> Motion:
    """Steps to a state that is not finite are those of nobody's motion: they count as standing at the origin."""
    transitions = jax.vmap(describe)(before.readings, reached.readings)
    finite = reached.readings.finite[:, None]
    return Motion(jnp.where(finite, transitions, 0.0), jax.vmap(env.env.velocity_command)(before))


def _without_noise(
    watched: tuple[Policy, jax.Array] | None, states: EnvState, action: jax.Array, key: jax.Array
) -> jax.Array:
    if watched is None:
        return action
    plain, which = watched
    return jnp.where(which[:, None], plain(states.observation, key)[0], action)


def _walked(env: VectorEnv, before: EnvState, reached: EnvState, done: jax.Array) -> Walked:
    """Steps to a state that is not finite are told as standing with no torque."""
    finite = reached.readings.finite[:, None]
    velocity, torque = (jnp.where(finite, x, 0.0) for x in (reached.average_velocity, reached.readings.joint_torque))
    asked = jax.vmap(env.env.velocity_command)(before)
    return Walked(asked, before.command.hold_heading, velocity, torque, done)


def _count(running: tuple[jax.Array, jax.Array], reward: jax.Array, done: jax.Array) -> tuple[tuple, tuple]:
    total, length = running[0] + reward, running[1] + 1
    ended = (jnp.sum(total * done), jnp.sum(length * done), jnp.sum(done))
    return (total * ~done, length * ~done), ended


def _summarize(statistics: EpisodeStatistics, running: tuple, ended: tuple) -> EpisodeStatistics:
    """Means over the episodes that ended in this rollout; the former means where none did."""
    reward, length, count = (jnp.sum(x) for x in ended)
    some = count > 0
    safe = jnp.maximum(count, 1)
    return EpisodeStatistics(
        reward=running[0],
        length=running[1],
        mean_reward=jnp.where(some, reward / safe, statistics.mean_reward),
        mean_length=jnp.where(some, length / safe, statistics.mean_length),
    )


def _mean_terms(reached: EnvState) -> jax.Array:
    """Means over the robots, in the order of the names; as one array: each of many costs time to compile and to run."""
    return jnp.mean(jnp.stack(list(reached.reward_terms.values())), axis=1)


def _speed_errors(env: VectorEnv, reached: EnvState) -> tuple[jax.Array, jax.Array]:
    command = jax.vmap(env.env.velocity_command)(reached)
    error = command - reached.average_velocity
    finite = reached.readings.finite
    speed = jnp.where(finite, jnp.linalg.norm(error[:, :2], axis=1), 0.0)
    return jnp.mean(speed), jnp.mean(jnp.where(finite, jnp.abs(error[:, 2]), 0.0))


def _no_evidence(states: EnvState) -> Evidence:
    nobody = _evidence(jnp.zeros(states.step.shape, bool), states, states, states.previous_action)
    return jax.tree.map(lambda x: jnp.zeros_like(x[0]), nobody)


def _remember(evidence: Evidence, bad: jax.Array, before: EnvState, reached: EnvState, action: jax.Array) -> Evidence:
    """The first robot that went bad, if none has before."""
    worst = jnp.argmax(bad)
    new = _evidence(bad, before, reached, action)
    keep = evidence.found | ~bad.any()
    return jax.tree.map(lambda old, x: jnp.where(keep, old, x[worst]), evidence, new)


def _evidence(found: jax.Array, before: EnvState, reached: EnvState, action: jax.Array) -> Evidence:
    push_force_w = jax.vmap(force_now)(before.push)
    target, previous = (jax.vmap(true_target)(state.joint_target, state.sensors) for state in (reached, before))
    return Evidence(found, before.physics, before.parameters, action, target, previous, push_force_w)
