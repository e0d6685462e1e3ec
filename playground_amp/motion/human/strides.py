"""One stride of a person: where pelvis, legs and feet are over a cycle, in a frame that moves along."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from playground_amp.motion.generate.footsteps import travel
from playground_amp.motion.human.landmarks import Walker
from playground_amp.motion.human.side_view import LegAngles
from playground_amp.rotations import from_heading_frame

PHASES = 96
_HARMONICS = 10  # of the stride that the average keeps
_AROUND = 8  # frames more on each side, for the splines
_POINTS = ("pelvis", "hip", "knee", "ankle")


class Stride(NamedTuple):
    """One cycle at phases from 0, evenly: the left foot passes the right one at 0.25. In the moving frame, m."""

    duration: float  # s
    velocity: np.ndarray  # [3] forward m/s, sideways m/s, yaw rate rad/s
    pelvis: np.ndarray  # [P, 3], above x = y = 0 on the average
    hip: np.ndarray  # [P, 2, 3] left, right, as the next two
    knee: np.ndarray  # [P, 2, 3]
    ankle: np.ndarray  # [P, 2, 3]
    pitch: np.ndarray  # [P, 2] rad of the feet, positive: toe down, against flat on the floor
    arm: np.ndarray  # [P, 2, 2] rad: upper arms ahead of hanging, elbows bent; NaN: not recorded
    leg_length: float  # m

    @property
    def legs(self) -> LegAngles:
        """The legs as they look from the side."""
        thigh, shank = (
            np.arctan2(part[..., 0], -part[..., 2]) for part in (self.knee - self.hip, self.ankle - self.knee)
        )
        return LegAngles(thigh, thigh - shank, self.pitch)


def mirrored(stride: Stride) -> Stride:
    """What a mirror shows, half a cycle later: also a walk whose left foot passes at 0.25."""
    half = PHASES // 2
    seen = np.array([1, -1, 1])

    def other_side(rows: np.ndarray) -> np.ndarray:
        return np.roll(rows[:, ::-1], half, axis=0)

    return stride._replace(
        velocity=stride.velocity * (1, -1, -1),
        pelvis=np.roll(stride.pelvis * seen, half, axis=0),
        hip=other_side(stride.hip * seen),
        knee=other_side(stride.knee * seen),
        ankle=other_side(stride.ankle * seen),
        pitch=other_side(stride.pitch),
        arm=other_side(stride.arm),
    )


def rolled(stride: Stride, phases: int) -> Stride:
    """The same walk, its phases counted so much later."""
    parts = {name: np.roll(getattr(stride, name), phases, axis=0) for name in (*_POINTS, "pitch", "arm")}
    return stride._replace(**parts)


def in_reverse(stride: Stride) -> Stride:
    """The walk with time running backwards, which walks the other way; the left foot still swings about 0.25."""
    parts = {name: from_last_to_first(getattr(stride, name)) for name in (*_POINTS, "pitch", "arm")}
    return stride._replace(velocity=-stride.velocity, **parts)


def from_last_to_first(rows: np.ndarray) -> np.ndarray:
    """Rows [P, ...] at phases from 0, taken backwards from half a cycle on."""
    return rows[(len(rows) // 2 - np.arange(len(rows))) % len(rows)]


def symmetric(stride: Stride) -> Stride:
    """The average of a walk and its mirror image: straight ahead."""
    both = average([stride, mirrored(stride)])
    return both._replace(velocity=stride.velocity * (1, 0, 0))


def average(strides: Sequence[Stride]) -> Stride:
    """The mean of strides, without what is faster than the harmonics kept."""

    def mean(name: str) -> np.ndarray:
        rows = np.mean([getattr(stride, name) for stride in strides], axis=0)
        spectrum = np.fft.rfft(rows, axis=0)
        spectrum[_HARMONICS + 1 :] = 0
        return np.fft.irfft(spectrum, len(rows), axis=0)

    return Stride(
        duration=float(np.mean([stride.duration for stride in strides])),
        velocity=np.mean([stride.velocity for stride in strides], axis=0),
        **{name: mean(name) for name in (*_POINTS, "pitch", "arm")},
        leg_length=strides[0].leg_length,
    )


def cut_stride(walker: Walker, begin: float, end: float) -> Stride:
    """The walk from one passing of the feet to the next, s, at even phases that begin at 0.

    What differs between its beginning and its end is taken away evenly, so that it goes round.
    """
    phase = np.arange(PHASES) / PHASES
    since = (phase - 0.25) % 1.0 * (end - begin)
    heading = _headings(walker, begin, end)
    turn, yaw = heading[1] - heading[0], heading[0]
    ends = np.array([begin, end])
    pelvis = _sampled(walker, "pelvis", ends)
    way = from_heading_frame(np.diff(pelvis, axis=0), np.array([-yaw]))[0]
    velocity = _velocity(way[:2], turn, end - begin)
    order = np.append(since, end - begin)
    frame = travel(velocity, order)
    origin = pelvis[0] * (1, 1, 0)

    def in_frame(name: str) -> np.ndarray:
        points = _sampled(walker, name, begin + order)
        flat = (len(points), *(1,) * (points.ndim - 2))
        moved = from_heading_frame(points - origin, np.full(points.shape[:-1], -yaw))
        place = np.insert(frame[:, :2], 2, 0, axis=1).reshape(*flat, 3)
        turned = np.broadcast_to(-frame[:, 2].reshape(flat), points.shape[:-1])
        return _closed(from_heading_frame(moved - place, turned), since / (end - begin))

    points = {name: in_frame(name) for name in _POINTS}
    middle = points["pelvis"].mean(axis=0) * (1, 1, 0)
    share = since / (end - begin)
    pitch = _closed(_pitch(walker, begin + order, yaw + frame[:, 2]), share)
    arm = _closed(_interpolated(walker, walker.arm, begin + order), share)
    return Stride(
        duration=end - begin,
        velocity=velocity,
        **{name: each - middle for name, each in points.items()},
        pitch=pitch,
        arm=arm,
        leg_length=walker.leg_length,
    )


def flat_feet(stride: Stride) -> Stride:
    """Pitch zero where each foot is flat: its median while the ankle is in the middle of its way back."""
    ahead = stride.ankle[:, :, 0] - stride.pelvis[:, None, 0]
    back = np.gradient(ahead, axis=0) < 0
    middle = back & (np.abs(ahead - ahead.mean(axis=0)) < 0.25 * np.ptp(ahead, axis=0))
    flat = [np.median(stride.pitch[middle[:, side], side]) if middle[:, side].any() else 0.0 for side in (0, 1)]
    return stride._replace(pitch=stride.pitch - np.array(flat))


def _closed(rows: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Rows [P + 1, ...], the last a cycle after the earliest, as ones [P, ...] that go round; at `share` [P] of it."""
    gap = rows[-1] - rows[int(np.argmin(share))]
    return rows[:-1] - (share - 0.5).reshape(-1, *(1,) * (rows.ndim - 1)) * gap


