"""Imports human motion: a file of a known format becomes clips of a robot, one for each speed and way to turn."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from playground_amp.configs.schema import EnvConfig
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.human.flight import require_flight
from playground_amp.motion.human.landmarks import Walker, find_joints, find_walker
from playground_amp.motion.human.reading import read_motion, source_of
from playground_amp.motion.human.retarget import froude_speed, retarget
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.strides import Stride, mirrored, symmetric
from playground_amp.motion.human.walking import Walking, find_walking
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of, times

_SPEED_STEP = 0.1  # m/s, of WildRobot, between the speeds of a set
_SLOWEST = 2  # steps
_TURNS = (1.0, 0.5)  # shares of a turn that are tried
_DRIFT = 0.15  # of the speed along, to a side, that is worth telling
_TRIES = 3  # of the slowest speeds, before faster ones are taken not to do either: slow steps sway wide


class Imported(NamedTuple):
    """The clips, and how they came about."""

    clips: tuple[Clip, ...]
    motion: SkeletonMotion
    joints: dict[str, int]
    walker: Walker
    walking: Walking
    froude_speed: float  # m/s forwards
    left_out: tuple[str, ...]  # what the robot cannot do at all, a sentence each

    def lines(self) -> list[str]:
        """What was found, cut and changed, for people."""
        walking, walker, straight = self.walking, self.walker, self.walking.straight
        parts = ", ".join(f"{role} {self.motion.joints[joint]}" for role, joint in self.joints.items())
        others = "".join(f"; {legs:.2f} m with --unit {unit}" for unit, legs in walker.other_units.items())
        turns = ", ".join(
            f"{each.strides} at {each.stride.velocity[2]:+.2f} rad/s" for each in walking.turns if each is not straight
        )
        rest = "the recording goes round" if walking.loops else f"{walking.others} other strides were left out"
        forward, left, turn = straight.stride.velocity
        way = "ahead" if forward > 0 else "backwards"
        if any(each is straight for each in walking.turns):
            way += f" in a turn of {turn:+.2f} rad/s, as nothing goes straight,"
        side = "left" if left > 0 else "right"
        back = walking.backward if walking.backward is not straight else None
        return [
            f"{self.motion.source}: {len(walker.time)} frames, {walking.duration:.2f} s, lengths in {walker.unit}, "
            f"{walker.up} up, legs of {walker.leg_length:.2f} m{others}",
            f"joints: {parts}",
            *(
                ["seen in a mirror (axes of the other hand, or left and right exchanged): turned back"]
                * walker.mirrored
            ),
            *(["on the spot (a treadmill, or exported in place): speed from the feet"] * walking.on_the_spot),
            f"walking {way} from {straight.begin:.2f} to {straight.end:.2f} s, {straight.strides} strides of "
            f"{straight.stride.duration:.2f} s at {forward:.2f} m/s, both sides averaged; {rest}",
            *(
                [f"it drifts to the {side} by {abs(left):.2f} m/s besides: straight clips leave that out"]
                if abs(left) > _DRIFT * abs(forward)
                else []
            ),
            f"turning: {turns or 'none'}",
            *(
                [f"walking backwards: {back.strides} strides at {back.stride.velocity[0]:.2f} m/s"]
                if back and not back.runs
                else []
            ),
            f"scaled to the robot {self.froude_speed:.2f} m/s",
            *(f"left out: {each}" for each in self.left_out),
        ]


class _Wanted(NamedTuple):
    """Clips to be made of a stride."""

    stride: Stride
    speeds: Sequence[float]  # m/s forwards; below 0: backwards; the slowest first


class MotionFile(NamedTuple):
    """A file of motion capture, and what the user says of it."""

    path: Path
    names: Mapping[str, str] = MappingProxyType({})  # joint of each role; what is missing is guessed
    unit: str | None = None  # a name or a number of meters; None: by the legs
    up: str | None = None  # axis that points up; None: from feet to pelvis
    rate: float | None = None  # frames a second; None: as the file says


def import_motion(
    robot: Robot,
    config: EnvConfig,
    source: MotionFile,
    speeds: Sequence[float] = (),
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> Imported:
    """The walking of a file as clips.

    Args:
      robot: which robot.
      config: the task: its control rate and its commands.
      source: the file.
      speeds: of the clips, m/s, backwards below 0; none: those that the task commands, step by step.
      report_progress: is told the share of the work that is done, and what comes next.

    Raises:
      UserError: the file, the names, or the motion will not do; the message says what.
    """
    report_progress(0.0, "reading")
    motion = read_motion(source.path, source.rate)
    joints = find_joints(motion, source.names)
    walker = find_walker(motion, joints, source.unit, source.up)
    report_progress(0.2, "looking for strides")
    walking = find_walking(walker)
    if walking.straight.runs:
        require_flight(robot, walking.straight.stride)
    wanted = _wanted(walking, tuple(speeds), default_speeds(robot, config))
    fastest = froude_speed(robot, walking.straight.stride)
    clips, left_out = _made(robot, config.control_dt, wanted, source.path, report_progress)
    return Imported(tuple(clips), motion, joints, walker, walking, fastest, tuple(left_out))


def _made(
    robot: Robot,
    control_dt: float,
    wanted: Sequence[_Wanted],
    path: Path,
    report_progress: Callable[[float, str], None],
) -> tuple[list[Clip], list[str]]:
    """The clips, and why others could not be made. Raises UserError if none could."""
    source = source_of(path)
    clips, left_out, total = [], [], sum(len(each.speeds) for each in wanted)
    for stride, speeds in wanted:
        tries = _TRIES
        for number, speed in enumerate(speeds):
            report_progress(0.3 + 0.7 * (len(clips) + len(left_out)) / total, f"{speed:.2f} m/s")
            try:
                clip = _turning_less(robot, stride, speed, control_dt, source)
            except UserError as error:
                tries -= 1
                left_out += [f"{error}{', nor for faster ones' if not tries and number + 1 < len(speeds) else ''}"]
                if not tries:
                    break
                continue
            tries = 1  # faster steps are longer ones
            clips.append(replace(clip, name=f"{path.stem}_{clip.name}"))
    if not clips:
        raise UserError(f"{path}: {left_out[0]}")
    return clips, left_out


def _turning_less(robot: Robot, stride: Stride, speed: float, control_dt: float, source: str) -> Clip:
    """The stride as a clip, its turn gentler where the legs do not reach. Raises UserError if that will not do."""
    *gentler, last = _TURNS if stride.velocity[2] else (1.0,)
    for share in gentler:
        with contextlib.suppress(UserError):
            return retarget(robot, stride._replace(velocity=stride.velocity * (1, 1, share)), speed, control_dt, source)
    return retarget(robot, stride._replace(velocity=stride.velocity * (1, 1, last)), speed, control_dt, source)


def default_speeds(robot: Robot, config: EnvConfig) -> tuple[float, ...]:
    """The speeds that a task commands forwards and backwards (below 0), step by step, m/s."""
    step = times(_SPEED_STEP, scale_of(robot).speed)
    slowest, fastest = config.commands.forward
    count = int(fastest / step + 1e-6)
    ahead = [step * number for number in range(min(_SLOWEST, count), count + 1)] or [fastest]
    behind = [-step * number for number in range(1, int(-slowest / step + 1e-6) + 1)]
    return tuple(round(speed, 6) for speed in [*ahead, *behind])


def _wanted(walking: Walking, speeds: Sequence[float], default: Sequence[float]) -> list[_Wanted]:
    """Every speed straight ahead, then in turns to the left and to the right, a mirror image where one is missing.

    Speeds below 0 are of the walk backwards. Raises UserError for speeds that the person does not walk at.
    """
    backward = None if walking.backward is None or walking.backward.runs else walking.backward.stride
    turns = [each.stride for each in walking.turns if not each.runs]
    if len(turns) == 1:
        turns.append(mirrored(turns[0]))
    goes_ahead = walking.straight.stride.velocity[0] > 0
    strides = [symmetric(walking.straight.stride), *turns] if goes_ahead else []
    ahead, behind = ([speed for speed in speeds or default if sign * speed > 0] for sign in (1, -1))
    if speeds and ahead and not goes_ahead:
        raise UserError(f"the person walks backwards only: --speeds must be below 0, found {ahead[0]:g}")
    if speeds and behind and backward is None:
        raise UserError(f"the person never walks backwards: --speeds must be above 0, found {behind[0]:g}")
    wanted = [_Wanted(stride, sorted(ahead)) for stride in strides] if ahead else []
    return wanted + ([_Wanted(symmetric(backward), sorted(behind, reverse=True))] if backward and behind else [])
