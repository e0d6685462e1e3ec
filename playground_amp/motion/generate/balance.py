"""Balances a walk: given how the feet go, finds how the body sways and turns over them, and the joint angles.

The sway is an inverted pendulum's periodic answer to where the floor's force should act. Where it would then really
have to act, by the dynamics of the whole robot, differs: the pendulum's answer to the difference corrects the sway,
until they agree (after Kajita et al. 2003, with harmonics in place of preview control). One periodic spline through it
all gives positions and velocities.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from playground_amp.motion.clip import NQ, NV
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.footsteps import Feet, travel
from playground_amp.physics.motion_analysis import center_of_pressure
from playground_amp.robot.names import JOINT_NAMES
from playground_amp.robot.record import Robot
from playground_amp.rotations import from_heading_frame

GRAVITY = 9.81
CORRECTIONS = 6  # of the sway; each leaves about a third of the difference
_PENDULUM_HEIGHT = 0.42  # m
_WAIST_YAW = JOINT_NAMES.index("waist_yaw")
_REACHED = 1e-6  # m and rad


class Plan(NamedTuple):
    """A walk without its sway. Phases [T] run evenly over the cycle from 0; all in the moving frame."""

    robot: Robot
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    period: float  # s
    phase: np.ndarray  # [T]
    feet: Callable[[np.ndarray], Feet]  # for their headings [T, 2] rad, left and right
    left_share: np.ndarray  # [T] share of the weight on the left foot
    height: np.ndarray  # [T] m, of the waist over the floor
    roll: np.ndarray  # [T] rad, of the waist, positive: its left side up
    pitch: np.ndarray  # [T] rad, of the waist, positive: forwards


# Joint angles [T, 11] for a robot, its feet, its waist [T, 6] (x, y, z, roll, yaw, pitch) and a first guess [T, 11];
# None: out of reach.
Solver = Callable[[Robot, Feet, np.ndarray, np.ndarray], np.ndarray | None]


def balanced(plan: Plan, solve: Solver | None = None) -> np.ndarray | None:
    """Waist x, y, z (m), roll, yaw, pitch and joint angles (rad), [T, 17] in the moving frame.

    Args:
      plan: the walk.
      solve: finds the joint angles; None: `leg_angles`.

    Returns:
      None if the legs do not reach.
    """
    solve = solve or leg_angles
    count = len(plan.phase)
    feet = plan.feet(np.zeros((count, 2)))
    sway = pendulum_sway(feet.pressure, plan.period, _PENDULUM_HEIGHT)
    body = np.column_stack([sway, plan.height, plan.roll, np.zeros(count), plan.pitch])
    joints = np.tile(plan.robot.home_joint_position, (count, 1))
    for _ in range(CORRECTIONS):
        joints = solve(plan.robot, feet, body, joints)
        if joints is None:
            return None
        body[:, 4], heading = _yaw(plan, body, joints)
        joints[:, _WAIST_YAW] = -body[:, 4]  # the chest keeps facing ahead
        feet = plan.feet(heading)
        astray = feet.pressure - _pressure(plan, np.hstack([body, joints]))
        body[:, :2] += pendulum_sway(astray, plan.period, _PENDULUM_HEIGHT)
    joints = solve(plan.robot, feet, body, joints)
    return None if joints is None else np.hstack([body, joints])


def leg_angles(robot: Robot, feet: Feet, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, 11] that put the feet in their places, for the waist [T, 6]; None: they cannot."""
    joints = start.copy()
    to_waist = attitude(body[:, 3], body[:, 5], body[:, 4]).inv()
    up = to_waist.apply((0.0, 0.0, 1.0))
    for side, chain in enumerate(legs.make_leg(robot, side) for side in ("left", "right")):
        target = to_waist.apply(feet.sole[:, side] - body[:, :3])
        joints[:, chain.joints], error = legs.inverse(chain, target, feet.pitch[:, side], up, joints[:, chain.joints])
        if error.max() > _REACHED:
            return None
    return joints


