"""Brings a person's stride to a robot: its joints move as the person's do, its feet stand on the floor.

Lengths are scaled by the ratio of the legs, times by its square root (Froude scaling: the same motion under the same
gravity); a person who walks slower or faster changes steps and pace alike, both with about the square root of the speed
(Grieve & Gear 1966), and so does the clip. What a robot cannot copy is its own: soles that stand further apart and are
longer, the sway that its own masses need to stay upright, and a waist that tips towards the leg that carries, which
spares the hip.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from playground_amp.motion.clip import Clip
from playground_amp.motion.generate import leg as legs
from playground_amp.motion.generate.balance import CORRECTIONS, Plan, attitude, states
from playground_amp.motion.generate.footsteps import FeetPoses, FootCycle, left_share, place_feet, travel
from playground_amp.motion.generate.gait import GaitStyle, clip_name, reaching, whole_frames
from playground_amp.motion.generate.styles import style_at_rest
from playground_amp.motion.human.fitting import fit_legs
from playground_amp.motion.human.footfall import PHASE, Pace, fitted_feet, plain_feet, stepping
from playground_amp.motion.human.side_view import LegAngles, SideView, side_view
from playground_amp.motion.human.strides import PHASES, Stride, from_last_to_first, in_reverse
from playground_amp.motion.human.timing import Timing, double_supports, find_timing
from playground_amp.motion.leg_roles import require_leg_roles, thigh_and_shank
from playground_amp.physics.inverse_kinematics import SoleTargets, reach_soles
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

_ROUNDS = 3  # of fit and balance
_ROUGHLY = 2  # corrections of the sway in all rounds but the last
_LEAST_BEND = 0.25  # rad, of a knee: a straight leg cannot tell the waist's height


def retarget(robot: Robot, stride: Stride, speed: float, control_dt: float, source: str) -> Clip:
    """The stride as a periodic clip of a robot.

    Args:
      robot, stride: which robot, and of which person.
      speed: forwards, m/s; below 0 for a walk backwards, which is a walk forwards with time running backwards: so are
        feet that come down toe first, and forces are the same.
      control_dt: s a frame.
      source: of the clip, which is named after its command.

    Raises:
      UserError: a run, steps too long for the legs, or legs of another build.
    """
    back = speed < 0
    walk = in_reverse(stride) if back else stride
    pace = _pace(robot, walk, abs(speed), control_dt)
    timing = find_timing(walk)
    command = -pace.velocity if back else pace.velocity
    name = clip_name((command[0], command[1], command[2]))
    pose = _pose(robot, walk, timing, pace, name)
    if back:
        pose, pace = from_last_to_first(pose), pace._replace(velocity=-pace.velocity)
        timing = tuple(Timing((0.5 - foot.touch_down) % 1.0, (0.5 - foot.lift_off) % 1.0) for foot in timing)
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
    return float(stride.velocity[0] * np.sqrt(froude_scale(robot, stride)))


def froude_scale(robot: Robot, stride: Stride) -> float:
    """The robot's legs over the person's: the scale of lengths, its root that of times and speeds.

    Raises:
      UserError: legs of another build than those that a person's walk can be brought to.
    """
    return _limb_length(robot) / stride.leg_length


def angles_within_ranges(robot: Robot, feet: FeetPoses, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, J] that put the feet in their places, within the joints' ranges; see `balance.Solver`."""
    turns = attitude(body[:, 3], body[:, 5], body[:, 4]).as_quat(scalar_first=True)
    heading = np.zeros_like(feet.pitch) if all(legs.leg_of(robot, side).turns for side in (0, 1)) else None
    start = np.clip(start, robot.joint_lower, robot.joint_upper)
    return reach_soles(robot, np.hstack([body[:, :3], turns]), SoleTargets(feet.sole, feet.pitch, heading), start)


def _within_ranges(robot: Robot, pose: np.ndarray) -> bool:
    joints = pose[:, BASE_QVEL_SIZE:]
    return bool(((joints >= robot.joint_lower) & (joints <= robot.joint_upper)).all())


def _pace(robot: Robot, stride: Stride, speed: float, control_dt: float) -> Pace:
    size = froude_scale(robot, stride)
    scaled = stride.duration * np.sqrt(size)
    share = speed / froude_speed(robot, stride)
    cycles, frames = whole_frames(scaled / np.sqrt(share), control_dt)
    period = frames * control_dt / cycles
    shorter = float(share * period / scaled)
    velocity = stride.velocity * (size, size, 1) * shorter * stride.duration / period
    return Pace(cycles, frames, period, velocity, scale_of(robot).length, size, shorter)


