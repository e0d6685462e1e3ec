"""Imports human motion: a file of a known format becomes a clip that this robot can follow."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground_amp.configs.schema import EnvConfig
from playground_amp.errors import UserError
from playground_amp.files import is_missing, read_input
from playground_amp.motion.checks.judge import check_clips
from playground_amp.motion.clip import Clip
from playground_amp.motion.human.bvh import read_bvh
from playground_amp.motion.human.deepmimic import read_deepmimic
from playground_amp.motion.human.landmarks import Walker, find_joints, find_walker
from playground_amp.motion.human.retarget import froude_speed, retarget
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.smpl import read_smpl
from playground_amp.motion.human.strides import Steady, Stride, find_steady, symmetric
from playground_amp.robot.record import Robot

READERS: dict[str, Callable[[Path], SkeletonMotion]] = {
    ".bvh": read_bvh,
    ".json": read_deepmimic,
    ".txt": read_deepmimic,
    ".npz": read_smpl,
}
_STRAIGHT_TURN = 0.15  # rad a stride; a walk that turns less goes straight ahead
_STRAIGHT_DRIFT = 0.1  # of the way forwards, likewise sideways
_LEAST_WAY = 0.1  # leg lengths a stride; less is walking on the spot
_SLOWER = 0.88  # from one trial to the next
_SLOWEST = 0.2  # share of the Froude-scaled speed


class Imported(NamedTuple):
    """A clip, and how it came about."""

    clip: Clip
    motion: SkeletonMotion
    joints: dict[str, int]
    walker: Walker
    steady: Steady
    straight: bool
    froude_speed: float  # m/s forwards

    def lines(self) -> list[str]:
        """What was found, cut and changed, for people."""
        steady, walker = self.steady, self.walker
        parts = ", ".join(f"{role} {self.motion.joints[joint]}" for role, joint in self.joints.items())
        speed, turn = self.clip.command[0], self.clip.command[2]
        way = "straight ahead, left and right averaged" if self.straight else f"turning {turn:+.2f} rad/s"
        others = "".join(f"; {legs:.2f} m with --unit {unit}" for unit, legs in walker.other_units.items())
        return [
            f"{self.motion.source}: {len(walker.time)} frames, {steady.duration:.2f} s, lengths in {walker.unit}, "
            f"{walker.up} up, legs of {walker.leg_length:.2f} m{others}",
            f"joints: {parts}",
            f"steady walking from {steady.begin:.2f} to {steady.end:.2f} s, {steady.strides} strides of "
            f"{steady.stride.duration:.2f} s at {steady.stride.velocity[0]:.2f} m/s; "
            + ("the recording goes round" if steady.loops else "the rest was cut"),
            f"scaled to the robot {self.froude_speed:.2f} m/s; clip: {speed:.2f} m/s, {way}",
        ]


def read_motion(path: Path) -> SkeletonMotion:
    """Reads a file of a known format, by its ending.

    Raises:
      UserError: an unknown ending, or whatever is wrong with the file.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"{path}: unknown ending '{path.suffix}'; known are .bvh, .json or .txt (DeepMimic) and .npz (AMASS, SMPL)"
        )
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    return reader(path)


def source_of(path: Path) -> str:
    """Where a clip of this file is from; another file of the same name is another source.

    Raises UserError if the file cannot be read.
    """
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    return f"{path.name}, SHA-256 {sha256(read_input(path, 'the motion')).hexdigest()[:12]}"


def import_motion(
    robot: Robot,
    config: EnvConfig,
    path: Path,
    names: dict[str, str] | None = None,
    unit: str | None = None,
    up: str | None = None,
    speed: float | None = None,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> Imported:
    """The steady walking of a file as a clip.

    Args:
      robot: which robot.
      config: the task: its control rate, its fastest command and its longest gait cycle.
      path: of the file.
      names: joint of each role; what is missing is guessed.
      unit, up: of the file, the unit a name or a number of meters; None: guessed.
      speed: forward speed of the clip, m/s; None: the fastest at which it passes the gates, at most Froude's.
      report_progress: is told the share of the work that is done, and what comes next.

    Raises:
      UserError: the file, the names, or the motion will not do; the message says what.
    """
    motion = read_motion(path)
    joints = find_joints(motion, names or {})
    walker = find_walker(motion, joints, unit, up)
    steady = find_steady(walker)
    straight = _goes_straight(steady.stride)
    stride = symmetric(steady.stride) if straight else steady.stride
    _require_way(stride, path)
    fastest = froude_speed(robot, stride)

    def made(slower: float, exact: bool) -> Clip:
        longest = config.gait.cycle_time[1]
        return retarget(robot, stride, slower, longest, config.control_dt, path.stem, source_of(path), exact)

    if speed is not None:
        slower = speed / fastest
    else:
        largest = min(1.0, config.commands.forward[1] / fastest)
        slower = _followable(robot, lambda share: made(share, False), largest, report_progress)
    report_progress(0.9, "joint angles")
    clip = made(slower, True)
    return Imported(clip, motion, joints, walker, steady, straight, fastest)


def _goes_straight(stride: Stride) -> bool:
    turn, drift = stride.velocity[2] * stride.duration, stride.velocity[1]
    return bool(abs(turn) < _STRAIGHT_TURN and abs(drift) < _STRAIGHT_DRIFT * stride.velocity[0])


def _require_way(stride: Stride, path: Path) -> None:
    """Raises UserError for a walk on the spot, or backwards."""
    ahead = stride.velocity[0] * stride.duration
    if not ahead > _LEAST_WAY * stride.leg_length:
        raise UserError(
            f"{path}: the walker gets {ahead:.2f} m ahead in a stride, so walks on the spot or backwards: only walking "
            "forwards can be imported, exported with the way of the root and not in place"
        )


def _followable(
    robot: Robot, made: Callable[[float], Clip], largest: float, report_progress: Callable[[float, str], None]
) -> float:
    """The largest share of the speed that passes the gates; if none does, the one nearest to it."""
    best, fewest, reached = None, np.inf, ""
    slower = largest
    while slower >= _SLOWEST * min(1.0, largest):
        tried = np.log(slower / largest) / np.log(_SLOWEST)
        report_progress(0.9 * float(tried), f"trying {slower:.0%} of the person's speed in proportion")
        try:
            checked = check_clips(robot, [made(slower)])[0]
        except UserError as error:  # out of reach at this speed
            reached = str(error)
        else:
            if len(checked.failed) < fewest:
                best, fewest = slower, len(checked.failed)
            if not checked.failed:
                break
        slower *= _SLOWER
    if best is None:
        raise UserError(reached)
    return best
