"""Brings a person's stride to this robot: feet and pelvis scaled, joint angles by mink.

Lengths are scaled by the ratio of the legs, times by its square root (Froude scaling: the same motion under the same
gravity). What a robot of this build cannot copy is its own: soles 80 mm wide stand further apart, a carrying foot
stays where it stands and rolls over its edges, the sway is the one that its own masses need to stay upright, and the
waist tips towards the leg that carries, which spares the hip.
"""

from dataclasses import replace
from typing import NamedTuple

import mink
import numpy as np
from scipy.interpolate import CubicSpline

from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.balance import Plan, attitude, states
from playground_amp.motion.generate.footsteps import (
    Feet,
    Foot,
    Pressure,
    bump,
    left_share,
    passed,
    place_feet,
    sole_of,
    travel,
)
from playground_amp.motion.generate.gait import GaitStyle, reaching, whole_frames
from playground_amp.motion.generate.styles import style_for
from playground_amp.motion.human.strides import PHASES, Stride
from playground_amp.robot.models import model_of
from playground_amp.robot.names import FOOT_NAMES
from playground_amp.robot.record import BASE_QVEL_SIZE, Robot

_CLEARANCE = 0.018  # m that the middle of a swing is lifted by; a person's toes pass closer to the floor
_MOST_PITCH, _LEAST_PITCH = 0.75, -0.35  # rad, of a foot
_FLAT = 0.12  # rad; a foot pitched less in stance is flat
_STILL = 0.25  # share of its top speed under which toe or heel stands
_HEEL, _TOE, _ANKLE = -0.06, 0.16, 0.10  # of a person's foot, ahead of and below the ankle, in leg lengths
_SHORTEST_SUPPORT = 0.02  # cycles of double support; with less it is a run
_ROLL = 0.12  # cycles; a foot rolls on its heel, or its toe, so long at least
_HARMONICS = 6  # of a foot's pitch
_ROUNDS, _TOLERANCE = 30, 1e-7

_OWN = style_for(np.zeros(3))
# What of the style is the robot's own. A person's swing is not timed to spare servos: a knee that is never quite
# straight, more tilt for the hip, and pressure that goes less far along the sole for the ankle.
_STYLE = replace(
    _OWN,
    waist_height=0.447,
    pelvis_roll=0.13,
    steps=replace(_OWN.steps, pressure_travel=0.03, pressure_ahead=-0.004),
)


class Timing(NamedTuple):
    """When a foot swings, phases: lifted at `lift_off`, down again at `touch_down`, later by less than a cycle."""

    lift_off: float
    touch_down: float

    @property
    def swing(self) -> float:
        return (self.touch_down - self.lift_off) % 1.0

    @property
    def mid_stance(self) -> float:
        return (self.touch_down + (1 - self.swing) / 2) % 1.0


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
    """The stride as a periodic clip of this robot.

    Args:
      robot: which robot.
      stride: of a person.
      slower: share of the Froude-scaled speed to walk with; steps and pace both by its square root.
      longest: cycle that the pace is slowed down to at most, s.
      control_dt: s a frame.
      name, source: of the clip.
      exact: joint angles by mink, within the joints' ranges; otherwise by the closed form, far quicker.

    Raises:
      UserError: a run, or steps too long for the legs.
    """
    scale = _leg_length(robot) / stride.leg_length
    cycles, frames = whole_frames(_cycle_time(stride.duration * np.sqrt(scale), slower, longest), control_dt)
    period = frames * control_dt / cycles
    step = slower * period / (stride.duration * np.sqrt(scale))  # share of a scaled step
    velocity = stride.velocity * (scale, scale, 1) * step * stride.duration / period
    timing = (_timing(stride, 0), _timing(stride, 1))
    pose = reaching(_plan(robot, stride, timing, velocity, period, scale, step), mink_angles if exact else None)
    time = np.arange(frames) * control_dt
    qpos, qvel = states(pose, velocity, period, time)
    phase = (time / period) % 1.0
    swinging = np.stack([(phase - foot.lift_off) % 1.0 < foot.swing for foot in timing], axis=1)
    return Clip(
        name=name,
        joint_names=robot.joint_names,
        rate=1 / control_dt,
        qpos=qpos,
        qvel=qvel,
        contact=~swinging,
        gait_phase=phase,
        command=velocity,
        displacement=travel(velocity, np.array(frames * control_dt)),
        periodic=True,
        cycles=cycles,
        source=source,
    )


