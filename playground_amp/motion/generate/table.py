"""A table of gaits over everything that the task commands."""

from collections.abc import Callable

import numpy as np

from playground_amp.configs.schema import EnvConfig
from playground_amp.configs.walking import CommandConfig
from playground_amp.envs import gait as clock
from playground_amp.envs.commands import hold
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.gait import GaitStyle, stand, walk
from playground_amp.motion.generate.styles import style_for
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

STEPS = (0.1, 0.2, 0.4)  # forward, sideways m/s, yaw rate rad/s; at most, from one gait of WildRobot to the next

_MOST_GAITS = 10_000
_ROUNDED = 1e-4  # of a step: numbers of the configuration have six digits


def commands_of(
    config: CommandConfig, scale: Scale, steps: tuple[float, float, float] = STEPS
) -> list[tuple[float, float, float]]:
    """The velocities (forward, sideways, yaw rate) of a table: a grid up to the ends of the ranges, with 0 in it.

    `steps`: WildRobot's, from one to the next. Raises UserError for a table that nobody could make.
    """
    asked = {"forward": config.forward, "sideways": config.sideways, "yaw_rate": config.yaw_rate}
    for (name, (low, high)), step in zip(asked.items(), steps, strict=True):
        if (high - low) / step > _MOST_GAITS:
            raise UserError(f"env.commands.{name} asks for {low:g} to {high:g}: more than {_MOST_GAITS:,} gaits")
    axes = [
        _grid(config.forward, steps[0] * scale.speed),
        _grid(config.sideways, steps[1] * scale.speed),
        _grid(config.yaw_rate, steps[2] * scale.rate),
    ]
    return [(float(x), float(y), float(w)) for x in axes[0] for y in axes[1] for w in axes[2]]


def make_table(
    robot: Robot,
    config: EnvConfig,
    style: GaitStyle | None = None,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> list[Clip]:
    """A clip for each command of the table, `stand` for the one that asks for nothing.

    `report_progress` is told the share of the work that is done, and what comes next.

    Raises:
      UserError: legs of a kind that gaits are not made for, or a command that they cannot walk.
    """
    clips, commands = [], commands_of(config.commands, scale_of(robot))
    for index, command in enumerate(commands):
        report_progress(index / len(commands), f"clip {index + 1} of {len(commands)}")
        clips.append(make_clip(robot, config, command, style))
    return clips


def make_clip(
    robot: Robot, config: EnvConfig, command: tuple[float, float, float], style: GaitStyle | None = None
) -> Clip:
    """The clip of one command (forward m/s, sideways m/s, yaw rate rad/s), in time with the gait clock."""
    if not any(command):
        return stand(robot, config.control_dt)
    cycle_time = float(clock.cycle_time(config.gait, hold(*command)))
    style = style or style_for(robot, np.array(command))
    return walk(robot, config.gait, command, cycle_time, config.control_dt, style)


def _grid(ends: tuple[float, float], step: float) -> np.ndarray:
    """From end to end, no further apart than `step`; where 0 lies within, it is one of them."""
    low, high = ends
    if low < 0 < high:
        below, above = _grid((low, 0.0), step), _grid((0.0, high), step)
        return np.concatenate([below, above[1:]])
    count = max(int(np.ceil((high - low) / step - _ROUNDED)), 0 if high == low else 1)
    return np.round(np.linspace(low, high, count + 1), 6)
