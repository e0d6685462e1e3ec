"""What the gates measure of a walk, held by feedback while it is learned: speed ahead, and the torque of each joint.

A policy learns with the noise of exploring and is judged without. Noise slows a walk, so who learned to go as fast as
asked with it is up to a sixth too fast without; another is a tenth too slow, as speed takes effort; and weights that
suit one robot's knees overload another's. So a few robots act without noise, by the averaged weights that are handed
back; what counts of them is walking straight with the heading held, as gates ask for it: holding it takes speed, too.
As long as those are too fast, rewards for speed ahead ask for less than the command; as long as they are too
slow, for a little more, and pay more for it.
A joint whose mean torque is too high has to be paid for, the more the longer it is: a multiplier of Lagrange (Ray,
Achiam and Amodei 2019, "Benchmarking safe exploration in deep reinforcement learning"). Nothing of it is in anybody's
observation: a policy is told the command.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.envs import rewards
from playground_amp.envs.commands import asks_to_stand
from playground_amp.learning.rollout import Walked
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

PARTS = 4  # equal ones of the speeds ahead
_JUDGED = slice(1, 3)  # those that hold the speeds of the gate `walk`, 0.3 and 0.5 of up to 0.8 m/s
_TERMS = (rewards.velocity_tracking, rewards.velocity_progress)
_FORGET = 0.05  # what an iteration counts in the running sums
_ENOUGH = 400.0  # control steps a part must have in them before anything is made of it
_FARTHEST = 0.3  # share by which a speed is corrected at most
_FARTHER = 0.1  # share by which more is asked for at most: the farther away, the less there is to gain by a step
_BOOST = 5.0  # by how much more speed pays, of its share of correction
_DEAREST = 4.0  # a second, for torque at a joint's limit
_SETTLED = 2.0  # gait cycles after a command, when its speed is reached


class Aim(NamedTuple):
    """What is corrected, and the running sums that it follows, over control steps of robots without noise."""

    more: jax.Array  # [K] correction of each part's speeds, as a share of what was asked
    price: jax.Array  # [J] a second, of a joint's torque at its limit
    asked: jax.Array  # [K] m/s
    reached: jax.Array  # [K] m/s
    torque: jax.Array  # [K, J] sizes, as shares of each joint's limit
    steps: jax.Array  # [K]
    last: jax.Array  # [N, 2] speed asked of each robot, ahead and sideways, m/s
    since: jax.Array  # [N] int32 control steps for which it has been asked that


class _Paced(NamedTuple):
    """What the terms about speed look at."""

    command: jax.Array  # [3]
    average_velocity: jax.Array  # [3]
    scale: Scale


class Aiming:
    """The feedback of a run."""

    def __init__(self, config: Config, robot: Robot) -> None:
        self._aim, self._env, self._weights = config.trainer.aim, config.env, config.paid_weights
        self._scale, self._limit = scale_of(robot), jnp.asarray(robot.torque_limit, jnp.float32)
        self.watched = jnp.arange(config.trainer.num_envs) < self._aim.watched * config.trainer.num_envs
        """[N] bool: the robots that act without noise."""

    def init(self) -> Aim:
        part, joint = jnp.zeros(PARTS), jnp.zeros_like(self._limit)
        torque, num_envs = jnp.zeros((PARTS, len(self._limit))), len(self.watched)
        since = jnp.zeros(num_envs, jnp.int32)
        return Aim(part, joint, part, part, torque, part, jnp.zeros((num_envs, 2)), since)

    def paid(self, aim: Aim, walked: Walked) -> jax.Array:
        """What is added to the reward of each step, [N, T]."""
        more = jnp.matmul(self._part(walked), aim.more)
        asked = walked.command.at[..., 0].multiply(1 + jnp.minimum(more, _FARTHER))
        boosted = (1 + _BOOST * jnp.maximum(more, 0.0)) * self._pay(asked, walked.velocity)
        load = jnp.matmul(jnp.abs(walked.torque) / self._limit, aim.price) * ~asks_to_stand(walked.command)
        return boosted - self._pay(walked.command, walked.velocity) - self._a_step(load)

    def follow(self, aim: Aim, walked: Walked) -> tuple[Aim, dict[str, jax.Array]]:
        """The feedback after an iteration, and metrics [] by name."""
        sums = self._sums(aim, walked)
        known = sums.steps > _ENOUGH
        short = jnp.where(known, 1 - sums.reached / jnp.maximum(sums.asked, 1e-6), 0.0)
        torque = jnp.where(known[:, None], sums.torque / jnp.maximum(sums.steps, 1.0)[:, None], 0.0)
        most = jnp.max(torque[_JUDGED], axis=0)
        excess = jnp.where(known[_JUDGED].any(), most / self._aim.joint_torque - 1, 0.0)
        more = jnp.clip(aim.more + self._aim.speed * short, -_FARTHEST, _FARTHEST)
        price = jnp.clip(aim.price + self._aim.torque_price * excess, 0.0, _DEAREST)
        told = {f"aim/short_{part + 1}": short[part] for part in range(PARTS)}
        told |= {f"aim/more_{part + 1}": more[part] for part in range(PARTS)}
        told |= {"aim/joint_torque": jnp.max(most), "aim/price": jnp.max(price)}
        return sums._replace(more=more, price=price), told

    def _sums(self, aim: Aim, walked: Walked) -> Aim:
        since, asked_since = _asked_since(aim, walked)
        as_judged = walked.holds if self._env.commands.heading_share > 0 else ~walked.holds
        settled = asked_since >= _SETTLED * self._env.gait.cycle_time[1] / self._env.control_dt
        part = self._part(walked) * (self.watched[:, None] & settled & as_judged)[..., None]

        def running(before: jax.Array, now: jax.Array) -> jax.Array:
            return (1 - _FORGET) * before + jnp.einsum("ntk,nt...->k...", part, now)

        return aim._replace(
            asked=running(aim.asked, walked.command[..., 0]),
            reached=running(aim.reached, walked.velocity[..., 0]),
            torque=running(aim.torque, jnp.abs(walked.torque) / self._limit),
            steps=running(aim.steps, jnp.ones(part.shape[:2])),
            last=walked.command[:, -1, :2],
            since=since,
        )

    def _part(self, walked: Walked) -> jax.Array:
        """Which part of the speeds ahead is asked for, [N, T, K] 1 or 0; none on any other way."""
        forward = walked.command[..., 0]
        straight = (walked.command[..., 1] == 0) & (forward > 0)
        fastest = max(self._env.commands.forward[1], 1e-6)
        part = jnp.minimum((PARTS * forward / fastest).astype(jnp.int32), PARTS - 1)
        return (straight[..., None] & (part[..., None] == jnp.arange(PARTS))) * 1.0

    def _pay(self, asked: jax.Array, velocity: jax.Array) -> jax.Array:
        """What the terms about speed pay a step [N, T] for velocities [N, T, 3], if others were asked for."""

        def a_second(command: jax.Array, average_velocity: jax.Array) -> jax.Array:
            paced = _Paced(command, average_velocity, self._scale)
            return jnp.sum(jnp.stack([self._weights.get(t.__name__, 0.0) * t(paced) for t in _TERMS]))  # pyright: ignore

        return self._a_step(jax.vmap(jax.vmap(a_second))(asked, velocity))

    def _a_step(self, a_second: jax.Array) -> jax.Array:
        return self._env.control_dt * a_second


def _asked_since(aim: Aim, walked: Walked) -> tuple[jax.Array, jax.Array]:
    """Control steps for which robots have been asked to go as fast as now, after the rollout [N] and in it [N, T]."""

    def step(carry: tuple[jax.Array, jax.Array], now: tuple[jax.Array, jax.Array]) -> tuple[tuple, jax.Array]:
        (since, last), (asked, ended) = carry, now
        since = jnp.where(jnp.all(asked == last, axis=-1), since + 1, 0)
        return (jnp.where(ended, 0, since), asked), since

    steps = (jnp.swapaxes(walked.command[..., :2], 0, 1), walked.ended.T)
    (since, _), history = jax.lax.scan(step, (aim.since, aim.last), steps)
    return since, history.T
