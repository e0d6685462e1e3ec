"""Makes walking for this robot: a periodic gait for a velocity command, from the pendulum and the legs' geometry.

In order: where the feet are and where the floor's force should act (footsteps.py), how the body must then sway (an
inverted pendulum's periodic answer), the joint angles by inverse kinematics (leg.py), and one periodic spline through
it all, which gives positions and velocities. Where the floor's force would then really have to act, by the dynamics of
the whole robot, differs: the pendulum's answer to the difference corrects the sway, until they agree (after Kajita et
al. 2003, with harmonics in place of preview control).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from playground_amp.configs.errors import UserError
from playground_amp.configs.schema import GaitConfig
from playground_amp.physics.motion_analysis import centre_of_pressure
from playground_amp.reference import leg as legs
from playground_amp.reference.clip import NQ, NV, Clip
from playground_amp.reference.footsteps import Feet, StepStyle, contacts, left_share, make_feet, sole_of, travel, turned
from playground_amp.robot.robot import JOINT_NAMES, Robot

GRAVITY = 9.81
SOURCE = "gait generator"
_WAIST_YAW = JOINT_NAMES.index("waist_yaw")
_PHASES = 96  # at which the inverse kinematics is solved
_CORRECTIONS = 6  # of the sway; each leaves about a third of the difference
_REACHED = 1e-6  # m and rad
_LOWER, _LOWEST = 0.006, 0.036  # m; where the legs do not reach, the waist goes down in such steps, so far at most
_MOST_CYCLES = 8  # a clip holds, so that whole frames fit
_STRETCH = 1e-3  # largest relative change of the cycle time for that


@dataclass(frozen=True)
class GaitStyle:
    """How the robot walks. Lengths in m."""

    waist_height: float = 0.456  # over the floor in mid-stance
    lower_at_speed: float = 0.025  # the waist's drop at 1 m/s, by the square of the speed
    vault: float = 1.5  # share of an inverted pendulum's vault that the waist follows, lower in double support
    late: float = 0.0  # cycles by which the waist is highest after mid-stance
    rise: float = 0.0  # further rise of the waist from double support to mid-stance
    roll_third: float = 0.09  # of that, in the third harmonic: evens out over the stance
    pelvis_roll: float = 0.125  # rad, the swinging side up: spares the hip that carries
    lean: float = 0.0  # rad forwards
    nod: float = 0.0  # rad, further forwards in double support, back in mid-stance
    nod_early: float = 0.0  # rad, forwards halfway from double support to mid-stance
    pendulum_height: float = 0.42
    steps: StepStyle = field(default_factory=StepStyle)


def walk(
    robot: Robot,
    config: GaitConfig,
    command: tuple[float, float, float],
    cycle_time: float,
    control_dt: float,
    style: GaitStyle | None = None,
) -> Clip:
    """A gait as a periodic clip at the control rate, beginning at phase 0 of the gait clock.

    Args:
      robot: which robot.
      config: schedule of the feet and height of their swing.
      command: forward m/s, sideways m/s, yaw rate rad/s.
      cycle_time: of the gait clock at this command, s; stretched by up to a thousandth, so that whole frames fit.
      control_dt: s a frame.
      style: how the robot walks.

    Raises:
      UserError: the legs do not reach as far as the command asks.
    """
    style = style or GaitStyle()
    velocity = np.array(command, dtype=float)
    cycles, frames = _whole_frames(cycle_time, control_dt)
    period = frames * control_dt / cycles
    phase = np.arange(_PHASES) / _PHASES
    pose = _pose(_Plan(robot, config, style, velocity, period, phase))
    time = np.arange(frames) * control_dt
    qpos, qvel = _states(pose, velocity, period, time)
    return Clip(
        name=clip_name(command),
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=contacts((time / period) % 1.0, config),
        gait_phase=(time / period) % 1.0,
        command=velocity,
        displacement=travel(velocity, np.array(frames * control_dt)),
        periodic=True,
        cycles=cycles,
        source=SOURCE,
    )


def stand(robot: Robot, control_dt: float, seconds: float = 1.0) -> Clip:
    """Standing still as a periodic clip: the home pose's feet, flat on the floor."""
    frames = round(seconds / control_dt)
    hip_width = legs.forward(legs.make_leg(robot, "left"), np.zeros((1, 5))).sole[0, 1]
    sole = np.array([[[0.0, side * hip_width, 0.0] for side in (1, -1)]])
    feet = Feet(sole, np.zeros((1, 2)), np.zeros((1, 2)))
    body, still = np.array([[0.0, 0.0, robot.home_qpos[2], 0.0, 0.0, 0.0]]), np.zeros((1, NV))
    start = robot.home_joint_position[None]
    qpos = np.empty((0, NQ))
    for _ in range(_CORRECTIONS):
        joints = _legs(robot, feet, body, start)
        if joints is None:
            raise ValueError("the home pose is out of reach of its own legs")
        qpos = np.hstack([body[:, :3], [[1, 0, 0, 0]], joints])
        body[:, :2] -= centre_of_pressure(robot, qpos, still, still)
    return Clip(
        name=clip_name((0.0, 0.0, 0.0)),
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=np.repeat(qpos, frames, axis=0),
        qvel=np.zeros((frames, NV)),
        contact=np.ones((frames, 2), bool),
        gait_phase=np.zeros(frames),
        command=np.zeros(3),
        displacement=np.zeros(3),
        periodic=True,
        cycles=0,
        source=SOURCE,
    )


