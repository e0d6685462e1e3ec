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

from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.arms import with_arms, with_swinging_arms
from playground_amp.motion.generate.footsteps import FeetPoses, travel
from playground_amp.physics.motion_analysis import center_of_pressure
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of
from playground_amp.rotations import from_heading_frame

CORRECTIONS = 6  # of the sway; each leaves about a third of the difference
PENDULUM_HEIGHT = 0.42  # m, of WildRobot
_UPRIGHT = 0.9  # of an axis is along z: it turns what it carries about the vertical
_REACHED = 1e-6  # m and rad


class Plan(NamedTuple):
    """A walk without its sway. Phases [T] run evenly over the cycle from 0; all in the moving frame."""

    robot: Robot
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    period: float  # s
    phase: np.ndarray  # [T]
    feet: Callable[[np.ndarray], FeetPoses]  # for their headings [T, 2] rad, left and right
    left_share: np.ndarray  # [T] share of the weight on the left foot
    height: np.ndarray  # [T] m, of the waist over the floor
    roll: np.ndarray  # [T] rad, of the waist, positive: its left side up
    pitch: np.ndarray  # [T] rad, of the waist, positive: forwards
    arms: np.ndarray | None = None  # [T, 2, 2] rad from home, left and right: forward, bent; None: as the legs swing


# Joint angles [T, J] for a robot, its feet, its waist [T, 6] (x, y, z, roll, yaw, pitch) and a first guess [T, J];
# None: out of reach.
Solver = Callable[[Robot, FeetPoses, np.ndarray, np.ndarray], np.ndarray | None]


def balanced(
    plan: Plan, solve: Solver | None = None, corrections: int = CORRECTIONS, start: np.ndarray | None = None
) -> np.ndarray | None:
    """Waist x, y, z (m), roll, yaw, pitch and joint angles (rad), [T, 6 + J] in the moving frame.

    Args:
      plan: the walk.
      solve: finds the joint angles; None: `leg_angles`.
      corrections: of the sway.
      start: a pose [T, 6 + J] whose sway is near; None: the pendulum's.

    Returns:
      None if the legs do not reach.
    """
    solve, robot, count = solve or leg_angles, plan.robot, len(plan.phase)
    height, waist = PENDULUM_HEIGHT * scale_of(robot).length, torso_yaw(robot)
    if start is None:
        feet = plan.feet(np.zeros((count, 2)))
        sway = pendulum_sway(feet.pressure, plan.period, height, robot.gravity)
        body = np.column_stack([sway, plan.height, plan.roll, np.zeros(count), plan.pitch])
        joints = np.tile(robot.home_joint_position, (count, 1))
    else:
        body, joints = start[:, :BASE_QVEL_SIZE].copy(), start[:, BASE_QVEL_SIZE:]
        body[:, [2, 3, 5]] = np.column_stack([plan.height, plan.roll, plan.pitch])
        feet = plan.feet(_yaw(plan, body, joints)[1])
    if plan.arms is None:
        joints = with_swinging_arms(robot, joints, plan.phase, plan.velocity, plan.period)
    else:
        joints = with_arms(robot, joints, plan.arms)
    for _ in range(corrections):
        joints = solve(robot, feet, body, joints)
        if joints is None:
            return None
        body[:, 4], heading = _yaw(plan, body, joints)
        if waist is not None:  # the chest keeps facing ahead
            joints[:, waist] = -body[:, 4] * np.sign(robot.joint_axis_b[waist, 2])
        feet = plan.feet(heading)
        astray = feet.pressure - _pressure(plan, np.hstack([body, joints]))
        body[:, :2] += pendulum_sway(astray, plan.period, height, robot.gravity)
    joints = solve(robot, feet, body, joints)
    return None if joints is None else np.hstack([body, joints])


def torso_yaw(robot: Robot) -> int | None:
    """The first joint that turns what the legs carry about the vertical; None: there is none."""
    in_legs = np.isin(np.arange(robot.num_joints), np.concatenate([leg.joints for leg in robot.legs]))
    alone = robot.joint_mirror_index == np.arange(robot.num_joints)
    found = np.flatnonzero(~in_legs & alone & (np.abs(robot.joint_axis_b[:, 2]) > _UPRIGHT))
    return int(found[0]) if found.size else None


