"""Where the feet are over a gait cycle: their schedule, their spots on the floor, how they roll and swing.

Everything is given in the moving frame, which starts at the origin and goes with the commanded velocity, so that it
repeats every cycle. The spots themselves stand still on the floor. The legs cannot turn a foot about the vertical:
feet point where the moving frame does, and in a turn the foot that carries pivots about its own centre.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from playground_amp.configs.schema import GaitConfig
from playground_amp.robot.robot import Robot


@dataclass(frozen=True)
class StepStyle:
    """How the feet go. Lengths in m, angles in rad; shares are of the cycle."""

    half_width: float = 0.082  # from the middle to each foot in mid-stance
    width_for_sideways: float = 0.17  # s; wider by so much on each side a m/s of sideways speed
    toe_off: float = 0.6  # pitch at lift-off, at full_roll_speed; in proportion below, none backwards
    heel_strike: float = 0.3  # pitch at touch-down, likewise
    heel_off_before: float = 0.106  # share of the cycle before lift-off when the heel begins to rise
    flat_after: float = 0.108  # share of the cycle after touch-down when the toe is down
    follow_through: float = 0.14  # share of the cycle in the air in which the heel still rises, the toe already falls
    skew: float = 0.0  # of the swing's way: so much ahead of an even one in the middle
    spread: float = 0.0  # of the swing's way: ahead in the first half, behind in the second: slower in the middle
    early_height: float = 0.0  # share by which the swing is higher in its first half, lower in its second
    flat_height: float = 0.0  # share by which it is higher towards both ends
    swing_pitch: float = 0.0  # further pitch in mid-swing, rad
    swing_pitch_early: float = 0.0  # further pitch in the first half, less in the second, rad
    swing_inwards: float = 0.0  # the swing's way inwards
    pressure_ahead: float = 0.0  # the floor's force acts so far ahead of the sole's centre
    full_roll_speed: float = 0.6  # m/s
    swing: float = 0.85  # share of the configured swing height
    lower_swing: float = 0.1  # of that, the share that toe and heel roll save at full_roll_speed
    pressure_inwards: float = 0.02  # the floor's force acts so far inside of the sole's centre
    pressure_travel: float = 0.03  # and moves at most so far back and forth


class Feet(NamedTuple):
    """Left and right foot at given phases, in the moving frame."""

    sole: np.ndarray  # [T, 2, 3] m, centre of the sole's underside
    pitch: np.ndarray  # [T, 2] rad, positive: toe down
    pressure: np.ndarray  # [T, 2] m, where the floor's force acts


class Sole(NamedTuple):
    """A sole from the side, m."""

    half_length: float  # from its centre to the axis of the toe's, or heel's, round edge
    radius: float  # of these edges


def sole_of(robot: Robot) -> Sole:
    """The sole of the compiled model."""
    toe, heel = robot.model.geom("left_toe"), robot.model.geom("left_heel")
    return Sole(float(toe.pos[0] - heel.pos[0]) / 2, float(toe.size[0]))


def travel(velocity: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The moving frame at times [T] s: x m, y m, yaw rad [T, 3] over the floor. A straight line or an arc."""
    forward, sideways, yaw_rate = velocity
    yaw = yaw_rate * time
    along = time * np.sinc(yaw / np.pi)  # ∫ cos(yaw) dt
    across = time * np.sinc(yaw / 2 / np.pi) * np.sin(yaw / 2)  # ∫ sin(yaw) dt
    return np.stack([forward * along - sideways * across, forward * across + sideways * along, yaw], axis=-1)


