"""When the feet of a person's stride swing, and when they carry."""

from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.motion.human.strides import PHASES, Stride

_STILL = 0.25  # share of its top speed under which toe or heel stands
_HEEL, _TOE, _ANKLE = -0.06, 0.16, 0.10  # of a person's foot, ahead of and below the ankle, in leg lengths
_SHORTEST_SUPPORT = 0.02  # cycles of double support, of a walk
_HOP = 0.1  # cycles in all without a foot on the floor; too long to be told wrongly, whatever the other step does
_FLIGHT = 0.02  # cycles without a foot on the floor, in each step of a run; less is within what can be told


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


def find_timing(stride: Stride) -> tuple[Timing, Timing]:
    """When the left and the right foot swing: while neither toe nor heel stands still.

    Where a step of a walk seems to leave no time with both feet on the floor, the foot behind lifts off that much
    later: it rolls over its toe, which moves.

    Raises:
      UserError: a foot that never stands still.
    """
    left, right = _timing(stride, 0), _timing(stride, 1)
    if flies(left, right):
        return left, right
    after_left, after_right = (max(_SHORTEST_SUPPORT - support, 0.0) for support in _supports(left, right))
    return (
        left._replace(lift_off=(left.lift_off + 1.01 * after_right) % 1.0),
        right._replace(lift_off=(right.lift_off + 1.01 * after_left) % 1.0),
    )


def is_run(stride: Stride) -> bool:
    """Whether there is no time at which both feet are on the floor."""
    return flies(*find_timing(stride))


def flies(left: Timing, right: Timing) -> bool:
    """Whether both feet are in the air between steps: by both steps together, for each alone is told less well; or for
    so long in one that it is a hop.
    """
    return sum(_supports(left, right)) / 2 < -_FLIGHT or flight(left, right) > _HOP


def flight(left: Timing, right: Timing) -> float:
    """Share of the cycle in which no foot is on the floor."""
    return sum(max(-support, 0.0) for support in _supports(left, right))


def double_supports(left: Timing, right: Timing) -> tuple[float, float]:
    """Cycles from the left foot's touch-down to the right one's lift-off, and the other way round.

    Raises:
      UserError: a run.
    """
    supports = _supports(left, right)
    if min(supports) < _SHORTEST_SUPPORT:
        raise UserError("the walker runs: there is no time at which both feet are on the floor")
    return supports


def _supports(left: Timing, right: Timing) -> tuple[float, float]:
    """Cycles from a foot's touch-down to the other's lift-off, the left foot's first; below 0: none is down."""
    first, second = (right.lift_off - left.touch_down) % 1.0, (left.lift_off - right.touch_down) % 1.0
    # Both and both swings make one cycle, and one more for each foot that lifts off before the other is down.
    flights = round(first + second + left.swing + right.swing) - 1
    if flights == 2:
        return first - 1, second - 1
    if flights == 1:
        return (first - 1, second) if first >= second else (first, second - 1)
    return first, second


def _timing(stride: Stride, side: int) -> Timing:
    slowest = np.minimum(*(_point_speed(stride, side, ahead) for ahead in (_HEEL, _TOE)))
    moving = slowest > _STILL * slowest.max()
    # The run of moving phases around the fastest one.
    top = int(slowest.argmax())
    before = next((count for count in range(PHASES) if not moving[(top - count) % PHASES]), PHASES)
    after = next((count for count in range(PHASES) if not moving[(top + count) % PHASES]), PHASES)
    if before + after >= PHASES:
        raise UserError("no walking found: a foot never stands still on the floor")
    return Timing(((top - before + 0.5) / PHASES) % 1.0, ((top + after - 0.5) / PHASES) % 1.0)


def _point_speed(stride: Stride, side: int, ahead: float) -> np.ndarray:
    """Speed [P] over the floor of a point of the foot, m a cycle. `ahead`: of the ankle, leg lengths."""
    pitch = stride.pitch[:, side]
    cos, sin = np.cos(pitch), np.sin(pitch)
    way = np.arange(PHASES)[:, None] / PHASES * stride.duration * stride.velocity * (1, 1, 0)
    x, z = ahead * stride.leg_length, -_ANKLE * stride.leg_length
    point = stride.ankle[:, side] + np.stack([cos * x + sin * z, 0 * cos, cos * z - sin * x], axis=1)
    rate = np.fft.irfft(2j * np.pi * np.arange(PHASES // 2 + 1)[:, None] * np.fft.rfft(point, axis=0), PHASES, axis=0)
    return np.linalg.norm(rate + (way[1] - way[0]) * PHASES, axis=1)
