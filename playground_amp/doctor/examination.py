"""Everything the doctor looks at, in order. Read me first."""

from collections.abc import Callable
from typing import NamedTuple

from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import Config
from playground_amp.doctor import clips as clip_checks
from playground_amp.doctor import economy, walking
from playground_amp.doctor.check import Check, findings_of
from playground_amp.doctor.leaks import Leak, check_leaks, check_own_replay, leaks
from playground_amp.doctor.replay import replay
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.errors import UserError
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import read_demonstrations, reference_buffer
from playground_amp.motion.likeness import Likeness, own_likeness
from playground_amp.paths import shown_command
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

ReportProgress = Callable[[float, str], None]
_GLANCED = 4  # clips


class Examination(NamedTuple):
    """What was looked at, and what was seen."""

    source: str
    checks: list[Check]
    leaks: list[Leak]
    own: Likeness | None = None  # of the demonstrations with themselves: what a perfect policy would measure


def examine(config: Config, report_progress: ReportProgress = lambda share, words: None) -> Examination:
    """All checks, and how alike the demonstrations are to themselves.

    `report_progress` is told the share of the work that is done, and what comes next.

    Raises:
      UserError: as `_checked`.
    """
    examination, clips = _checked(config, lambda share, words: report_progress(0.75 * share, words))
    report_progress(0.75, "comparing the demonstrations with themselves")
    return examination._replace(own=own_likeness(load_robot(config.robot), clips))


def _checked(config: Config, report_progress: ReportProgress) -> tuple[Examination, list[Clip]]:
    """All checks, and the clips.

    Raises:
      UserError: no clips, or damaged ones, or of another robot or rate than the task's: there is nothing to examine.
    """
    robot = load_robot(config.robot)
    clips, source = read_demonstrations(config)
    buffer = reference_buffer(robot, clips)
    report_progress(0.0, "replaying the clips as a policy's steps")
    sides = replay(config, robot, clips, buffer)
    discriminator = ThrowAway(config.amp, len(sides.names))
    report_progress(0.25, "looking for what gives them away")
    found = leaks(sides)
    checks = [*clip_checks.check_clips(config, robot, clips, source), check_leaks(found)]
    report_progress(0.4, "training a discriminator that must not succeed")
    checks.append(check_own_replay(sides, found, discriminator))
    report_progress(0.6, "comparing what walking and standing pay")
    checks += _pay(config, robot, clips, buffer, discriminator)
    return Examination(source, checks, found), clips


def require_healthy(config: Config, *, thorough: bool) -> None:
    """Before a run with AMP: the full examination, or the second's worth that every start can afford.

    Raises:
      UserError: what is wrong, a line each.
    """
    findings = findings_of(_checked(config, lambda share, words: None)[0].checks if thorough else _glance(config))
    if findings:
        advice = f"AMP does not start on a motion prior that cannot work; {shown_command('doctor')} shows every check"
        raise UserError("\n".join([*findings, advice]))


def _glance(config: Config) -> list[Check]:
    """Does anything but the motion tell demonstrations from the policy's steps, on a few clips?"""
    robot = load_robot(config.robot)
    clips, _ = read_demonstrations(config)
    few = clips[:: max(len(clips) // _GLANCED, 1)][:_GLANCED]
    return [check_leaks(leaks(replay(config, robot, few, reference_buffer(robot, few))))]


def _pay(
    config: Config, robot: Robot, clips: list[Clip], buffer: ReferenceBuffer, discriminator: ThrowAway
) -> list[Check]:
    command = economy.walking_command(buffer)
    if not command.any():
        return []  # clips of standing only: there is no walking to compare with
    rolled = economy.roll_out(config, command)
    idle, style = economy.earnings(config, buffer, discriminator, rolled)
    walked = economy.Earnings(walking.task_reward(config, walking.nearest_clip(clips, command)), style)
    dying = [economy.check_dying(idle)] if economy.FALLING in idle else []
    return [economy.check_walking_pays(idle, walked), *dying]
