"""How a generated gait steps: the schedule of the gait clock, the roll of the feet, the shape of the swing."""

from dataclasses import dataclass

import numpy as np

from playground_amp.configs.walking import GaitConfig
from playground_amp.motion.generate.footsteps import FootCycle, Pressure, bump, left_share, passed, smooth
from playground_amp.robot.record import Sole

_LIFTED = 0.019  # rad; pitched more, a sole touches the floor with one edge alone (3 mm over its length)
_SAMPLES = 64


@dataclass(frozen=True)
class StepStyle:
    """How the feet go. Lengths in m, angles in rad; shares are of the cycle."""

    half_width: float = 0.077  # from the middle to each foot in mid-stance
    ahead: float = 0.019  # of the waist's mean, in mid-stance
    toe_off: float = 0.0  # pitch at lift-off
    heel_strike: float = 0.0  # pitch at touch-down, toe up
    heel_off_before: float = 0.127  # share of the cycle before lift-off when the heel begins to rise
    flat_after: float = 0.128  # share of the cycle after touch-down when the toe is down
    follow_through: float = 0.19  # share of the cycle in the air in which the heel still rises, the toe already falls
    swing: float = 0.72  # share of the configured swing height; the pitch adds to it
    skew: float = 0.0  # of the swing's way: so much ahead of an even one in the middle
    evenness: float = 0.62  # share of the swing's way that is the cubic 3 s² - 2 s³: less to speed up and slow down
    early_height: float = 0.0  # share by which the swing is higher in its first half, lower in its second
    flat_height: float = 0.0  # share by which it is higher towards both ends
    swing_pitch: float = 0.0  # further pitch in mid-swing
    swing_pitch_early: float = 0.0  # further pitch in the first half, less in the second
    swing_inwards: float = 0.0  # the swing's way inwards
    pressure_inwards: float = 0.014  # the floor's force acts so far inside of the sole's center
    pressure_travel: float = 0.045  # and moves at most so far back and forth
    pressure_ahead: float = 0.0  # about so far ahead of the sole's center


STEP_LENGTHS = ("half_width", "ahead", "swing_inwards", "pressure_inwards", "pressure_travel", "pressure_ahead")


def contacts(phase: np.ndarray, config: GaitConfig) -> np.ndarray:
    """Which feet are due to carry at phases [T]: [T, 2] bool, by the gait clock."""
    margin = config.double_support / 4
    in_half = (phase[:, None] - (0.0, 0.5)) % 1.0
    return (in_half <= margin) | (in_half >= 0.5 - margin)


def weight_share(phase: np.ndarray, config: GaitConfig) -> np.ndarray:
    """Share of the weight on the left foot [T]: passes over in each double support of the gait clock."""
    margin = config.double_support / 4
    return left_share(phase, (0.5 - margin, 0.5 + margin), (1 - margin, 1 + margin))


def make_foot(
    config: GaitConfig, style: StepStyle, sole: Sole, velocity: np.ndarray, period: float, side: int
) -> FootCycle:
    """The left (side 1) or right (-1) foot for a velocity [3] (m/s, m/s, rad/s) and a cycle of `period` s."""
    lift_off = config.double_support / 4
    touch_down = 0.5 - lift_off
    height = config.swing_height * style.swing

    def pitch(since: np.ndarray) -> np.ndarray:
        """Flat, heel up and over the toe, through the swing, and down over the heel, without a stop in between."""
        off, strike = style.toe_off, style.heel_strike
        rising = passed(since, lift_off - style.heel_off_before, lift_off + style.follow_through)
        swinging = passed(since, lift_off, touch_down)
        lowering = passed(since, touch_down - style.follow_through, touch_down + style.flat_after)
        swung = np.clip((since - lift_off) / (touch_down - lift_off), 0, 1)
        more = bump(swung) * (style.swing_pitch + style.swing_pitch_early * (1 - 2 * swung))
        return off * rising - (off + strike) * swinging + strike * lowering + more

    def way(swung: np.ndarray) -> np.ndarray:
        """A quintic, which starts and ends without acceleration, mixed with a cubic, which needs less of it."""
        cubic = swung**2 * (3 - 2 * swung)
        return (1 - style.evenness) * smooth(swung) + style.evenness * cubic + style.skew * bump(swung)

    def over(swung: np.ndarray) -> np.ndarray:
        up = height * (1 + style.early_height * (1 - 2 * swung) + style.flat_height * (1 - 2 * swung) ** 2)
        return bump(swung)[:, None] * np.stack([0 * up, 0 * up - side * style.swing_inwards, up], axis=1)

    before = np.linspace(lift_off - style.heel_off_before, lift_off, _SAMPLES)
    after = np.linspace(touch_down, touch_down + style.flat_after, _SAMPLES)
    return FootCycle(
        side=side,
        sole=sole,
        velocity=velocity,
        period=period,
        begin=0.0 if side > 0 else 0.5,
        lift_off=lift_off,
        heel_off=float(before[np.searchsorted(pitch(before) > _LIFTED, True).clip(max=_SAMPLES - 1)]),
        toe_down=float(after[np.searchsorted(pitch(after) > -_LIFTED, True).clip(max=_SAMPLES - 1)]),
        place=np.array([style.ahead, side * style.half_width]),
        pressure=Pressure(style.pressure_inwards, style.pressure_travel, style.pressure_ahead),
        pitch=pitch,
        passed=way,
        over=over,
        edges=style.toe_off > 0 or style.heel_strike > 0,
    )
