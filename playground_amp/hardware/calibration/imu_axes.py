"""How the IMU is mounted, from the direction of gravity in three poses of the robot."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from playground_amp.errors import UserError
from playground_amp.hardware.calibration.person import Person
from playground_amp.hardware.imu import ImuReading
from playground_amp.rotations import rotate_inverse

POSES: tuple[tuple[str, tuple[float, float, float]], ...] = (
    ("upright: stand it at home on level ground, straight", (0.0, 0.0, -1.0)),
    ("face down: lay it on its belly", (1.0, 0.0, 0.0)),
    ("left side down: lay it on its left side", (0.0, 1.0, 0.0)),
)
"""What a person is asked for, and the direction of gravity in the base frame then."""
_WEIGHTS = (100.0, 1.0, 1.0)  # upright is exact, how a robot lies is not
_MOST_OFF = math.radians(25)  # of a pose that was lain about
_SAMPLES, _SAMPLE_PERIOD = 50, 0.02  # readings, s
_STILL = math.radians(1.5)  # how far they may differ
_OLD = 0.2  # s


class GravitySource(Protocol):
    """An IMU that keeps its newest reading."""

    @property
    def reading(self) -> ImuReading: ...

    @property
    def failure(self) -> str | None:
        """Why it reads no more; None: it does."""
        ...


def read_gravities(
    person: Person, imu: GravitySource, sleep: Callable[[float], None] = time.sleep, clock=time.perf_counter
) -> list[np.ndarray]:
    """The direction of gravity [3] in the sensor's frame, in each of the poses. Raises UserError if it is silent."""
    gravities = []
    for name, _ in POSES:
        while True:
            person.answer(f"Bring the robot into the pose {name}; hold it still and press Enter ")
            samples = [_gravity(imu, sleep, clock) for _ in range(_SAMPLES)]
            mean = np.mean(samples, axis=0)
            mean /= np.linalg.norm(mean)
            if max(_angle_between(sample, mean) for sample in samples) < _STILL:
                break
            person.tell("it moved: once more")
        gravities.append(mean)
    return gravities


def mounting_from(gravities: Sequence[np.ndarray], imu_in_base: np.ndarray) -> tuple[float, ...]:
    """The mounting, wxyz, that turns the sensor's frame into the model's, from gravity [3] in the sensor's frame.

    The rotation M that makes the sum of w |m_i - M s_i|² least (Wahba's problem, by singular values as Kabsch has it),
    m_i being what the model's IMU would measure in pose i. `imu_in_base` [4]: the model's IMU at home.

    Raises:
        UserError: what was measured fits no rotation: a pose was another one than asked for.
    """
    expected = [rotate_inverse(np.array(gravity), imu_in_base) for _, gravity in POSES]
    weighted = sum(w * np.outer(m, s) for w, m, s in zip(_WEIGHTS, expected, gravities, strict=True))
    u, _, vt = np.linalg.svd(weighted)
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    for (name, _), m, s in zip(POSES, expected, gravities, strict=True):
        off = _angle_between(m, turn @ s)
        if off > _MOST_OFF:
            raise UserError(
                f"the three poses do not fit each other: {name.partition(':')[0]} is {math.degrees(off):.0f} degrees "
                "off; nothing is written: was one of them the other way round?"
            )
    return tuple(round(float(part), 6) for part in _quaternion(turn))


def _gravity(imu: GravitySource, sleep: Callable[[float], None], clock: Callable[[], float]) -> np.ndarray:
    sleep(_SAMPLE_PERIOD)
    reading = imu.reading
    if imu.failure or clock() - reading.taken > _OLD:
        raise UserError(f"the IMU sends nothing{f': {imu.failure}' if imu.failure else ''}: look at its port and rate")
    return rotate_inverse(np.array([0.0, 0.0, -1.0]), np.array(reading.orientation))


def _angle_between(a: np.ndarray, b: np.ndarray) -> float:
    return math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


def _quaternion(turn: np.ndarray) -> np.ndarray:
    """wxyz of a rotation matrix, w ≥ 0: the eigenvector of the largest eigenvalue (Bar-Itzhack 2000)."""
    xx, xy, xz, yx, yy, yz, zx, zy, zz = turn.ravel()
    k = np.array(
        [
            [xx + yy + zz, zy - yz, xz - zx, yx - xy],
            [zy - yz, xx - yy - zz, xy + yx, xz + zx],
            [xz - zx, xy + yx, yy - xx - zz, yz + zy],
            [yx - xy, xz + zx, yz + zy, zz - xx - yy],
        ]
    )
    quaternion = np.linalg.eigh(k)[1][:, -1]
    return quaternion if quaternion[0] >= 0 else -quaternion