def _near(walker: Walker, begin: float, end: float) -> slice:
    """The frames from one time to another, and a few more."""
    first, last = np.searchsorted(walker.time, (begin, end))
    return slice(max(int(first) - _AROUND, 0), int(last) + _AROUND)


def _sampled(walker: Walker, name: str, times: np.ndarray) -> np.ndarray:
    near = _near(walker, float(times.min()), float(times.max()))
    return CubicSpline(walker.time[near], getattr(walker, name)[near], axis=0)(times)


def _interpolated(walker: Walker, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rows [T, ...] at times, linearly; unknown ones (NaN) stay so."""
    near = _near(walker, float(times.min()), float(times.max()))
    flat = rows[near].reshape(len(walker.time[near]), -1)
    return np.stack([np.interp(times, walker.time[near], column) for column in flat.T], axis=1).reshape(
        -1, *rows.shape[1:]
    )


def _headings(walker: Walker, begin: float, end: float) -> tuple[float, float]:
    """The mean heading over a stride's time around each end, the hips turn to and fro with each step; less time, evenly
    to both sides, where the recording begins or ends.
    """
    half = (end - begin) / 2

    def mean(time: float) -> float:
        around = max(min(half, time - walker.time[0], walker.time[-1] - time), 0.0)
        first, last = np.searchsorted(walker.time, (time - around, time + around))
        return float(walker.heading[first : max(last, first + 1)].mean())

    return mean(begin), mean(end)


def _velocity(way: np.ndarray, turn: float, duration: float) -> np.ndarray:
    """The constant velocity [3] in the moving frame that goes `way` [2] while turning by `turn`."""
    along, across = np.sinc(turn / np.pi), np.sinc(turn / 2 / np.pi) * np.sin(turn / 2)
    forward, sideways = np.linalg.solve([[along, -across], [across, along]], way / duration)
    return np.array([forward, sideways, turn / duration])


def _pitch(walker: Walker, times: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """How far the feet are pitched [P, 2] rad, against their mean attitude where they are lowest."""
    at = np.interp(times, walker.time, np.arange(len(walker.time)))
    before = np.minimum(at.astype(int), len(walker.time) - 2)
    pitched = []
    for side in (0, 1):
        quaternions = walker.foot[:, side]
        first, second = (Rotation.from_quat(quaternions[rows]) for rows in (before, before + 1))
        between = first * Rotation.from_rotvec((first.inv() * second).as_rotvec() * (at - before)[:, None])
        level = Rotation.from_euler("z", -heading[:, None]) * between
        height = _sampled(walker, "ankle", times)[:, side, 2]
        flat = level[height <= np.percentile(height, 35)].mean()
        pitched.append((level * flat.inv()).as_euler("ZYX")[:, 1])
    return np.stack(pitched, axis=1)