def _limb_length(robot: Robot) -> float:
    """From hip to ankle, along thigh and shank, m."""
    return thigh_and_shank(robot, require_leg_roles(robot, 0))


def _style(robot: Robot) -> GaitStyle:
    """What of the style is the robot's own.

    A person's swing is not timed to spare servos: more tilt for the hip, and pressure that goes less far along the
    sole for the ankle.
    """
    own = style_at_rest()
    steps = replace(own.steps, pressure_travel=0.03, pressure_ahead=-0.004)
    return replace(own, pelvis_roll=0.13, steps=steps).scaled(scale_of(robot))


def _pose(robot: Robot, stride: Stride, timing: tuple[Timing, Timing], pace: Pace, name: str) -> np.ndarray:
    """The balanced pose [P, 6 + J]: legs fitted to where the hips then are, and fitted again."""
    style = _style(robot)
    feet = plain_feet(stride, timing, robot.soles, style.steps, pace)
    share, roll = _support(timing, style)
    body = np.column_stack([np.zeros((PHASES, 3)), roll, np.zeros((PHASES, 2))])
    joints = np.tile(robot.home_joint_position, (PHASES, 1))
    base = pace.size * pace.shorter * stride.pelvis[:, 0]
    pose = None
    for number in range(_ROUNDS):
        view = side_view(robot, body, joints)
        asked = stepping(feet, base, number > 0, pace)
        fit = fit_legs(view, _wanted(stride, view, pace.shorter), asked, _limb_length(robot))
        plan = Plan(
            robot=robot,
            velocity=pace.velocity,
            period=pace.period,
            phase=PHASE,
            feet=_placed(fitted_feet(feet, fit), share),
            left_share=share,
            height=fit.height,
            roll=roll,
            pitch=np.full(PHASES, style.lean),
            arms=_arms(stride, pace.shorter),
        )
        last = number == _ROUNDS - 1
        pose = reaching(plan, name, corrections=CORRECTIONS if last else _ROUGHLY, start=pose)
        if last and not _within_ranges(robot, pose):
            pose = reaching(plan, name, angles_within_ranges, 1, pose)
        body, joints = pose[:, :BASE_QVEL_SIZE], pose[:, BASE_QVEL_SIZE:]
        base = body[:, 0]
    return np.hstack([body, joints])


def _placed(feet: tuple[FootCycle, FootCycle], share: np.ndarray) -> Callable[[np.ndarray], FeetPoses]:
    return lambda heading: place_feet(feet[0], feet[1], PHASE, heading, share)


def _wanted(stride: Stride, view: SideView, shorter: float) -> LegAngles:
    """The person's legs with steps so much shorter, knees never straighter than the robot's may be.

    Who takes shorter steps swings the thighs less by as much, but bends knees and ankles less by its root alone: the
    toes have to clear the floor as before.
    """
    person, less = stride.legs, np.sqrt(shorter)
    thigh, ankle = shorter * person.thigh, less * person.ankle()
    knee = np.maximum(view.lowest[:, 1], _LEAST_BEND) + less * (person.knee - person.knee.min(axis=0))
    return LegAngles(thigh, knee, ankle - thigh + view.bends * knee)


def _arms(stride: Stride, shorter: float) -> np.ndarray | None:
    """The person's arms [P, 2, 2] rad, swinging less by as much as the steps are shorter; None: not recorded."""
    if np.isnan(stride.arm).any():
        return None
    usual = stride.arm.mean(axis=0)
    return usual + shorter * (stride.arm - usual)


def _support(timing: tuple[Timing, Timing], style: GaitStyle) -> tuple[np.ndarray, np.ndarray]:
    """The share of the weight on the left foot [P], and how far the waist tips towards the leg that carries [P] rad."""
    left, right = timing
    supports = double_supports(left, right)
    share = left_share(PHASE, (left.touch_down, right.lift_off), (right.touch_down, left.lift_off))
    # As in the generated gait, from the middle of one double support to that of the next.
    middle = (left.touch_down + supports[0] / 2) % 1.0
    other = (right.touch_down + supports[1] / 2 - middle) % 1.0
    since = (PHASE - middle) % 1.0
    stance = np.pi * np.where(since < other, since / other, 1 + (since - other) / (1 - other))
    return share, -style.pelvis_roll * (np.sin(stance) + style.roll_third * np.sin(3 * stance))
