"""The gap report of a log: how far simulation and robot part, and what is the likely cause."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground_amp.compare.body_causes import unjudged
from playground_amp.compare.builds import as_described
from playground_amp.compare.causes import CAUSES
from playground_amp.compare.evidence import Cause, Evidence, Verdict
from playground_amp.compare.gap import Gap, replay, replay_starts
from playground_amp.compare.measured import Measured, measured_motion
from playground_amp.compare.misfit import described_support
from playground_amp.compare.posture import Posture, posture_of
from playground_amp.compare.search import Told, search_builds
from playground_amp.compare.signal_causes import FROZEN
from playground_amp.compare.signals import signals_of
from playground_amp.compare.stance import Stance, Support, stance_of
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import parse_hardware
from playground_amp.hardware.log import RobotLog, read_log
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

HORIZONS = (0.1, 0.2, 0.3, 0.5)  # s
_MOST_REPLAYS = 600  # spread over the log


class Replays(NamedTuple):
    """The whole log, replayed in short pieces."""

    motion: Measured
    gap: Gap
    steps: tuple[int, ...]  # of the horizons, as places in the gap's
    stance: Stance
    support: Support


class Judged(NamedTuple):
    """A cause with its verdict."""

    cause: Cause
    verdict: Verdict

    @property
    def named(self) -> bool:
        """Whether it is said to be one."""
        return bool(self.verdict.share >= 1)


class GapReport(NamedTuple):
    """All that is told of a log."""

    path: Path
    robot: Robot
    log: RobotLog
    evidence: Evidence
    replays: Replays | None  # None: the robot was never on its feet with readings of all joints
    judged: tuple[Judged, ...]  # every cause, the likeliest first

    @property
    def named(self) -> list[Judged]:
        """The causes that are named, the likeliest first."""
        return [each for each in self.judged if each.named]

    @property
    def unjudged(self) -> dict[str, tuple[str, ...]]:
        """By fault of the body, the joints of which this log cannot say whether they have it."""
        named = {(each.cause.name, each.verdict.where) for each in self.named}
        blind = unjudged(self.evidence)
        left = {fault: tuple(it for it in joints if (fault, it) not in named) for fault, joints in blind.items()}
        return {fault: joints for fault, joints in left.items() if joints}

    @property
    def stop(self) -> str:
        """How the run ended, in its own words; empty where the log does not say."""
        stops = [event for event in self.log.events if event["name"] == "stop"]
        return f"{stops[-1].get('reason', '')}: {stops[-1].get('text', '')}" if stops else ""


def open_log(path: Path, robot: str | None) -> tuple[RobotLog, Robot]:
    """A log and its robot; `robot`: as after --robot, None: the one that the log names.

    Raises UserError: it is no log, holds no step, or is of another robot.
    """
    log = read_log(path)
    body = load_robot(robot or log.header.robot)
    if body.joint_names != log.header.joint_names:
        raise UserError(f"{path} has the joints {', '.join(log.header.joint_names)}, {body.name} has others")
    if robot is None and log.header.robot_sha256 not in ("", body.sha256):
        raise UserError(
            f"{path} is of a robot {log.header.robot} with other files than the one here: name its folder with --robot"
        )
    if not len(log.time):
        raise UserError(f"{path} holds no step: the run ended before anything was read")
    return log, body


def make_report(path: Path, log: RobotLog, robot: Robot, told: Told = lambda words: None) -> GapReport:
    """Replays a log and judges it. `told` hears what is being done."""
    hardware = parse_hardware(log.header.hardware, f"{path}: hardware.yaml")
    log = _unread_as_none(log)
    told(f"smoothing {len(log.time)} steps")
    motion = measured_motion(log, robot, hardware)
    signals = signals_of(log, robot)
    posture: Posture | None = posture_of(log, robot, hardware)
    trusted = signals.imu.frozen < FROZEN
    told("trying every fault of every joint")
    evidence = Evidence(
        names=robot.joint_names,
        boards=log.header.board_names,
        hardware=hardware,
        control_dt=log.header.control_dt,
        signals=signals,
        search=search_builds(robot, hardware, motion, told) if motion is not None and trusted else None,
        posture=posture,
        events=log.events,
    )
    judged = [Judged(cause, cause.judge(evidence)) for cause in CAUSES]
    order = sorted(range(len(judged)), key=lambda place: (not judged[place].named, place if judged[place].named else 0))
    told("replaying all of it")
    replays = None if motion is None else _replays(robot, motion)
    return GapReport(path, robot, log, evidence, replays, tuple(judged[place] for place in order))


def _replays(robot: Robot, motion: Measured) -> Replays | None:
    steps = [max(1, round(horizon / motion.control_dt)) for horizon in HORIZONS]
    support = described_support(robot, motion)
    apart = max(1, len(motion.time) // _MOST_REPLAYS)
    starts = replay_starts(motion, support, steps[-1], max(apart, steps[0] // 2))
    if not len(starts):
        return None
    plain = as_described(robot.num_joints)
    (gap,) = replay(robot, motion, support, [plain], starts, steps[-1])
    places = tuple(step - 1 for step in steps)
    return Replays(motion, gap, places, stance_of(robot, motion, support, plain), support)


def _unread_as_none(log: RobotLog) -> RobotLog:
    """Infinite ages, of what was never read, are no numbers to average."""
    age = np.where(np.isfinite(log.joint_age), log.joint_age, np.nan)
    return dataclasses.replace(log, joint_age=age)


def joint_gaps(replays: Replays) -> np.ndarray:
    """Root mean square gap of each joint after each horizon [horizons, J] rad."""
    return np.sqrt(np.nanmean(np.square(replays.gap.joint[:, list(replays.steps)]), axis=0))


def tilt_gaps(replays: Replays) -> np.ndarray:
    """Median gap of the base's attitude after each horizon [horizons] rad."""
    return np.nanmedian(replays.gap.tilt[:, list(replays.steps)], axis=0)