def froude_speed(robot: Robot, stride: Stride) -> float:
    """The forward speed, m/s, at which the robot would walk the stride in proportion."""
    return float(stride.velocity[0] * np.sqrt(_leg_length(robot) / stride.leg_length))


def mink_angles(robot: Robot, feet: Feet, body: np.ndarray, start: np.ndarray) -> np.ndarray | None:
    """Joint angles [T, 11] that put the feet in their places, within the joints' ranges; see `balance.Solver`."""
    configuration = mink.Configuration(model_of(robot))
    tasks = [mink.FrameTask(name, "site", 1.0, [1.0, 1.0, 0.0]) for name in FOOT_NAMES]  # headings follow
    held = mink.DofFreezingTask(model_of(robot), dof_indices=list(range(BASE_QVEL_SIZE + 1)))  # the base and waist_yaw
    limits = [mink.ConfigurationLimit(model_of(robot))]
    turns = attitude(body[:, 3], body[:, 5], body[:, 4]).as_quat(scalar_first=True)
    found = start.copy()
    for row in range(len(body)):
        guess = found[row - 1] if row else start[row]
        guess = np.concatenate([start[row][:1], guess[1:]])
        configuration.update(np.concatenate([body[row, :3], turns[row], guess]))
        for _ in range(_ROUNDS):
            for side, task in enumerate(tasks):
                task.set_target(_target(configuration, feet, row, side))
            velocity = mink.solve_ik(configuration, tasks, 1.0, "daqp", damping=1e-9, limits=limits, constraints=[held])
            configuration.integrate_inplace(velocity, 1.0)
            if np.abs(velocity).max() < _TOLERANCE:
                break
        error = max(np.abs(task.compute_error(configuration)[:5]).max() for task in tasks)
        if error > 1e-4:
            return None
        found[row] = configuration.q[7:]
    return found


def _target(configuration: mink.Configuration, feet: Feet, row: int, side: int) -> mink.SE3:
    """Where a foot should be, heading as it does."""
    now = configuration.get_transform_frame_to_world(FOOT_NAMES[side], "site").rotation().as_matrix()
    yaw = np.arctan2(now[1, 0], now[0, 0])
    turn = mink.SO3.from_z_radians(yaw) @ mink.SO3.from_y_radians(feet.pitch[row, side])
    return mink.SE3.from_rotation_and_translation(turn, feet.sole[row, side])


def _cycle_time(scaled: float, slower: float, longest: float) -> float:
    return max(scaled, min(scaled / np.sqrt(slower), longest))


def _leg_length(robot: Robot) -> float:
    """From hip to ankle, along thigh and shank, m."""
    model = model_of(robot)
    return float(sum(np.linalg.norm(model.body(f"left_{part}").pos) for part in ("shank", "ankle")))


def _timing(stride: Stride, side: int) -> Timing:
    """When a foot swings: while neither its toe nor its heel stands still."""
    pitch = stride.pitch[:, side]
    cos, sin = np.cos(pitch), np.sin(pitch)
    way = np.arange(PHASES)[:, None] / PHASES * stride.duration * stride.velocity * (1, 1, 0)
    speed = []
    for ahead in (_HEEL, _TOE):
        x, z = ahead * stride.leg_length, -_ANKLE * stride.leg_length
        point = stride.ankle[:, side] + np.stack([cos * x + sin * z, 0 * cos, cos * z - sin * x], axis=1)
        rate = np.fft.irfft(
            2j * np.pi * np.arange(PHASES // 2 + 1)[:, None] * np.fft.rfft(point, axis=0), PHASES, axis=0
        )
        speed.append(np.linalg.norm(rate + (way[1] - way[0]) * PHASES, axis=1))
    slowest = np.minimum(*speed)
    moving = slowest > _STILL * slowest.max()
    # The run of moving phases around the fastest one.
    top = int(slowest.argmax())
    before = next((count for count in range(PHASES) if not moving[(top - count) % PHASES]), PHASES)
    after = next((count for count in range(PHASES) if not moving[(top + count) % PHASES]), PHASES)
    if before + after >= PHASES:
        raise UserError("no walking found: a foot never stands still on the floor")
    return Timing(((top - before + 0.5) / PHASES) % 1.0, ((top + after - 0.5) / PHASES) % 1.0)


def _plan(
    robot: Robot,
    stride: Stride,
    timing: tuple[Timing, Timing],
    velocity: np.ndarray,
    period: float,
    scale: float,
    shorter: float,
) -> Plan:
    phase, style, sole = np.arange(PHASES) / PHASES, _STYLE, sole_of(robot)
    left, right = timing
    supports = [(right.lift_off - left.touch_down) % 1.0, (left.lift_off - right.touch_down) % 1.0]
    if not all(_SHORTEST_SUPPORT < support < 0.5 for support in supports):
        raise UserError("the walker runs: there is no time at which both feet are on the floor")
    share = left_share(phase, (left.touch_down, right.lift_off), (right.touch_down, left.lift_off))
    step = scale * shorter
    feet = [_foot(stride, timing[side], sole, style, velocity, period, side, step, shorter) for side in (0, 1)]
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
        height=style.waist_height + step * (stride.pelvis[:, 2] - stride.pelvis[:, 2].max()),
        roll=roll,
        pitch=np.full(PHASES, style.lean),
    )


