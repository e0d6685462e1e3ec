"""Holds clips to what clips of their kind can show: those that were computed, and those recorded from physics."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from playground_amp.motion.checks import made, recorded
from playground_amp.motion.checks.bounds import Bound
from playground_amp.motion.checks.made import MadeFigures
from playground_amp.motion.checks.recorded import RecordedFigures
from playground_amp.motion.clip import Clip
from playground_amp.robot.record import Robot

Figures = TypeVar("Figures", MadeFigures, RecordedFigures, covariant=True)


class CheckedClip(NamedTuple, Generic[Figures]):
    """What was measured of a clip, and what it is held to."""

    clip: Clip
    figures: Figures
    bounds: tuple[Bound, ...]

    def value(self, bound: Bound) -> float:
        """The figure that a bound is about; NaN where it has no meaning for the clip."""
        return getattr(self.figures, bound.figure)

    @property
    def failed(self) -> list[str]:
        """Names of the figures that are out of bounds."""
        return [bound.figure for bound in self.bounds if not bound.holds(self.value(bound))]


def check_clips(
    robot: Robot,
    clips: Sequence[Clip],
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> list[CheckedClip]:
    """Each clip by the gates of its kind; mirror images are looked for among the clips.

    A recording has impacts, joints on their stops and feet that give a little, and no mirror image; a motion that was
    computed has no excuse. `report_progress` is told the share of the work that is done, and what comes next.
    """
    made_bounds = made.bounds(robot)
    checked: list[CheckedClip] = []
    for index, clip in enumerate(clips):
        report_progress(index / len(clips), f"clip {index + 1} of {len(clips)}")
        if clip.is_recorded:
            checked.append(check_recorded(robot, clip))
        else:
            checked.append(CheckedClip(clip, made.figures(robot, clip, clips), made_bounds))
    return checked


def check_recorded(robot: Robot, clip: Clip) -> CheckedClip[RecordedFigures]:
    """A clip by the gates for recordings, wherever it is from."""
    return CheckedClip(clip, recorded.figures(robot, clip), recorded.bounds(robot))
