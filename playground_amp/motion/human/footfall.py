"""How a foot of the robot goes through a person's stride: its timing, pitch and way, in the robot's size."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from playground_amp.motion.generate.footsteps import FootCycle, Pressure, bump, passed
from playground_amp.motion.generate.steps import StepStyle
from playground_amp.motion.human.strides import PHASES, Stride
from playground_amp.motion.human.timing import Timing
from playground_amp.robot.record import Sole

_CLEARANCE = 0.018  # m, of WildRobot, that the middle of a swing is lifted by; a person's toes pass closer to the floor
_MOST_PITCH, _LEAST_PITCH = 0.75, -0.35  # rad, of a foot
_FLAT = 0.12  # rad; a foot pitched less in stance is flat
_ROLL = 0.12  # cycles; a foot rolls on its heel, or its toe, so long at least
_HARMONICS = 6  # of a foot's pitch


class Sizes(NamedTuple):
    """How large the robot's steps are."""

    robot: float  # its lengths over WildRobot's
    person: float  # its legs over the person's
    shorter: float  # its steps over the person's, beyond that

    @property
    def step(self) -> float:
        """Its steps over the person's."""
        return self.person * self.shorter


def foot_cycle(
    stride: Stride,
    timing: Timing,
    sole: Sole,
    style: StepStyle,
    velocity: np.ndarray,
    period: float,
    side: int,
    sizes: Sizes,
) -> FootCycle:
    """The left (0) or the right (1) foot for a velocity [3] (m/s, m/s, rad/s) and a cycle of `period` s."""
    begin = timing.mid_stance + 0.25
    lift_off = 0.25 - timing.swing / 2
    touch_down = 0.5 - lift_off
    since = (np.arange(PHASES) / PHASES - begin + 0.25) % 1.0 - 0.25
    order = np.argsort(since)
    since = since[order]
    pitch, heel_off, toe_down = _pitch(since, stride.pitch[order, side], lift_off, touch_down, min(sizes.shorter, 1.0))
    ahead = stride.ankle[order, side, 0] + since * stride.duration * stride.velocity[0]
    clearance = _CLEARANCE * sizes.robot

    def over(swung: np.ndarray) -> np.ndarray:
        return bump(swung)[:, None] * (0.0, 0.0, clearance)

    sign = 1 if side == 0 else -1
    apart = sizes.step * (stride.ankle[:, 0, 1] - stride.ankle[:, 1, 1]).mean() / 2
    return FootCycle(
        side=sign,
        sole=sole,
        velocity=velocity,
        period=period,
        begin=begin,
        lift_off=lift_off,
        heel_off=heel_off,
        toe_down=toe_down,
        place=np.array([0.0, sign * max(style.half_width, apart)]),
        pressure=Pressure(style.pressure_inwards, style.pressure_travel, style.pressure_ahead),
        pitch=pitch,
        passed=_way(since, ahead, lift_off, touch_down),
        over=over,
    )


def _pitch(
    since: np.ndarray, recorded: np.ndarray, lift_off: float, touch_down: float, share: float
) -> tuple[Callable[[np.ndarray], np.ndarray], float, float]:
    """The pitch as a function of `since`, and when the heel leaves the floor and the toe is down.

    Args:
      since: [P] increasing over a cycle from mid-stance.
      recorded: [P] rad, the person's.
      lift_off, touch_down: when the swing begins and ends.
      share: of the person's pitch.
    """
    stance = (since < lift_off) | (since > touch_down)
    heel_off = _edge(since, stance & (since < lift_off) & (recorded > _FLAT), lift_off, np.min)
    toe_down = _edge(since, stance & (since > touch_down) & (recorded < -_FLAT), touch_down, np.max)
    heel_off, toe_down = min(heel_off, lift_off - _ROLL), max(toe_down, touch_down + _ROLL)
    bound = np.where(recorded > 0, _MOST_PITCH, _LEAST_PITCH)
    # A robot's toe would scrape where a person's, on a longer foot, does not: the heel comes down earlier in the swing.
    raised = 1 - passed(since, lift_off, 0.25 * lift_off + 0.75 * touch_down) * (recorded > 0)
    pitched = _smooth_curve(since, bound * np.tanh(recorded / bound) * raised * share)

    def pitch(at: np.ndarray) -> np.ndarray:
        # Flat in the middle of the stance.
        rolls = passed(at, heel_off, lift_off + _ROLL / 2) - passed(at, touch_down - _ROLL / 2, toe_down)
        return rolls * pitched(at)

    return pitch, heel_off, toe_down


def _way(
    since: np.ndarray, ahead: np.ndarray, lift_off: float, touch_down: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Share of the swing's way by share of its time: the person's ankle's, `ahead` [P] m, but from rest to rest."""
    swung = np.linspace(0, 1, PHASES)
    passing = np.interp(lift_off + swung * (touch_down - lift_off), since, ahead)
    recorded = CubicSpline(swung, (passing - passing[0]) / (passing[-1] - passing[0]))

    def way(at: np.ndarray) -> np.ndarray:
        steady = at**2 * (3 - 2 * at)
        return steady + bump(at) * (recorded(at) - steady)

    return way


def _smooth_curve(since: np.ndarray, values: np.ndarray) -> CubicSpline:
    """Through the first harmonics of values at even, increasing phases of one cycle."""
    spectrum = np.fft.rfft(values)
    spectrum[_HARMONICS + 1 :] = 0
    values = np.fft.irfft(spectrum, len(values))
    return CubicSpline(np.append(since, since[0] + 1), np.append(values, values[0]), bc_type="periodic")


def _edge(since: np.ndarray, where: np.ndarray, otherwise: float, pick: Callable[[np.ndarray], float]) -> float:
    return float(pick(since[where])) if where.any() else otherwise