def clip_name(command: tuple[float, float, float]) -> str:
    """As in `forward+0.30_left+0.00_turn-0.80`; `stand` for standing still."""
    forward, sideways, yaw_rate = (round(value, 2) + 0.0 for value in command)  # + 0.0: no -0
    return f"forward{forward:+.2f}_left{sideways:+.2f}_turn{yaw_rate:+.2f}" if any(command) else "stand"


def pendulum_sway(pressure: np.ndarray, period: float, height: float) -> np.ndarray:
    """The periodic motion of a linear pendulum's mass over a moving centre of pressure, c'' = (g / h) (c - p).

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


class _Plan(NamedTuple):
    """What a gait is made for."""

    robot: Robot
    config: GaitConfig
    style: GaitStyle
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    period: float  # s
    phase: np.ndarray  # [T]

    def feet(self, heading: np.ndarray) -> Feet:
        """The feet, if they point where `heading` [T, 2] rad says."""
        sole = sole_of(self.robot)
        return make_feet(self.config, self.style.steps, sole, self.velocity, self.period, self.phase, heading)


def _pose(plan: _Plan) -> np.ndarray:
    """Waist position, roll and yaw and joint angles [T, 16] in the moving frame; the waist as low as the legs need."""
    for lower in np.arange(0, _LOWEST + 1e-9, _LOWER):
        lowered = replace(plan.style, waist_height=plan.style.waist_height - lower)
        pose = _balanced(plan._replace(style=lowered))
        if pose is not None:
            return pose
    raise UserError(f"{clip_name(tuple(plan.velocity))}: the steps of this command are too long for the robot's legs")


def _balanced(plan: _Plan) -> np.ndarray | None:
    """As `_pose`, at the height of the style; None if the legs do not reach."""
    style, phase = plan.style, plan.phase
    heading = np.zeros((len(phase), 2))
    feet = plan.feet(heading)
    roll = np.sin(2 * np.pi * phase) + style.roll_third * np.sin(6 * np.pi * phase)
    sway = pendulum_sway(feet.pressure, plan.period, style.pendulum_height)
    body = np.column_stack([sway, _waist_height(plan), style.pelvis_roll * roll, np.zeros(len(phase))])
    nod = style.nod * np.cos(4 * np.pi * phase) + style.nod_early * np.sin(4 * np.pi * phase)
    body = np.column_stack([body, style.lean + nod])
    joints = np.tile(plan.robot.home_joint_position, (len(phase), 1))
    for _ in range(_CORRECTIONS):
        joints = _legs(plan.robot, feet, body, joints)
        if joints is None:
            return None
        body[:, 4], heading = _yaw(plan, body, joints)
        joints[:, _WAIST_YAW] = -body[:, 4]  # the chest keeps facing ahead
        feet = plan.feet(heading)
        astray = feet.pressure - _pressure(plan, np.hstack([body, joints]))
        body[:, :2] += pendulum_sway(astray, plan.period, style.pendulum_height)
    joints = _legs(plan.robot, feet, body, joints)
    return None if joints is None else np.hstack([body, joints])


def _waist_height(plan: _Plan) -> np.ndarray:
    """Highest in mid-stance, lowest in double support: a share of what a stiff leg would drop over half a step."""
    style, speed = plan.style, np.hypot(*plan.velocity[:2])
    drop = style.vault * (speed * plan.period / 4) ** 2 / (2 * style.pendulum_height) + style.rise
    return (
        style.waist_height
        - style.lower_at_speed * speed**2
        - drop * (1 + np.cos(4 * np.pi * (plan.phase - style.late))) / 2
    )


def _yaw(plan: _Plan, body: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The waist's yaw [T] at which the foot that carries does not turn on the floor, and the feet's headings [T, 2].

    A leg has no joint about the vertical, but its foot turns as the rolled hip swings. Both against the moving frame.
    """
    toward = np.empty((len(body), 2))
    for side, name in enumerate(("left", "right")):
        chain = legs.make_leg(plan.robot, name)
        forwards = legs.forward(chain, joints[:, chain.joints]).rotation[:, :, 0]
        level = _attitude(body[:, 3], body[:, 5], np.zeros(len(body))).apply(forwards)
        toward[:, side] = np.arctan2(level[:, 1], level[:, 0])
    turn = 2j * np.pi * np.arange(len(body) // 2 + 1)[:, None]
    rate = np.fft.irfft(turn * np.fft.rfft(toward, axis=0), len(body), axis=0)
    left = left_share(plan.phase, plan.config.double_support / 4)
    spectrum = np.fft.rfft(-left * rate[:, 0] - (1 - left) * rate[:, 1])
    spectrum[0], spectrum[1:] = 0, spectrum[1:] / turn[1:, 0]
    yaw = np.fft.irfft(spectrum, len(body))
    return yaw, toward + yaw[:, None]


def _legs(robot: Robot, feet: Feet, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, 11] that put the feet in their places, for the waist [T, 6]; None: they cannot."""
    joints = start.copy()
    attitude = _attitude(body[:, 3], body[:, 5], body[:, 4]).inv()
    up = attitude.apply((0.0, 0.0, 1.0))
    for side, chain in enumerate(legs.make_leg(robot, side) for side in ("left", "right")):
        target = attitude.apply(feet.sole[:, side] - body[:, :3])
        joints[:, chain.joints], error = legs.inverse(chain, target, feet.pitch[:, side], up, joints[:, chain.joints])
        if error.max() > _REACHED:
            return None
    return joints


def _attitude(roll: np.ndarray, pitch: np.ndarray, yaw: np.ndarray) -> Rotation:
    """Of the waist: turned by the yaw about the vertical, then by the pitch, then by the roll."""
    return Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]))


def _pressure(plan: _Plan, pose: np.ndarray) -> np.ndarray:
    """Where the floor's force has to act, in the moving frame [T, 2] m."""
    velocity, period, phase = plan.velocity, plan.period, plan.phase
    time, nearby = phase * period, 1e-4 * period
    qpos, qvel = _states(pose, velocity, period, time)
    _, before = _states(pose, velocity, period, time - nearby)
    _, after = _states(pose, velocity, period, time + nearby)
    frame = travel(velocity, time)
    pressure = centre_of_pressure(plan.robot, qpos, qvel, (after - before) / (2 * nearby))
    return turned(pressure - frame[:, :2], -frame[:, 2])


def _states(pose: np.ndarray, velocity: np.ndarray, period: float, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """qpos [T, 18] and qvel [T, 17] in the world at times [T] s, both of one periodic spline through `pose`."""
    knots = np.linspace(0, period, len(pose) + 1)
    spline = CubicSpline(knots, np.vstack([pose, pose[:1]]), bc_type="periodic")
    place, rate = spline(time), spline(time, 1)
    frame = travel(velocity, time)
    roll, yaw, pitch = place[:, 3], frame[:, 2] + place[:, 4], place[:, 5]
    qpos, qvel = np.zeros((len(time), NQ)), np.zeros((len(time), NV))
    qpos[:, :3] = turned(place[:, :3], frame[:, 2])
    qpos[:, :2] += frame[:, :2]
    qpos[:, 3:7] = _attitude(roll, pitch, yaw).as_quat(scalar_first=True)
    qpos[:, 7:] = place[:, 6:]
    whirl = velocity[2] * np.column_stack([-place[:, 1], place[:, 0], np.zeros(len(time))])
    qvel[:, :3] = turned(rate[:, :3] + (velocity[0], velocity[1], 0) + whirl, frame[:, 2])
    roll_rate, yaw_rate, pitch_rate = rate[:, 3], velocity[2] + rate[:, 4], rate[:, 5]
    # In the waist's frame, for a rotation by yaw, then pitch, then roll.
    qvel[:, 3] = roll_rate - yaw_rate * np.sin(pitch)
    qvel[:, 4] = pitch_rate * np.cos(roll) + yaw_rate * np.sin(roll) * np.cos(pitch)
    qvel[:, 5] = yaw_rate * np.cos(roll) * np.cos(pitch) - pitch_rate * np.sin(roll)
    qvel[:, 6:] = rate[:, 6:]
    return qpos, qvel


def _whole_frames(cycle_time: float, control_dt: float) -> tuple[int, int]:
    """How many cycles, and in how many frames, so that the cycle is stretched least; fewest cycles that will do."""

    def stretch(cycles: int) -> float:
        exact = cycles * cycle_time / control_dt
        return abs(round(exact) / exact - 1)

    choices = range(1, _MOST_CYCLES + 1)
    cycles = next((count for count in choices if stretch(count) < _STRETCH), min(choices, key=stretch))
    return cycles, round(cycles * cycle_time / control_dt)
