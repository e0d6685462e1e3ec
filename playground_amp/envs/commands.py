"""What the robot is asked to do, and when it is asked for something else.

A command is a velocity in the heading frame. Yaw itself cannot be sensed, so a straight line needs somebody who
watches the heading: with `hold_heading` the yaw rate asked for is proportional to the heading error. A gait sways, and
so does what is asked for, the more the higher the gain; with a low gain what a robot turns by itself leads off the
line, unless an integral part, its trim, makes up for it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.configs.walking import CommandConfig
from playground_amp.envs.draws import between
from playground_amp.robot.scale import Scale

DRAWS = 8  # random numbers a command takes
NEVER = 2**30  # control steps until the next command of a robot that keeps the one it has
_STANDING_SPEED = 0.05  # m/s, of WildRobot; slower commands, turning less than the next, are "stand still"
_STANDING_YAW_RATE = 0.1  # rad/s
_TURNING = 0.1  # rad; a larger heading error is a turn, not what a robot turns by itself


class Command(NamedTuple):
    """One robot's command."""

    forward: jax.Array  # [] m/s
    sideways: jax.Array  # [] m/s, to the left
    yaw_rate: jax.Array  # [] rad/s, unless the heading is held
    heading: jax.Array  # [] rad, world
    hold_heading: jax.Array  # [] bool
    steps_left: jax.Array  # [] int32 control steps until the next command


def hold(forward: float, sideways: float = 0.0, yaw_rate: float = 0.0, heading: float | None = None) -> Command:
    """A command that is never resampled; with a heading (rad, world) that heading is held."""
    return Command(
        forward=jnp.float32(forward),
        sideways=jnp.float32(sideways),
        yaw_rate=jnp.float32(yaw_rate),
        heading=jnp.float32(0.0 if heading is None else heading),
        hold_heading=jnp.asarray(heading is not None),
        steps_left=jnp.int32(NEVER),
    )


def sample(
    uniform: jax.Array,
    config: CommandConfig,
    heading: jax.Array,
    control_dt: float,
    breadth: jax.Array | float = 1.0,
    *,
    scale: Scale,
) -> Command:
    """A command drawn by the configuration, for a robot that looks along `heading` [] rad.

    `uniform` [DRAWS] in [0, 1) makes the choice. `breadth` [] scales the configured velocities; `scale` is
    the robot's.
    """
    kind, share, forward, sideways, yaw_rate, change, holds, until = uniform
    standing = kind < config.standing_share
    # Of the commands to move, from the first to the last: straight ahead, only sideways, only turning, all at once.
    alone = (1 - config.forward_share) * config.single_share / 2
    to_side, to_turn = config.forward_share + alone, config.forward_share + 2 * alone
    straight, turning = share < config.forward_share, (share >= to_side) & (share < to_turn)
    sidling = ~straight & (share < to_side)
    moves = ~standing
    velocity = Command(
        forward=jnp.where(moves & ~sidling & ~turning, breadth * between(config.forward, forward), 0.0),
        sideways=jnp.where(moves & ~straight & ~turning, breadth * between(config.sideways, sideways), 0.0),
        yaw_rate=jnp.where(moves & ~straight & ~sidling, breadth * between(config.yaw_rate, yaw_rate), 0.0),
        heading=heading + jnp.where(moves, between(config.heading_change, change), 0.0),
        hold_heading=(holds < config.heading_share) & ~turning,
        steps_left=(between(config.resample_time, until) / control_dt).astype(jnp.int32),
    )
    return _without_creeping(velocity, scale)


def go_on(command: Command, velocity: jax.Array, heading: jax.Array) -> Command:
    """The same command, but to go on at a velocity [3] that the robot has, looking along `heading` [] rad."""
    turns = velocity[2] != 0
    return command._replace(
        forward=velocity[0],
        sideways=velocity[1],
        yaw_rate=velocity[2],
        heading=heading,
        hold_heading=command.hold_heading & ~turns,
    )


def update(
    command: Command,
    uniform: jax.Array,
    config: CommandConfig,
    heading: jax.Array,
    control_dt: float,
    breadth: jax.Array | float = 1.0,
    *,
    scale: Scale,
) -> Command:
    """The command a control step later: the same one, or a new one (see `sample`) when its time is over."""
    fresh = sample(uniform, config, heading, control_dt, breadth, scale=scale)
    same = command._replace(steps_left=command.steps_left - 1)
    return jax.tree.map(lambda new, old: jnp.where(command.steps_left <= 1, new, old), fresh, same)


def velocity(command: Command, config: CommandConfig, heading: jax.Array, trim: jax.Array | None = None) -> jax.Array:
    """The velocity asked for, (forward m/s, sideways m/s, yaw rate rad/s) [3], of a robot looking along `heading`."""
    limit, towards = config.heading_yaw_rate, config.heading_gain * _heading_error(command, heading)
    towards = jnp.clip(towards if trim is None else towards + trim, -limit, limit)
    yaw_rate = jnp.where(_holds(command), towards, command.yaw_rate)
    return jnp.stack([command.forward, command.sideways, yaw_rate])


def no_trim(config: CommandConfig) -> jax.Array | None:
    """The integral part of what holds a heading, [] rad/s, at the start; None where there is none."""
    return jnp.float32(0.0) if config.heading_integral_time > 0 else None


def trimmed(
    trim: jax.Array | None, command: Command, config: CommandConfig, heading: jax.Array, control_dt: float
) -> jax.Array | None:
    """The integral part a control step later, of a robot that looks along `heading` [] rad."""
    if trim is None:
        return None
    error, limit = _heading_error(command, heading), config.heading_yaw_rate
    more = config.heading_gain / config.heading_integral_time * control_dt * error
    mends = _holds(command) & (jnp.abs(error) < _TURNING)
    return jnp.where(mends, jnp.clip(trim + more, -limit, limit), trim)


def is_standing(command: Command) -> jax.Array:
    """Whether the command is to stand still, [] bool: nothing asked for but, perhaps, a heading."""
    return (command.forward == 0) & (command.sideways == 0) & (command.yaw_rate == 0)


def asks_to_stand(velocity: jax.Array) -> jax.Array:
    """Whether a velocity asked for [..., 3] is to stand still, [...] bool, in any unit."""
    return jnp.all(velocity == 0, axis=-1)


def _holds(command: Command) -> jax.Array:
    return command.hold_heading & ~is_standing(command)


def _heading_error(command: Command, heading: jax.Array) -> jax.Array:
    """From `heading` the short way to the one asked for, [] rad."""
    return jnp.arctan2(jnp.sin(command.heading - heading), jnp.cos(command.heading - heading))


def _without_creeping(command: Command, scale: Scale) -> Command:
    slow = jnp.hypot(command.forward, command.sideways) < _STANDING_SPEED * scale.speed
    still = slow & (jnp.abs(command.yaw_rate) < _STANDING_YAW_RATE * scale.rate)

    def zero(x: jax.Array) -> jax.Array:
        return jnp.where(still, 0.0, x)

    return command._replace(
        forward=zero(command.forward), sideways=zero(command.sideways), yaw_rate=zero(command.yaw_rate)
    )
