"""Brings a person's stride to a robot: feet and pelvis scaled, joint angles by mink.

Lengths are scaled by the ratio of the legs, times by its square root (Froude scaling: the same motion under the same
gravity). What a robot cannot copy is its own: soles that stand further apart, a carrying foot that stays where it
stands and rolls over its edges, the sway that its own masses need to stay upright, and a waist that tips towards the
leg that carries, which spares the hip.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.balance import Plan, attitude, states
from playground_amp.motion.generate.footsteps import FeetPoses, left_share, place_feet, travel
from playground_amp.motion.generate.gait import GaitStyle, reaching, whole_frames
from playground_amp.motion.generate.styles import style_at_rest
from playground_amp.motion.human.footfall import Sizes, foot_cycle
from playground_amp.motion.human.strides import PHASES, Stride
from playground_amp.motion.human.timing import Timing, double_supports, find_timing
from playground_amp.motion.leg_roles import leg_roles, thigh_and_shank
from playground_amp.physics.inverse_kinematics import SoleTargets, reach_soles
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of


class _Pace(NamedTuple):
    """How fast, and in how large steps, the robot walks the stride."""

    cycles: int
    frames: int  # in which those cycles fit
    period: float  # s a cycle
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    sizes: Sizes


def retarget(
    robot: Robot,
    stride: Stride,
    slower: float,
    longest: float,
    control_dt: float,
    name: str,
    source: str,
    exact: bool = True,
) -> Clip:
    """The stride as a periodic clip of a robot.

    Args:
      robot, stride: which robot, and of which person.
      slower: share of the Froude-scaled speed to walk with; steps and pace both by its square root.
      longest: cycle that the pace is slowed down to at most, s.
      control_dt: s a frame.
      name, source: of the clip.
      exact: joint angles by mink, within the joints' ranges; otherwise by the closed form, far quicker.

    Raises:
      UserError: a run, steps too long for the legs, or legs of another build.
    """
    pace = _pace(robot, stride, slower, longest, control_dt)
    timing = find_timing(stride)
    pose = reaching(_plan(robot, stride, timing, pace), angles_within_ranges if exact else None)
    time = np.arange(pace.frames) * control_dt
    qpos, qvel = states(pose, pace.velocity, pace.period, time)
    phase = (time / pace.period) % 1.0
    swinging = np.stack([(phase - foot.lift_off) % 1.0 < foot.swing for foot in timing], axis=1)
    return Clip(
        name=name,
        robot=robot.name,
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=~swinging,
        gait_phase=phase,
        command=pace.velocity,
        displacement=travel(pace.velocity, np.array(pace.frames * control_dt)),
        periodic=True,
        cycles=pace.cycles,
        source=source,
    )


def froude_speed(robot: Robot, stride: Stride) -> float:
    """The forward speed, m/s, at which the robot would walk the stride in proportion.

    Raises:
      UserError: legs of another build than those that a person's walk can be brought to.
    """
    return float(stride.velocity[0] * np.sqrt(_limb_length(robot) / stride.leg_length))


def angles_within_ranges(robot: Robot, feet: FeetPoses, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, J] that put the feet in their places, within the joints' ranges; see `balance.Solver`."""
    turns = attitude(body[:, 3], body[:, 5], body[:, 4]).as_quat(scalar_first=True)
    heading = np.zeros_like(feet.pitch) if all(legs.leg_of(robot, side).turns for side in (0, 1)) else None
    return reach_soles(robot, np.hstack([body[:, :3], turns]), SoleTargets(feet.sole, feet.pitch, heading), start)


def _pace(robot: Robot, stride: Stride, slower: float, longest: float, control_dt: float) -> _Pace:
    ratio = _limb_length(robot) / stride.leg_length
    scaled = stride.duration * np.sqrt(ratio)
    cycles, frames = whole_frames(max(scaled, min(scaled / np.sqrt(slower), longest)), control_dt)
    period = frames * control_dt / cycles
    shorter = slower * period / scaled
    velocity = stride.velocity * (ratio, ratio, 1) * shorter * stride.duration / period
    return _Pace(cycles, frames, period, velocity, Sizes(scale_of(robot).length, ratio, shorter))


def _limb_length(robot: Robot) -> float:
    """From hip to ankle, along thigh and shank, m."""
    roles = leg_roles(robot, 0)
    if roles is None:
        raise UserError(
            f"{robot.name}: a person's walk can be brought to legs with three joints across (hip, knee, ankle), one "
            f"along above the knee and one below it; the left leg has {', '.join(robot.leg_joint_names(0))}"
        )
    return thigh_and_shank(robot, roles)


def _style(robot: Robot) -> GaitStyle:
    """What of the style is the robot's own.

    A person's swing is not timed to spare servos: a knee that is never quite straight, more tilt for the hip, and
    pressure that goes less far along the sole for the ankle.
    """
    own = style_at_rest()
    steps = replace(own.steps, pressure_travel=0.03, pressure_ahead=-0.004)
    return replace(own, waist_height=0.447, pelvis_roll=0.13, steps=steps).scaled(scale_of(robot))


def _plan(robot: Robot, stride: Stride, timing: tuple[Timing, Timing], pace: _Pace) -> Plan:
    phase, style = np.arange(PHASES) / PHASES, _style(robot)
    velocity, period, sizes = pace.velocity, pace.period, pace.sizes
    left, right = timing
    supports = double_supports(left, right)
    share = left_share(phase, (left.touch_down, right.lift_off), (right.touch_down, left.lift_off))
    feet = [
        foot_cycle(stride, timing[side], robot.soles[side], style.steps, velocity, period, side, sizes)
        for side in (0, 1)
    ]
    # Towards the leg that carries, as the generated gait, from the middle of one double support to that of the next.
    middle = (left.touch_down + supports[0] / 2) % 1.0
    other = (right.touch_down + supports[1] / 2 - middle) % 1.0
    since = (phase - middle) % 1.0
    stance = np.pi * np.where(since < other, since / other, 1 + (since - other) / (1 - other))
    roll = -style.pelvis_roll * (np.sin(stance) + style.roll_third * np.sin(3 * stance))
    return Plan(
        robot=robot,
        velocity=velocity,
        period=period,
        phase=phase,
        feet=lambda heading: place_feet(feet[0], feet[1], phase, heading, share),
        left_share=share,
        height=style.waist_height + sizes.step * (stride.pelvis[:, 2] - stride.pelvis[:, 2].max()),
        roll=roll,
        pitch=np.full(PHASES, style.lean),
    )