def leg_angles(robot: Robot, feet: FeetPoses, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, J] that put the feet in their places, for the waist [T, 6]; None: they cannot."""
    joints = start.copy()
    to_waist = attitude(body[:, 3], body[:, 5], body[:, 4]).inv()
    up, left = to_waist.apply((0.0, 0.0, 1.0)), to_waist.apply((0.0, 1.0, 0.0))
    for side in range(len(robot.legs)):
        leg = legs.leg_of(robot, side)
        sole = to_waist.apply(feet.sole[:, side] - body[:, :3])
        target = legs.FootTarget(sole, feet.pitch[:, side], up, left)
        joints[:, leg.chain.joints], error = legs.inverse(leg, target, joints[:, leg.chain.joints])
        if error.max() > _REACHED:
            return None
    return joints


def states(pose: np.ndarray, velocity: np.ndarray, period: float, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """qpos [T, 7 + J] and qvel [T, 6 + J] in the world at times [T] s, both of one periodic spline through `pose`."""
    knots = np.linspace(0, period, len(pose) + 1)
    spline = CubicSpline(knots, np.vstack([pose, pose[:1]]), bc_type="periodic")
    place, rate = spline(time), spline(time, 1)
    frame = travel(velocity, time)
    roll, yaw, pitch = place[:, 3], frame[:, 2] + place[:, 4], place[:, 5]
    angles, speeds = place[:, BASE_QVEL_SIZE:], rate[:, BASE_QVEL_SIZE:]
    qpos = np.hstack([np.zeros((len(time), BASE_QPOS_SIZE)), angles])
    qvel = np.hstack([np.zeros((len(time), BASE_QVEL_SIZE)), speeds])
    qpos[:, :3] = from_heading_frame(place[:, :3], frame[:, 2])
    qpos[:, :2] += frame[:, :2]
    qpos[:, 3:7] = attitude(roll, pitch, yaw).as_quat(scalar_first=True)
    whirl = velocity[2] * np.column_stack([-place[:, 1], place[:, 0], np.zeros(len(time))])
    qvel[:, :3] = from_heading_frame(rate[:, :3] + (velocity[0], velocity[1], 0) + whirl, frame[:, 2])
    roll_rate, yaw_rate, pitch_rate = rate[:, 3], velocity[2] + rate[:, 4], rate[:, 5]
    # In the waist's frame, for a rotation by yaw, then pitch, then roll.
    qvel[:, 3] = roll_rate - yaw_rate * np.sin(pitch)
    qvel[:, 4] = pitch_rate * np.cos(roll) + yaw_rate * np.sin(roll) * np.cos(pitch)
    qvel[:, 5] = yaw_rate * np.cos(roll) * np.cos(pitch) - pitch_rate * np.sin(roll)
    return qpos, qvel


def pendulum_sway(pressure: np.ndarray, period: float, height: float, gravity: float) -> np.ndarray:
    """The periodic motion of a linear pendulum's mass over a moving center of pressure, c'' = (g / h) (c - p).

    For each harmonic of p, of angular frequency w, the periodic answer is p / (1 + w² h / g).

    Args:
      pressure: [T, 2] m, over one period.
      period: s.
      height: of the pendulum, m.
      gravity: m/s².

    Returns:
      [T, 2] m.
    """
    frequency = np.fft.rfftfreq(len(pressure), 1 / len(pressure)) * 2 * np.pi / period
    spectrum = np.fft.rfft(pressure, axis=0) / (1 + frequency**2 * height / gravity)[:, None]
    return np.fft.irfft(spectrum, len(pressure), axis=0)


def attitude(roll: np.ndarray, pitch: np.ndarray, yaw: np.ndarray) -> Rotation:
    """Of the waist: turned by the yaw about the vertical, then by the pitch, then by the roll."""
    return Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]))


def _yaw(plan: Plan, body: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The waist's yaw [T] at which the foot that carries does not turn on the floor, and the feet's headings [T, 2].

    A leg without a joint about the vertical turns its foot as the rolled hip swings. Both against the moving frame.
    """
    toward = np.empty((len(body), 2))
    for side, chain in enumerate(plan.robot.legs):
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