def states(pose: np.ndarray, velocity: np.ndarray, period: float, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """qpos [T, 18] and qvel [T, 17] in the world at times [T] s, both of one periodic spline through `pose`."""
    knots = np.linspace(0, period, len(pose) + 1)
    spline = CubicSpline(knots, np.vstack([pose, pose[:1]]), bc_type="periodic")
    place, rate = spline(time), spline(time, 1)
    frame = travel(velocity, time)
    roll, yaw, pitch = place[:, 3], frame[:, 2] + place[:, 4], place[:, 5]
    qpos, qvel = np.zeros((len(time), NQ)), np.zeros((len(time), NV))
    qpos[:, :3] = from_heading_frame(place[:, :3], frame[:, 2])
    qpos[:, :2] += frame[:, :2]
    qpos[:, 3:7] = attitude(roll, pitch, yaw).as_quat(scalar_first=True)
    qpos[:, 7:] = place[:, 6:]
    whirl = velocity[2] * np.column_stack([-place[:, 1], place[:, 0], np.zeros(len(time))])
    qvel[:, :3] = from_heading_frame(rate[:, :3] + (velocity[0], velocity[1], 0) + whirl, frame[:, 2])
    roll_rate, yaw_rate, pitch_rate = rate[:, 3], velocity[2] + rate[:, 4], rate[:, 5]
    # In the waist's frame, for a rotation by yaw, then pitch, then roll.
    qvel[:, 3] = roll_rate - yaw_rate * np.sin(pitch)
    qvel[:, 4] = pitch_rate * np.cos(roll) + yaw_rate * np.sin(roll) * np.cos(pitch)
    qvel[:, 5] = yaw_rate * np.cos(roll) * np.cos(pitch) - pitch_rate * np.sin(roll)
    qvel[:, 6:] = rate[:, 6:]
    return qpos, qvel


def pendulum_sway(pressure: np.ndarray, period: float, height: float) -> np.ndarray:
    """The periodic motion of a linear pendulum's mass over a moving center of pressure, c'' = (g / h) (c - p).

    For each harmonic of p, of angular frequency w, the periodic answer is p / (1 + w² h / g).

    Args:
      pressure: [T, 2] m, over one period.
      period: s.
      height: of the pendulum, m.

    Returns:
      [T, 2] m.
    """
    frequency = np.fft.rfftfreq(len(pressure), 1 / len(pressure)) * 2 * np.pi / period
    spectrum = np.fft.rfft(pressure, axis=0) / (1 + frequency**2 * height / GRAVITY)[:, None]
    return np.fft.irfft(spectrum, len(pressure), axis=0)


def attitude(roll: np.ndarray, pitch: np.ndarray, yaw: np.ndarray) -> Rotation:
    """Of the waist: turned by the yaw about the vertical, then by the pitch, then by the roll."""
    return Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]))


def _yaw(plan: Plan, body: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The waist's yaw [T] at which the foot that carries does not turn on the floor, and the feet's headings [T, 2].

    A leg has no joint about the vertical, but its foot turns as the rolled hip swings. Both against the moving frame.
    """
    toward = np.empty((len(body), 2))
    for side, name in enumerate(("left", "right")):
        chain = legs.make_leg(plan.robot, name)
        forwards = legs.forward(chain, joints[:, chain.joints]).rotation[:, :, 0]
        level = attitude(body[:, 3], body[:, 5], np.zeros(len(body))).apply(forwards)
        toward[:, side] = np.arctan2(level[:, 1], level[:, 0])
    turn = 2j * np.pi * np.arange(len(body) // 2 + 1)[:, None]
    rate = np.fft.irfft(turn * np.fft.rfft(toward, axis=0), len(body), axis=0)
    left = plan.left_share
    spectrum = np.fft.rfft(-left * rate[:, 0] - (1 - left) * rate[:, 1])
    spectrum[0], spectrum[1:] = 0, spectrum[1:] / turn[1:, 0]
    yaw = np.fft.irfft(spectrum, len(body))
    return yaw, toward + yaw[:, None]


def _pressure(plan: Plan, pose: np.ndarray) -> np.ndarray:
    """Where the floor's force has to act, in the moving frame [T, 2] m."""
    velocity, period, phase = plan.velocity, plan.period, plan.phase
    time, nearby = phase * period, 1e-4 * period
    qpos, qvel = states(pose, velocity, period, time)
    _, before = states(pose, velocity, period, time - nearby)
    _, after = states(pose, velocity, period, time + nearby)
    frame = travel(velocity, time)
    pressure = center_of_pressure(plan.robot, qpos, qvel, (after - before) / (2 * nearby))
    return from_heading_frame(pressure - frame[:, :2], -frame[:, 2])
