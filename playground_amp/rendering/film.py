"""A film of a robot's states in real time, with a camera that follows it."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from playground_amp.rendering.frames import render_frames
from playground_amp.rendering.video import write_video
from playground_amp.robot.record import Robot

LONGEST = 12.0  # s that are worth filming of a motion
_PICTURE_RATE = 25  # Hz, or the nearest to it that shows every second, third, ... state


def write_film(
    states: np.ndarray,
    dt: float,
    robot: Robot,
    path: Path,
    size: tuple[int, int] = (640, 480),
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> None:
    """Writes states [T, 7 + J], one every `dt` s, as MP4 of that size in pixels, in the robot's own scene.

    `report_progress` is told the share of the pictures that are drawn, and which one comes next.

    Raises:
        UserError: this machine cannot draw (the message names the missing system packages), or cannot write there.
    """
    width, height = size
    shown, fps = pictures_of(dt)
    filmed = states[::shown]
    pictures = render_frames(robot, filmed, width=width, height=height)
    _write(path, _told(pictures, len(filmed), report_progress), fps)


def pictures_of(dt: float) -> tuple[int, int]:
    """Of states one every `dt` s every how many are shown in a film, and how many pictures it then has a second."""
    shown = max(1, round(1 / (_PICTURE_RATE * dt)))
    return shown, round(1 / (shown * dt))


def write_side_by_side(
    panels: Sequence[Iterable[np.ndarray]],
    count: int,
    fps: int,
    path: Path,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> None:
    """Writes films of pictures of one size as one, side by side, as long as the shortest, at most `count` pictures.

    `report_progress`, errors: as `write_film`.
    """
    joined = (np.hstack(pictures) for _, *pictures in zip(range(count), *panels, strict=False))
    _write(path, _told(joined, count, report_progress), fps)


def _told(pictures: Iterable[np.ndarray], count: int, tell: Callable[[float, str], None]) -> Iterator[np.ndarray]:
    for index, picture in enumerate(pictures):
        tell(index / count, f"picture {index + 1} of {count}")
        yield picture


def _write(path: Path, frames: Iterable[np.ndarray], fps: int) -> None:
    with warnings.catch_warnings():
        # JAX warns of any fork; the encoder's process is another program at once, so nothing of JAX runs in it.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        write_video(path, frames, fps=fps)
