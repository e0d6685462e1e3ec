"""Where the feet are over a gait cycle: their schedule, their spots on the floor, how they roll and swing.

Everything is given in the moving frame, which starts at the origin and goes with the commanded velocity, so that it
repeats every cycle. The spots themselves stand still on the floor. Feet point where the moving frame does, as nearly
as the legs can turn them, and in a turn the foot that carries pivots about its own center.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from playground_amp.robot.record import Sole
from playground_amp.rotations import from_heading_frame

_ROLLING = 0.04  # rad; a foot that is pitched so far stands on its edge


class FeetPoses(NamedTuple):
    """Left and right foot at given phases, in the moving frame."""

    sole: np.ndarray  # [T, 2, 3] m, center of the sole's underside
    pitch: np.ndarray  # [T, 2] rad, positive: toe down
    pressure: np.ndarray  # [T, 2] m, where the floor's force acts


class Pressure(NamedTuple):
    """Where the floor's force acts on a sole that carries alone, m from its center."""

    inwards: float = 0.02
    travel: float = 0.03  # back and forth, at most
    ahead: float = 0.0


def edge_axis(sole: Sole) -> float:
    """How far the axis of the toe's, or the heel's, round edge is from the sole's center, m."""
    return sole.half_length - sole.edge_radius


def travel(velocity: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The moving frame at times [T] s: x m, y m, yaw rad [T, 3] over the floor. A straight line or an arc."""
    forward, sideways, yaw_rate = velocity
    yaw = yaw_rate * time
    along = time * np.sinc(yaw / np.pi)  # ∫ cos(yaw) dt
    across = time * np.sinc(yaw / 2 / np.pi) * np.sin(yaw / 2)  # ∫ sin(yaw) dt
    return np.stack([forward * along - sideways * across, forward * across + sideways * along, yaw], axis=-1)


def rolled(sole: Sole, pitch: np.ndarray, end: int) -> np.ndarray:
    """How the sole's center moves, [T, 3] m, when the foot rolls by `pitch` about its toe (end 1) or heel (end -1).

    The round edge rolls on the floor: its axis moves by radius times angle.
    """
    half, radius = edge_axis(sole), sole.edge_radius
    cos, sin = np.cos(pitch), np.sin(pitch)
    # From the edge's axis to the sole's center: (-end half, -radius), turned by the pitch.
    ahead = end * half + radius * pitch - end * half * cos - radius * sin
    return np.stack([ahead, np.zeros(len(pitch)), radius + end * half * sin - radius * cos], axis=1)


@dataclass(frozen=True)
class FootCycle:
    """One foot from mid-stance through a swing to the next mid-stance: `since` from -0.25 to 0.75, in cycles."""

    side: int  # 1 left, -1 right
    sole: Sole
    velocity: np.ndarray  # [3] m/s, m/s, rad/s
    period: float  # s
    begin: float  # phase a quarter of a cycle after mid-stance
    lift_off: float  # in `since`, as the next two
    heel_off: float  # flat on the floor until then
    toe_down: float  # and from then on
    place: np.ndarray  # [2] m in the moving frame, in mid-stance
    pressure: Pressure
    pitch: Callable[[np.ndarray], np.ndarray]  # rad [T] of `since` [T], positive: toe down
    passed: Callable[[np.ndarray], np.ndarray]  # share of the way [T] of the share of the swing's time [T]
    over: Callable[[np.ndarray], np.ndarray]  # m off that way [T, 3] likewise
    edges: bool = True  # it rolls over toe and heel; otherwise it stays flat, and pivots about its middle

    @property
    def touch_down(self) -> float:
        return 0.5 - self.lift_off

    def at(self, phase: np.ndarray, heading: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sole center [T, 3], pitch [T] and, if it alone carried, center of pressure [T, 2]."""
        since = (phase - self.begin + 0.25) % 1.0 - 0.25
        pitch = self.pitch(since)
        frame = travel(self.velocity, (self.begin + since) * self.period)
        flat = np.interp(self.begin + np.array([self.heel_off, self.toe_down]), phase, heading, period=1.0)
        world = self._center(since, pitch, heading, flat)
        center = from_heading_frame(world - np.insert(frame[:, :2], 2, 0, axis=1), -frame[:, 2])
        spot = np.where((since < 0.25)[:, None], self._spot(-0.25), self._spot(0.75))[:, :2]
        spot_n = from_heading_frame(spot - frame[:, :2], -frame[:, 2])
        inwards, most, constant = self.pressure
        ahead = constant + np.clip(self.place[0] - spot_n[:, 0], -most, most)
        if self.edges:  # the more it rolls, the nearer to the edge it rolls over
            rolling = smooth(np.abs(pitch) / _ROLLING)
            ahead = (1 - rolling) * ahead + rolling * np.sign(pitch) * edge_axis(self.sole)
        return center, pitch, spot_n + np.stack([ahead, np.full(len(phase), -self.side * inwards)], axis=1)

    def _center(self, since: np.ndarray, pitch: np.ndarray, heading: np.ndarray, flat: np.ndarray) -> np.ndarray:
        """Sole center in the world: it rolls about the toe's spot, passes over, and rolls about the heel's spot."""
        swung = np.clip((since - self.lift_off) / (self.touch_down - self.lift_off), 0, 1)
        share = self.passed(swung)[:, None]
        behind = self._rolled(-0.25, since, pitch, heading, flat[0], 1)
        ahead = self._rolled(0.75, since, pitch, heading, flat[1], -1)
        return (1 - share) * behind + share * ahead + self.over(swung)

    def _rolled(
        self, middle: float, since: np.ndarray, pitch: np.ndarray, heading: np.ndarray, flat: float, end: int
    ) -> np.ndarray:
        """Sole center [T, 3] of a foot that has rolled by `pitch` about its toe (end 1) or heel (end -1).

        The edge stays where it was when the foot was flat, with the heading `flat`.
        """
        still = np.minimum(since, self.heel_off) if end > 0 else np.maximum(since, self.toe_down)
        held = np.where(still == since, heading, flat)
        turn = self.velocity[2] * self.period
        edge = np.array([[end * edge_axis(self.sole) * self.edges, 0.0, 0.0]])
        back = rolled(self.sole, pitch, end) - edge
        then = from_heading_frame(edge, turn * (self.begin + still) + held)
        return self._spot(middle) + then + from_heading_frame(back, turn * (self.begin + since) + heading)

    def _spot(self, middle: float) -> np.ndarray:
        """Where the sole's center stands in the stance whose middle is at `middle` cycles, world [3]."""
        x, y, yaw = travel(self.velocity, np.array((self.begin + middle) * self.period))
        return np.array([x, y, 0.0]) + from_heading_frame(np.append(self.place, 0.0), yaw)


def place_feet(
    left: FootCycle, right: FootCycle, phase: np.ndarray, heading: np.ndarray, left_share: np.ndarray
) -> FeetPoses:
    """Both feet at phases.

    Args:
      left, right: the feet.
      phase: [T], evenly over the cycle from 0.
      heading: [T, 2] rad, where the left and the right foot point, against the moving frame.
      left_share: [T] share of the weight on the left foot.
    """
    both = [foot.at(phase, heading[:, index]) for index, foot in enumerate((left, right))]
    center, pitch, pressure = (np.stack(parts, axis=1) for parts in zip(*both, strict=True))
    share = left_share[:, None]
    return FeetPoses(center, pitch, share * pressure[:, 0] + (1 - share) * pressure[:, 1])


def smooth(share: np.ndarray) -> np.ndarray:
    """From 0 to 1 with zero velocity and acceleration at both ends: the quintic 10 s³ - 15 s⁴ + 6 s⁵."""
    s = np.clip(share, 0, 1)
    return s**3 * (10 - 15 * s + 6 * s**2)


def passed(since: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Smoothly 0 until `begin`, 1 from `end` on."""
    return smooth((since - begin) / (end - begin))


def bump(share: np.ndarray) -> np.ndarray:
    """Up to 1 and back, with zero velocity and acceleration at both ends."""
    return 64 * share**3 * (1 - share) ** 3


def left_share(phase: np.ndarray, to_left: tuple[float, float], to_right: tuple[float, float]) -> np.ndarray:
    """Share of the weight on the left foot [T].

    Args:
      phase: [T].
      to_left: phases from when to when the weight passes over to it, each double support.
      to_right: likewise, to the other foot; begins after `to_left` ends, at most a cycle later.
    """
    since = (phase - to_left[0]) % 1.0
    length, begin, end = (float((value - to_left[0]) % 1.0) for value in (to_left[1], to_right[0], to_right[1]))
    return passed(since, 0.0, length) - passed(since, begin, end if end > begin else end + 1.0)
