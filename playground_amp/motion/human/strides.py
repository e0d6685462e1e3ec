"""Finds the steady walking in a recording and averages its strides into one cycle."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.motion.generate.footsteps import travel
from playground_amp.motion.human.landmarks import Walker
from playground_amp.motion.human.loops import going_round, repeated
from playground_amp.rotations import from_heading_frame

PHASES = 96
_SMOOTHED = 0.04  # s, of the ankles' way apart before its passings are counted
_SHORTEST, _LONGEST = 0.5, 2.5  # s a stride
_SMALLEST_STEP = 0.15  # leg lengths that the ankles come apart fore and aft; less is no walking
_ALIKE = 0.25  # relative differences in duration and way between the strides of steady walking
_ALIKE_TURN = 0.35  # rad by which their turns may differ
_HARMONICS = 10  # of the stride that the average keeps


class Stride(NamedTuple):
    """One cycle at phases from 0, evenly: the left foot passes the right one at 0.25. In the moving frame, m."""

    duration: float  # s
    velocity: np.ndarray  # [3] forward m/s, sideways m/s, yaw rate rad/s
    pelvis: np.ndarray  # [P, 3], above x = y = 0 on the average
    ankle: np.ndarray  # [P, 2, 3] left, right
    pitch: np.ndarray  # [P, 2] rad of the feet, positive: toe down, against flat on the floor
    leg_length: float  # m


class Steady(NamedTuple):
    """The average of the strides of the longest steady walking, and where it was."""

    stride: Stride
    begin: float  # s
    end: float  # s
    strides: int
    duration: float  # s of the recording
    loops: bool  # the recording goes round


def find_steady(walker: Walker) -> Steady:
    """Averages the longest run of strides that are alike.

    Raises:
      UserError: there are no two passings of the feet, or no strides of a walk.
    """
    if not walker.loops and len(_passings(walker)) < 2:
        walker = going_round(walker) or walker
    duration = float(walker.time[-1])
    if walker.loops:
        walker = repeated(walker)
    starts = _passings(walker)
    if len(starts) < 2:
        raise UserError(
            f"no walking found: the left foot passes the right one {len(starts)} times, a stride needs two passings, "
            "or a recording that ends as it began"
        )
    strides = [_stride(walker, *pair) for pair in pairwise(starts)]
    first, last = _longest_alike(walker, strides)
    run = strides[first : last + 1]
    average = _average(run)
    begin, end = float(starts[first]), float(starts[last + 1])
    if walker.loops:
        begin, end = 0.0, duration
    return Steady(_flat_feet(average), begin, end, 1 if walker.loops else len(run), duration, walker.loops)


def mirrored(stride: Stride) -> Stride:
    """What a mirror shows, half a cycle later: also a walk whose left foot passes at 0.25."""
    half = PHASES // 2
    seen = np.array([1, -1, 1])
    return stride._replace(
        velocity=stride.velocity * (1, -1, -1),
        pelvis=np.roll(stride.pelvis * seen, half, axis=0),
        ankle=np.roll(stride.ankle[:, ::-1] * seen, half, axis=0),
        pitch=np.roll(stride.pitch[:, ::-1], half, axis=0),
    )


def symmetric(stride: Stride) -> Stride:
    """The average of a walk and its mirror image: straight ahead."""
    other = mirrored(stride)
    both = {name: (getattr(stride, name) + getattr(other, name)) / 2 for name in ("pelvis", "ankle", "pitch")}
    return stride._replace(velocity=stride.velocity * (1, 0, 0), **both)


def _passings(walker: Walker) -> np.ndarray:
    """Times at which the left foot passes the right one forwards, s."""
    ahead = np.column_stack([np.cos(walker.heading), np.sin(walker.heading)])
    apart = np.sum((walker.ankle[:, 0] - walker.ankle[:, 1])[:, :2] * ahead, axis=1)
    step = float(np.median(np.diff(walker.time)))
    apart = gaussian_filter1d(apart, max(_SMOOTHED / step, 1e-3))
    before = np.flatnonzero((apart[:-1] < 0) & (apart[1:] >= 0))
    share = apart[before] / (apart[before] - apart[before + 1])
    return walker.time[before] + share * (walker.time[before + 1] - walker.time[before])


def _stride(walker: Walker, begin: float, end: float) -> Stride:
    """The walk from one passing to the next, at even phases from 0.25 on, turned so that they begin at 0."""
    phase = np.arange(PHASES) / PHASES
    since = (phase - 0.25) % 1.0 * (end - begin)
    at = begin + since

    def sampled(values: np.ndarray, times: np.ndarray) -> np.ndarray:
        return CubicSpline(walker.time, values, axis=0)(times)

    ends = np.array([begin, end])
    # The heading of a stride is its average: the hips turn to and fro with each step.
    turn = _heading_of(walker, end, end - begin) - _heading_of(walker, begin, end - begin)
    yaw = _heading_of(walker, begin, end - begin)
    way = from_heading_frame(np.diff(sampled(walker.pelvis, ends), axis=0), np.array([-yaw]))[0]
    velocity = _velocity(way[:2], turn, end - begin)
    frame = travel(velocity, since)
    origin = sampled(walker.pelvis, ends[:1])[0] * (1, 1, 0)

    def in_frame(points: np.ndarray) -> np.ndarray:
        flat = (len(points), *(1,) * (points.ndim - 2))
        moved = from_heading_frame(points - origin, np.full(points.shape[:-1], -yaw))
        place = np.insert(frame[:, :2], 2, 0, axis=1).reshape(*flat, 3)
        return from_heading_frame(moved - place, np.broadcast_to(-frame[:, 2].reshape(flat), points.shape[:-1]))

    pelvis, ankle = in_frame(sampled(walker.pelvis, at)), in_frame(sampled(walker.ankle, at))
    middle = pelvis.mean(axis=0) * (1, 1, 0)
    rows = np.clip(np.searchsorted(walker.time, at), 0, len(walker.time) - 1)
    heading = yaw + frame[:, 2]
    pitch = np.stack([_pitch(walker, rows, side, heading) for side in (0, 1)], axis=1)
    return Stride(end - begin, velocity, pelvis - middle, ankle - middle, pitch, walker.leg_length)


def _heading_of(walker: Walker, time: float, window: float) -> float:
    """The mean heading over a stride's time around `time`."""
    near = np.abs(walker.time - time) <= window / 2
    return float(walker.heading[near].mean())


