"""Makes walking for a robot: a periodic gait for a velocity command, from the pendulum and the legs' geometry.

In order: where the feet are and where the floor's force should act (footsteps.py), how the body then sways and the
joint angles (balance.py), and a clip of whole frames through it.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from playground_amp.configs.walking import GaitConfig
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.arms import with_swinging_arms
from playground_amp.motion.generate.balance import CORRECTIONS, Plan, Solver, balanced, leg_angles, states
from playground_amp.motion.generate.footsteps import FeetPoses, place_feet, travel
from playground_amp.motion.generate.steps import STEP_LENGTHS, StepStyle, contacts, make_foot, weight_share
from playground_amp.physics.motion_analysis import center_of_pressure
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import Scale, scale_of

SOURCE = "gait generator"
_PHASES = 96  # at which the inverse kinematics is solved
# m, of WildRobot; where the legs do not reach, the waist goes down in such steps, so far at most
_LOWER, _LOWEST = 0.006, 0.036
_MOST_CYCLES = 8  # a clip holds, so that whole frames fit
_STRETCH = 1e-3  # largest relative change of the cycle time for that


class Walk(NamedTuple):
    """A periodic walk."""

    command: tuple[float, float, float]  # forward m/s, sideways m/s, yaw rate rad/s
    velocity: np.ndarray  # [3] that it reaches: the command's
    pose: np.ndarray  # [T, 6 + J] over one cycle, as from `balanced`
    cycles: int  # in whole frames
    frames: int


@dataclass(frozen=True)
class GaitStyle:
    """How the robot walks. Lengths in m."""

    waist_height: float = 0.445  # over the floor in mid-stance
    rise: float = 0.006  # of the waist from double support to mid-stance
    late: float = 0.0  # cycles by which the waist is highest after mid-stance
    pelvis_roll: float = 0.06  # rad, the swinging side up: spares the hip that carries
    roll_third: float = 0.04  # of that, in the third harmonic: evens out over the stance
    lean: float = 0.0  # rad forwards
    nod: float = 0.0  # rad, further forwards in double support, back in mid-stance
    nod_early: float = 0.0  # rad, forwards halfway from double support to mid-stance
    steps: StepStyle = field(default_factory=StepStyle)

    def scaled(self, scale: Scale) -> "GaitStyle":
        """The style of WildRobot in another robot's size."""
        lengths = {name: getattr(self.steps, name) * scale.length for name in STEP_LENGTHS}
        height, rise = self.waist_height * scale.height, self.rise * scale.length
        return replace(self, waist_height=height, rise=rise, steps=replace(self.steps, **lengths))


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
      style: how the robot walks; None: the plainest, flat-footed.

    Raises:
      UserError: the legs are of another kind than gaits are made for, or do not reach as far as the command asks.
    """
    style = style or GaitStyle().scaled(scale_of(robot))
    velocity = np.array(command, dtype=float)
    cycles, frames = whole_frames(cycle_time, control_dt)
    plan = make_plan(robot, config, style, velocity, frames * control_dt / cycles)
    pose = reaching(plan, clip_name(command))
    return as_clip(robot, config, Walk(command, velocity, pose, cycles, frames), control_dt)


def as_clip(robot: Robot, config: GaitConfig, walk: Walk, control_dt: float, source: str = SOURCE) -> Clip:
    """The states of a walk at the control rate, from phase 0 of the gait clock on."""
    seconds = walk.frames * control_dt
    period, time = seconds / walk.cycles, np.arange(walk.frames) * control_dt
    qpos, qvel = states(walk.pose, walk.velocity, period, time)
    return Clip(
        name=clip_name(walk.command),
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=contacts((time / period) % 1.0, config),
        gait_phase=(time / period) % 1.0,
        command=np.array(walk.command, dtype=float),
        displacement=travel(walk.velocity, np.array(seconds)),
        periodic=True,
        cycles=walk.cycles,
        source=source,
    )


def stand(robot: Robot, control_dt: float, seconds: float = 1.0) -> Clip:
    """Standing still as a periodic clip: the home pose's feet, flat on the floor.

    Raises:
      UserError: the legs are of another kind than gaits are made for.
    """
    frames = round(seconds / control_dt)
    leg = robot.legs[0]
    half_width = legs.forward(leg, robot.home_joint_position[leg.joints][None]).sole[0, 1]
    sole = np.array([[[0.0, side * half_width, 0.0] for side in (1, -1)]])
    feet = FeetPoses(sole, np.zeros((1, 2)), np.zeros((1, 2)))
    body, still = np.zeros((1, BASE_QVEL_SIZE)), np.zeros((1, robot.nv))
    body[0, 2] = robot.standing_height
    start = with_swinging_arms(robot, robot.home_joint_position[None], np.zeros(1), np.zeros(3), seconds)
    qpos = np.empty((0, len(robot.home_qpos)))
    for _ in range(CORRECTIONS):
        joints = leg_angles(robot, feet, body, start)
        if joints is None:
            raise ValueError("the home pose is out of reach of its own legs")
        qpos = np.hstack([body[:, :3], [[1, 0, 0, 0]], joints])
        body[:, :2] -= center_of_pressure(robot, qpos, still, still)
    return Clip(
        name=clip_name((0.0, 0.0, 0.0)),
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=np.repeat(qpos, frames, axis=0),
        qvel=np.zeros((frames, robot.nv)),
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


def make_plan(robot: Robot, config: GaitConfig, style: GaitStyle, velocity: np.ndarray, period: float) -> Plan:
    """The walk for a velocity [3] (m/s, m/s, rad/s) and a cycle of `period` s, all but its sway."""
    phase = np.arange(_PHASES) / _PHASES
    share = weight_share(phase, config)
    left, right = (
        make_foot(config, style.steps, sole, velocity, period, side)
        for sole, side in zip(robot.soles, (1, -1), strict=True)
    )
    third = style.roll_third * np.sin(6 * np.pi * phase)
    nod = style.nod * np.cos(4 * np.pi * phase) + style.nod_early * np.sin(4 * np.pi * phase)
    return Plan(
        robot=robot,
        velocity=velocity,
        period=period,
        phase=phase,
        feet=lambda heading: place_feet(left, right, phase, heading, share),
        left_share=share,
        height=style.waist_height - style.rise * (1 + np.cos(4 * np.pi * (phase - style.late))) / 2,
        roll=style.pelvis_roll * (np.sin(2 * np.pi * phase) + third),
        pitch=style.lean + nod,
    )


def reaching(
    plan: Plan, name: str, solve: Solver | None = None, corrections: int = CORRECTIONS, start: np.ndarray | None = None
) -> np.ndarray:
    """The balanced pose [T, 6 + J] of a plan; the waist goes down as far as the legs need.

    Raises:
      UserError: the legs do not reach the steps, or the sway that balances them (slow steps sway wide).
    """
    length = scale_of(plan.robot).length
    for lower in np.arange(0, _LOWEST * length + 1e-9, _LOWER * length):
        pose = balanced(plan._replace(height=plan.height - lower), solve, corrections, start)
        if pose is not None:
            return pose
    raise UserError(f"{name}: the robot's legs do not reach these steps, or not with the sway that keeps it upright")


def whole_frames(cycle_time: float, control_dt: float) -> tuple[int, int]:
    """How many cycles, and in how many frames, so that the cycle is stretched least; fewest cycles that will do."""

    def stretch(cycles: int) -> float:
        exact = cycles * cycle_time / control_dt
        return abs(round(exact) / exact - 1)

    choices = range(1, _MOST_CYCLES + 1)
    cycles = next((count for count in choices if stretch(count) < _STRETCH), min(choices, key=stretch))
    return cycles, round(cycles * cycle_time / control_dt)