def turned(points: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """Points [..., 2 or 3] turned by yaw [...] rad about the vertical."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    x, y = cos * points[..., 0] - sin * points[..., 1], sin * points[..., 0] + cos * points[..., 1]
    rest = np.broadcast_to(points[..., 2:], (*x.shape, points.shape[-1] - 2))
    return np.concatenate([x[..., None], y[..., None], rest], axis=-1)


def rolled(sole: Sole, pitch: np.ndarray, end: int) -> np.ndarray:
    """How the sole's centre moves, [T, 3] m, when the foot rolls by `pitch` about its toe (end 1) or heel (end -1).

    The round edge rolls on the floor: its axis moves by radius times angle.
    """
    half, radius = sole
    cos, sin = np.cos(pitch), np.sin(pitch)
    # From the edge's axis to the sole's centre: (-end half, -radius), turned by the pitch.
    ahead = end * half + radius * pitch - end * half * cos - radius * sin
    return np.stack([ahead, np.zeros(len(pitch)), radius + end * half * sin - radius * cos], axis=1)


def contacts(phase: np.ndarray, config: GaitConfig) -> np.ndarray:
    """Which feet are due to carry at phases [T]: [T, 2] bool, by the gait clock."""
    margin = config.double_support / 4
    in_half = (phase[:, None] - (0.0, 0.5)) % 1.0
    return (in_half <= margin) | (in_half >= 0.5 - margin)


def make_feet(
    config: GaitConfig,
    style: StepStyle,
    sole: Sole,
    velocity: np.ndarray,
    period: float,
    phase: np.ndarray,
    heading: np.ndarray,
) -> Feet:
    """Both feet at phases [T] of a cycle.

    Args:
      config: their schedule.
      style: how they go.
      sole: shape of a sole.
      velocity: [3] m/s, m/s, rad/s.
      period: s.
      phase: [T], evenly over the cycle from 0.
      heading: [T, 2] rad, where the left and the right foot point, against the moving frame.
    """
    feet = (_Foot(config, style, sole, velocity, period, side) for side in (1, -1))
    both = [foot.at(phase, heading[:, index]) for index, foot in enumerate(feet)]
    centre, pitch, pressure = (np.stack(parts, axis=1) for parts in zip(*both, strict=True))
    left = left_share(phase, config.double_support / 4)[:, None]
    return Feet(centre, pitch, left * pressure[:, 0] + (1 - left) * pressure[:, 1])


@dataclass(frozen=True)
class _Foot:
    """One foot, from mid-stance through a swing to the next mid-stance: `since` from -0.25 to 0.75, in cycles."""

    config: GaitConfig
    style: StepStyle
    sole_shape: Sole
    velocity: np.ndarray
    period: float
    side: int  # 1 left, -1 right

    @property
    def begin(self) -> float:
        """Phase at which this foot's half of the cycle begins."""
        return 0.0 if self.side > 0 else 0.5

    @property
    def lift_off(self) -> float:
        return self.config.double_support / 4

    @property
    def touch_down(self) -> float:
        return 0.5 - self.lift_off

    @property
    def heel_off(self) -> float:
        return self.lift_off - self.style.heel_off_before

    @property
    def toe_down(self) -> float:
        return self.touch_down + self.style.flat_after

    @property
    def roll(self) -> float:
        """How much of its full roll over heel and toe the foot makes at this speed, 0 to 1."""
        return float(np.clip(self.velocity[0] / self.style.full_roll_speed, 0, 1))

    def at(self, phase: np.ndarray, heading: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sole centre [T, 3], pitch [T] and, if it alone carried, centre of pressure [T, 2]."""
        since = (phase - self.begin + 0.25) % 1.0 - 0.25
        pitch = self._pitch(since)
        frame = travel(self.velocity, (self.begin + since) * self.period)
        flat = np.interp(self.begin + np.array([self.heel_off, self.toe_down]), phase, heading, period=1.0)
        world = self._centre(since, pitch, heading, flat)
        centre = turned(world - np.insert(frame[:, :2], 2, 0, axis=1), -frame[:, 2])
        spot = np.where((since < 0.25)[:, None], self._spot(-0.25), self._spot(0.75))[:, :2]
        spot_n = turned(spot - frame[:, :2], -frame[:, 2])
        ahead = self.style.pressure_ahead + np.clip(
            -spot_n[:, 0], -self.style.pressure_travel, self.style.pressure_travel
        )
        inwards = np.full(len(phase), -self.side * self.style.pressure_inwards)
        return centre, pitch, spot_n + np.stack([ahead, inwards], axis=1)

    def _pitch(self, since: np.ndarray) -> np.ndarray:
        """Flat, heel up and over the toe, through the swing, and down over the heel, without a stop in between."""
        style = self.style
        off, strike = style.toe_off * self.roll, style.heel_strike * self.roll
        rising = _passed(since, self.lift_off - style.heel_off_before, self.lift_off + style.follow_through)
        swinging = _passed(since, self.lift_off, self.touch_down)
        lowering = _passed(since, self.touch_down - style.follow_through, self.touch_down + style.flat_after)
        swung = np.clip((since - self.lift_off) / (self.touch_down - self.lift_off), 0, 1)
        extra = _bump(swung) * (style.swing_pitch + style.swing_pitch_early * (1 - 2 * swung))
        return off * rising - (off + strike) * swinging + strike * lowering + extra

    def _centre(self, since: np.ndarray, pitch: np.ndarray, heading: np.ndarray, flat: np.ndarray) -> np.ndarray:
        """Sole centre in the world: it rolls about the toe's spot, passes over, and rolls about the heel's spot."""
        share = _passed(since, self.lift_off, self.touch_down)[:, None]
        height = self.config.swing_height * self.style.swing * (1 - self.style.lower_swing * self.roll)
        swung = np.clip((since - self.lift_off) / (self.touch_down - self.lift_off), 0, 1)[:, None]
        style = self.style
        bump = _bump(swung)
        share = share + bump * (style.skew + style.spread * (1 - 2 * swung))
        over = (
            height
            * bump
            * (1 + style.early_height * (1 - 2 * swung) + style.flat_height * (1 - 2 * swung) ** 2)
            * np.array([0, 0, 1])
        )
        over = over - bump * self.side * style.swing_inwards * np.array([0, 1, 0])
        behind = self._rolled(-0.25, since, pitch, heading, flat[0], 1)
        ahead = self._rolled(0.75, since, pitch, heading, flat[1], -1)
        return (1 - share) * behind + share * ahead + over

    def _rolled(
        self, middle: float, since: np.ndarray, pitch: np.ndarray, heading: np.ndarray, flat: float, end: int
    ) -> np.ndarray:
        """Sole centre [T, 3] of a foot that has rolled by `pitch` about its toe (end 1) or heel (end -1).

        The edge stays where it was when the foot was flat, with the heading `flat`.
        """
        # Flat on the floor until, or since.
        still = np.minimum(since, self.heel_off) if end > 0 else np.maximum(since, self.toe_down)
        held = np.where(still == since, heading, flat)
        turn = self.velocity[2] * self.period
        # A foot that stays flat pivots about its middle, one that rolls about the edge it rolls on.
        edge = np.array([[end * self.sole_shape.half_length * (self.roll > 0), 0.0, 0.0]])
        back = rolled(self.sole_shape, pitch, end) - edge
        then = turned(edge, turn * (self.begin + still) + held)
        return self._spot(middle) + then + turned(back, turn * (self.begin + since) + heading)

    def _spot(self, middle: float) -> np.ndarray:
        """Where the sole's centre stands in the stance whose middle is at `middle` cycles, world [3]."""
        width = self.style.half_width + self.style.width_for_sideways * abs(self.velocity[1])
        x, y, yaw = travel(self.velocity, np.array((self.begin + middle) * self.period))
        return np.array([x, y, 0.0]) + turned(np.array([0.0, self.side * width, 0.0]), yaw)


def smooth(share: np.ndarray) -> np.ndarray:
    """From 0 to 1 with zero velocity and acceleration at both ends: the quintic 10 s³ - 15 s⁴ + 6 s⁵."""
    s = np.clip(share, 0, 1)
    return s**3 * (10 - 15 * s + 6 * s**2)


def _passed(since: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Smoothly 0 until `begin`, 1 from `end` on."""
    return smooth((since - begin) / (end - begin))


def _bump(share: np.ndarray) -> np.ndarray:
    """Up to 1 and back, with zero velocity and acceleration at both ends."""
    return 64 * share**3 * (1 - share) ** 3


def left_share(phase: np.ndarray, margin: float) -> np.ndarray:
    """Share of the weight on the left foot [T]: passes over smoothly in each double support."""
    to_left = smooth((phase - 0.5 + margin) / (2 * margin)) if margin else (phase >= 0.5).astype(float)
    around_start = (phase + 0.5) % 1.0
    to_right = smooth((around_start - 0.5 + margin) / (2 * margin)) if margin else (around_start >= 0.5).astype(float)
    return np.where((phase > 0.25) & (phase < 0.75), to_left, 1 - to_right)
