"""Recordings that go round: one cycle of a walk, to be played again and again."""

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.motion.human.landmarks import Walker
from playground_amp.rotations import from_heading_frame, to_heading_frame

_REPEATS = 3
_POINTS = ("pelvis", "hip", "knee", "ankle")
_SEAM = 0.03  # leg lengths, beyond a frame's change, that the pose may jump by from the end to the beginning
_LEAST_PACE = 0.25  # of the usual one, that the body moves with there; less is a walk between two rests


def repeated(walker: Walker) -> Walker:
    """The walker again and again; the last frame of each time is the first of the next."""
    length, frames = walker.time[-1], len(walker.time) - 1
    turn = walker.heading[-1] - walker.heading[0]
    way = walker.pelvis[-1] - walker.pelvis[0] * (1, 1, 0)
    start = walker.pelvis[0] * (1, 1, 0)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("time", "heading", "arm", "foot", *_POINTS)}
    place = start
    for number in range(_REPEATS):
        yaw = turn * number
        for name in _POINTS:
            points = getattr(walker, name)[:frames] - start
            parts[name].append(from_heading_frame(points, np.full(points.shape[:-1], yaw)) + place)
        parts["time"].append(walker.time[:frames] + number * length)
        parts["heading"].append(walker.heading[:frames] + yaw)
        parts["arm"].append(walker.arm[:frames])
        feet = Rotation.from_euler("z", yaw) * Rotation.from_quat(walker.foot[:frames].reshape(-1, 4))
        parts["foot"].append(feet.as_quat().reshape(-1, 2, 4))
        place = place + from_heading_frame((way - (0, 0, way[2]))[None], np.array([yaw]))[0]
    return walker._replace(**{name: np.concatenate(values) for name, values in parts.items()})


def going_round(walker: Walker) -> Walker | None:
    """The walker as one that loops, if the recording ends in the pose in which it began, or one frame before it.

    Its last frame is then the first one, moved on. None: it ends in another pose, or at rest.
    """
    pose = _pose(walker)
    change = np.linalg.norm(np.diff(pose, axis=0), axis=-1).max(axis=-1)  # [T - 1] of the joint that moves most
    seam = float(np.linalg.norm(pose[0] - pose[-1], axis=-1).max())
    usual = float(change[0] + change[-1]) / 2
    if usual <= _LEAST_PACE * np.median(change) or seam > usual + _SEAM * walker.leg_length:
        return None
    return (walker if seam < usual / 2 else _closed(walker))._replace(loops=True)


def _closed(walker: Walker) -> Walker:
    """With the first frame once more at the end, moved on as far as the body moves in a frame there."""
    turn = walker.heading[-1] - walker.heading[0] + (np.diff(walker.heading)[[0, -1]]).mean()
    steps = np.diff(walker.pelvis, axis=0)[[0, -1]] * (1, 1, 0)
    steps[0] = from_heading_frame(steps[0], turn)
    start = walker.pelvis[0] * (1, 1, 0)
    place = walker.pelvis[-1] * (1, 1, 0) + steps.mean(axis=0)

    def moved(points: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [points, from_heading_frame(points[:1] - start, np.full(points[:1].shape[:-1], turn)) + place]
        )

    foot = Rotation.from_euler("z", turn) * Rotation.from_quat(walker.foot[0])
    return walker._replace(
        time=np.append(walker.time, walker.time[-1] + np.diff(walker.time).mean()),
        heading=np.append(walker.heading, walker.heading[0] + turn),
        arm=np.concatenate([walker.arm, walker.arm[:1]]),
        pelvis=moved(walker.pelvis),
        hip=moved(walker.hip),
        knee=moved(walker.knee),
        ankle=moved(walker.ankle),
        foot=np.concatenate([walker.foot, foot.as_quat()[None]]),
    )


def _pose(walker: Walker) -> np.ndarray:
    """Hips and ankles [T, 4, 3] as the body sees them, m."""
    points = np.concatenate([walker.hip, walker.ankle], axis=1) - walker.pelvis[:, None] * (1, 1, 0)
    return to_heading_frame(points, np.repeat(walker.heading[:, None], points.shape[1], axis=1))
