"""The gap: what the simulation says should have happened, from a measured moment on, against what was measured then.

Open loop over short horizons: the state is the measured one, with the base's height and velocity from the feet that
carry it; then the logged targets act on the nominal robot.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp import rotations
from playground_amp.compare.builds import Build
from playground_amp.compare.measured import Measured, arrival_of
from playground_amp.compare.stance import Support, body_of, chosen
from playground_amp.physics.measured_motion import SoleStates, sole_states
from playground_amp.physics.open_loop import ServoState, open_loop
from playground_amp.robot.record import Robot


class Gap(NamedTuple):
    """W replays of S control steps each."""

    start: np.ndarray  # [W] the moment's row
    joint: np.ndarray  # [W, S, J] rad, measured less predicted; NaN where a replay failed
    tilt: np.ndarray  # [W, S] rad between the measured and the predicted direction of gravity in the base


def replay_starts(motion: Measured, support: Support, steps: int, apart: int) -> np.ndarray:
    """Moments [W] from which `steps` more are known without a break, one every `apart`, on the robot's own feet."""
    rows = np.arange(0, len(motion.time) - steps, apart)
    whole = motion.row[rows + steps] - motion.row[rows] == steps
    own = support.touching[rows].any(axis=1) & ~support.hanging[rows] & ~support.hanging[rows + steps]
    return rows[whole & own]


def replay(
    robot: Robot, motion: Measured, support: Support, builds: Sequence[Build], starts: np.ndarray, steps: int
) -> list[Gap]:
    """A replay from each of `starts` [W] for every build, all side by side."""
    states = [_start_of(robot, motion, support, how, starts) for how in builds]
    rows = np.maximum(starts[:, None] + np.arange(-1, steps), 0)
    qpos, qvel = (np.concatenate(parts) for parts in zip(*states, strict=True))
    targets = np.concatenate([how.gain * motion.target[:, how.source][rows] + how.offset for how in builds])
    strength, play = (
        np.repeat([getattr(how, name) for how in builds], len(starts), axis=0) for name in ("strength", "play")
    )
    servos = ServoState(strength, play)
    foretold = open_loop(robot, qpos, qvel, targets, servos, arrival_of(robot), motion.control_dt)
    later = starts[:, None] + np.arange(1, steps + 1)
    gaps = []
    for number, how in enumerate(builds):
        own = slice(number * len(starts), (number + 1) * len(starts))
        body = body_of(robot, motion, how)
        measured_down, foretold_down = (_down(x) for x in (body.attitude[later], foretold.attitude[own]))
        angle = np.arccos(np.clip(np.sum(measured_down * foretold_down, axis=-1), -1, 1))
        gaps.append(Gap(starts, body.position[later] - foretold.joint_position[own], angle))
    return gaps


def _start_of(
    robot: Robot, motion: Measured, support: Support, how: Build, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """qpos [W, 7 + J] and qvel [W, 6 + J] of the moments from which replays start."""
    first = body_of(robot, chosen(motion, starts), how)
    soles = sole_states(robot, *first)
    height, velocity = _base_on_its_soles(robot, soles, support, starts, chosen(motion, starts))
    zeros = np.zeros(len(starts))
    qpos = np.concatenate([np.stack([zeros, zeros, height], axis=1), first.attitude, first.position], axis=1)
    return qpos, np.concatenate([velocity, first.gyro_b, first.velocity], axis=1)


def _base_on_its_soles(
    robot: Robot, soles: SoleStates, support: Support, starts: np.ndarray, motion: Measured
) -> tuple[np.ndarray, np.ndarray]:
    """Height [W] m that puts the lowest corner on the floor, and velocity [W, 3] m/s at which the pressed ends rest."""
    lowest, points, resting = [], [], []
    for foot, sole in enumerate(robot.soles):
        axes, center = soles.axes[:, foot], soles.position[:, foot]
        drop = sole.half_length * np.abs(axes[:, 2, 0]) + sole.half_width * np.abs(axes[:, 2, 1])
        lowest.append(center[:, 2] - drop)
        for end, sign in enumerate((1.0, -1.0)):  # toe, heel
            lever = sign * sole.half_length * axes[:, :, 0]
            points.append(soles.velocity[:, foot] + np.cross(soles.angular_velocity[:, foot], lever))
            pressed = motion.pressed[:, 2 * foot + end] if motion.has_switches else support.touching[starts, foot]
            resting.append(pressed)
    weights = np.array(resting, float)
    velocity = -np.einsum("pw,pwx->wx", weights, np.array(points)) / np.maximum(weights.sum(axis=0), 1.0)[:, None]
    return -np.min(lowest, axis=0), velocity


def _down(attitude: np.ndarray) -> np.ndarray:
    """The direction of gravity in the base [..., 3]."""
    return rotations.rotate_inverse(np.broadcast_to(np.array([0.0, 0.0, -1.0]), (*attitude.shape[:-1], 3)), attitude)