def _foot(
    stride: Stride,
    timing: Timing,
    sole: object,
    style: GaitStyle,
    velocity: np.ndarray,
    period: float,
    side: int,
    step: float,
    shorter: float,
) -> Foot:
    """A foot with the person's timing, pitch and way of swinging, in the robot's size."""
    begin = timing.mid_stance + 0.25
    lift_off = 0.25 - timing.swing / 2
    touch_down = 0.5 - lift_off
    since = (np.arange(PHASES) / PHASES - begin + 0.25) % 1.0 - 0.25
    order = np.argsort(since)
    since, recorded = since[order], stride.pitch[order, side]
    stance = (since < lift_off) | (since > touch_down)
    heel_off = _edge(since, stance & (since < lift_off) & (recorded > _FLAT), lift_off, np.min)
    toe_down = _edge(since, stance & (since > touch_down) & (recorded < -_FLAT), touch_down, np.max)
    heel_off, toe_down = min(heel_off, lift_off - _ROLL), max(toe_down, touch_down + _ROLL)
    bound = np.where(recorded > 0, _MOST_PITCH, _LEAST_PITCH)
    # A robot's toe would scrape where a person's, on a longer foot, does not: the heel comes down earlier in the swing.
    raised = 1 - passed(since, lift_off, 0.25 * lift_off + 0.75 * touch_down) * (recorded > 0)
    bounded = bound * np.tanh(recorded / bound) * raised * min(shorter, 1.0)
    pitched = _smooth_curve(since, bounded)

    def pitch(at: np.ndarray) -> np.ndarray:
        # Flat in the middle of the stance.
        rolls = passed(at, heel_off, lift_off + _ROLL / 2) - passed(at, touch_down - _ROLL / 2, toe_down)
        return rolls * pitched(at)

    ankle = stride.ankle[order, side, 0] + since * stride.duration * stride.velocity[0]
    swung = np.linspace(0, 1, PHASES)
    passing = np.interp(lift_off + swung * (touch_down - lift_off), since, ankle)
    recorded_way = CubicSpline(swung, (passing - passing[0]) / (passing[-1] - passing[0]))

    def way(at: np.ndarray) -> np.ndarray:
        # The person's, but from rest to rest.
        steady = at**2 * (3 - 2 * at)
        return steady + bump(at) * (recorded_way(at) - steady)

    def over(at: np.ndarray) -> np.ndarray:
        return bump(at)[:, None] * (0.0, 0.0, _CLEARANCE)

    sign = 1 if side == 0 else -1
    apart = step * (stride.ankle[:, 0, 1] - stride.ankle[:, 1, 1]).mean() / 2
    return Foot(
        side=sign,
        sole=sole,  # type: ignore[arg-type]
        velocity=velocity,
        period=period,
        begin=begin,
        lift_off=lift_off,
        heel_off=heel_off,
        toe_down=toe_down,
        place=np.array([0.0, sign * max(style.steps.half_width, apart)]),
        pressure=Pressure(style.steps.pressure_inwards, style.steps.pressure_travel, style.steps.pressure_ahead),
        pitch=pitch,
        passed=way,
        over=over,
    )


def _smooth_curve(since: np.ndarray, values: np.ndarray) -> CubicSpline:
    """Through the first harmonics of values at even, increasing phases of one cycle."""
    spectrum = np.fft.rfft(values)
    spectrum[_HARMONICS + 1 :] = 0
    values = np.fft.irfft(spectrum, len(values))
    return CubicSpline(np.append(since, since[0] + 1), np.append(values, values[0]), bc_type="periodic")


def _edge(since: np.ndarray, where: np.ndarray, otherwise: float, pick) -> float:
    return float(pick(since[where])) if where.any() else otherwise