def _velocity(way: np.ndarray, turn: float, duration: float) -> np.ndarray:
    """The constant velocity [3] in the moving frame that goes `way` [2] while turning by `turn`."""
    along, across = np.sinc(turn / np.pi), np.sinc(turn / 2 / np.pi) * np.sin(turn / 2)
    forward, sideways = np.linalg.solve([[along, -across], [across, along]], way / duration)
    return np.array([forward, sideways, turn / duration])


def _pitch(walker: Walker, rows: np.ndarray, side: int, heading: np.ndarray) -> np.ndarray:
    """How far a foot is pitched [P] rad, against its mean attitude where it is lowest and stillest."""
    level = Rotation.from_euler("z", -heading[:, None]) * Rotation.from_quat(walker.foot[rows, side])
    position = walker.ankle[rows, side]
    low = position[:, 2] <= np.percentile(position[:, 2], 35)
    flat = level[low].mean()
    return (level * flat.inv()).as_euler("ZYX")[:, 1]


def _longest_alike(walker: Walker, strides: list[Stride]) -> tuple[int, int]:
    """First and last of the longest run of walking strides that are all like its median."""
    best = (0, -1)
    walking = [_is_walking(walker, stride) for stride in strides]
    for first in range(len(strides)):
        for last in range(first, len(strides)):
            if not walking[last]:
                break
            if last - first > best[1] - best[0] and _alike(strides[first : last + 1]):
                best = (first, last)
    if best[1] < 0:
        raise UserError(
            f"no walking found: none of {len(strides)} strides lasts {_SHORTEST} to {_LONGEST} s with steps of "
            f"{_SMALLEST_STEP} leg lengths or more"
        )
    return best


def _is_walking(walker: Walker, stride: Stride) -> bool:
    apart = np.ptp(stride.ankle[:, 0, 0] - stride.ankle[:, 1, 0]) / 2
    return _SHORTEST <= stride.duration <= _LONGEST and apart >= _SMALLEST_STEP * walker.leg_length


def _alike(strides: list[Stride]) -> bool:
    duration = np.array([stride.duration for stride in strides])
    way = duration * np.array([np.hypot(*stride.velocity[:2]) for stride in strides])
    turn = duration * np.array([stride.velocity[2] for stride in strides])
    least = _SMALLEST_STEP * strides[0].leg_length  # on the spot there is no way to compare with
    spread = [
        np.abs(values - np.median(values)).max() / max(float(np.median(values)), floor)
        for values, floor in ((duration, 0.0), (way, least))
    ]
    return max(spread) <= _ALIKE and np.abs(turn - np.median(turn)).max() <= _ALIKE_TURN


def _average(strides: list[Stride]) -> Stride:
    """The mean of the strides, without what is faster than the harmonics kept."""

    def mean(name: str) -> np.ndarray:
        rows = np.mean([getattr(stride, name) for stride in strides], axis=0)
        spectrum = np.fft.rfft(rows, axis=0)
        spectrum[_HARMONICS + 1 :] = 0
        return np.fft.irfft(spectrum, len(rows), axis=0)

    return Stride(
        duration=float(np.mean([stride.duration for stride in strides])),
        velocity=np.mean([stride.velocity for stride in strides], axis=0),
        pelvis=mean("pelvis"),
        ankle=mean("ankle"),
        pitch=mean("pitch"),
        leg_length=strides[0].leg_length,
    )


def _flat_feet(stride: Stride) -> Stride:
    """Pitch zero where each foot is flat: its median while the ankle is in the middle of its way back."""
    ahead = stride.ankle[:, :, 0] - stride.pelvis[:, None, 0]
    back = np.gradient(ahead, axis=0) < 0
    middle = back & (np.abs(ahead - ahead.mean(axis=0)) < 0.25 * np.ptp(ahead, axis=0))
    flat = [np.median(stride.pitch[middle[:, side], side]) if middle[:, side].any() else 0.0 for side in (0, 1)]
    return stride._replace(pitch=stride.pitch - np.array(flat))
