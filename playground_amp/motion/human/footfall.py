"""How the robot's feet go through a person's stride: when they stand, how they roll over their edges and swing."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from playground_amp.motion.generate.footsteps import FootCycle, Pressure, passed
from playground_amp.motion.generate.steps import StepStyle
from playground_amp.motion.human.fitting import Fit, Stepping
from playground_amp.motion.human.strides import PHASES, Stride
from playground_amp.motion.human.timing import Timing
from playground_amp.robot.record import Sole

PHASE = np.arange(PHASES) / PHASES
_CLEARANCE = 0.02  # m, of WildRobot, that the middle of a swing is lifted by; a person's toes pass closer to the floor
_FLAT = 0.06  # rad; a foot pitched less in stance is flat
_ROLL = 0.08  # cycles; a foot rolls on its heel, or its toe, so long at least
_MOST_ROLL = 0.75  # of the stance, that is not flat at most on either end


class Pace(NamedTuple):
    """How fast, and in how large steps, the robot walks the stride."""

    cycles: int
    frames: int  # in which those cycles fit
    period: float  # s a cycle
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    length: float  # its lengths over WildRobot's
    size: float  # its legs over the person's
    shorter: float  # its steps over the person's, beyond that


def plain_feet(
    stride: Stride, timing: tuple[Timing, Timing], soles: tuple[Sole, Sole], style: StepStyle, pace: Pace
) -> tuple[FootCycle, FootCycle]:
    """Both feet in the person's time, at their places, flat throughout."""
    left, right = (_plain_foot(stride, timing[side], soles[side], style, pace, side) for side in (0, 1))
    return left, right


def stepping(feet: tuple[FootCycle, FootCycle], base: np.ndarray, keep_base: bool, pace: Pace) -> Stepping:
    """What is asked of the plain feet; `base` [P] m: how far ahead of the moving frame the base is."""
    since = np.stack([_since(foot) for foot in feet], axis=1)
    lift_off, touch_down, heel_off, toe_down = (
        np.array([getattr(foot, name) for foot in feet]) for name in ("lift_off", "touch_down", "heel_off", "toe_down")
    )
    spot = np.stack([foot.at(PHASE, np.zeros(PHASES))[0][:, 0] for foot in feet], axis=1)
    return Stepping(
        base=base,
        keep_base=keep_base,
        spot=spot,
        # A phase more at both ends: the swing then begins and ends at rest.
        stands=(since <= lift_off + 1 / PHASES) | (since >= touch_down - 1 / PHASES),
        flat=(since <= heel_off) | (since >= toe_down),
        swung=np.clip((since - lift_off) / (touch_down - lift_off), 0, 1),
        clearance=_CLEARANCE * pace.length,
    )


def fitted_feet(feet: tuple[FootCycle, FootCycle], fit: Fit) -> tuple[FootCycle, FootCycle]:
    """The plain feet with the pitch and the way through the air of a fit."""
    left, right = (_fitted_foot(foot, fit.angles.foot[:, side], fit.sole[:, side]) for side, foot in enumerate(feet))
    return left, right


def _plain_foot(stride: Stride, timing: Timing, sole: Sole, style: StepStyle, pace: Pace, side: int) -> FootCycle:
    lift_off = 0.25 - timing.swing / 2
    touch_down = 0.5 - lift_off
    sign = 1 if side == 0 else -1
    apart = pace.size * (stride.ankle[:, 0, 1] - stride.ankle[:, 1, 1]).mean() / 2
    foot = FootCycle(
        side=sign,
        sole=sole,
        velocity=pace.velocity,
        period=pace.period,
        begin=timing.mid_stance + 0.25,
        lift_off=lift_off,
        heel_off=lift_off - _ROLL,
        toe_down=touch_down + _ROLL,
        place=np.array([0.0, sign * max(style.half_width, apart)]),
        pressure=Pressure(style.pressure_inwards, style.pressure_travel, style.pressure_ahead),
        pitch=np.zeros_like,
        passed=_steady,
        over=lambda swung: np.zeros((len(swung), 3)),
    )
    return replace(foot, **dict(zip(("heel_off", "toe_down"), _rolls(foot, stride.pitch[:, side]), strict=True)))


def _rolls(foot: FootCycle, recorded: np.ndarray) -> tuple[float, float]:
    """When the heel leaves the floor and when the toe is down, in `since`, by the person's pitch [P] rad."""
    since = _since(foot)
    late = since[(since < foot.lift_off) & (recorded > _FLAT)]
    early = since[(since > foot.touch_down) & (recorded < -_FLAT)]
    half = (foot.lift_off + 0.25) * _MOST_ROLL
    heel_off = max(min(late.min(initial=np.inf), foot.lift_off - _ROLL), foot.lift_off - half)
    toe_down = min(max(early.max(initial=-np.inf), foot.touch_down + _ROLL), foot.touch_down + half)
    return float(heel_off), float(toe_down)


def _fitted_foot(foot: FootCycle, pitch: np.ndarray, sole: np.ndarray) -> FootCycle:
    """A foot with a pitch [P] rad and a sole's center [P, 2] m, ahead and up, while it swings."""
    since = _since(foot)
    order = np.argsort(since)
    curve = CubicSpline(
        np.append(since[order], since[order][0] + 1), np.append(pitch[order], pitch[order][0]), bc_type="periodic"
    )

    def pitched(at: np.ndarray) -> np.ndarray:
        # Wholly flat in the middle of the stance, where the fit is so but for a trifle.
        begin, end = foot.heel_off - _ROLL / 2, foot.toe_down + _ROLL / 2
        return curve(at) * (passed(at, begin, foot.heel_off) - passed(at, foot.toe_down, end))

    rolling = replace(foot, pitch=pitched)
    swung = (since[order] - foot.lift_off) / (foot.touch_down - foot.lift_off)
    inside = (swung > 0) & (swung < 1)
    off = sole[order] - rolling.at(PHASE[order], np.zeros(PHASES))[0][:, [0, 2]]
    knots = np.concatenate([[0.0], swung[inside], [1.0]])
    values = np.vstack([[0.0, 0.0], off[inside], [0.0, 0.0]])
    way = CubicSpline(knots, values, bc_type="clamped")

    def over(at: np.ndarray) -> np.ndarray:
        ahead, up = way(np.clip(at, 0, 1)).T
        return np.stack([ahead, 0 * ahead, up], axis=1)

    return replace(rolling, over=over)


def _since(foot: FootCycle) -> np.ndarray:
    """The phases [P] as a foot counts them, from -0.25 to 0.75."""
    return (PHASE - foot.begin + 0.25) % 1.0 - 0.25


def _steady(swung: np.ndarray) -> np.ndarray:
    return swung**2 * (3 - 2 * swung)
