"""Everything the doctor looks at, in order. Read me first."""

from pathlib import Path
from typing import NamedTuple

from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import Config
from playground_amp.diagnosis import clips as clip_checks
from playground_amp.diagnosis import economy, style_checks, walking
from playground_amp.diagnosis.check import Check
from playground_amp.diagnosis.feature_agreement import check_agreement, replay
from playground_amp.diagnosis.leaks import Leak, check_leaks, check_own_replay, leaks
from playground_amp.diagnosis.throwaway import ThrowAway
from playground_amp.reference.clip import Clip, load_clips
from playground_amp.reference.demonstrations import SHIPPED, check_rate, reference_buffer
from playground_amp.robot.robot import load_robot


class Examination(NamedTuple):
    """What was looked at, and what was seen."""

    source: str
    checks: list[Check]
    leaks: list[Leak]


def examine(config: Config) -> Examination:
    """The full examination.

    Raises:
      UserError: no clips, or damaged ones, or of another rate than the task's: there is nothing to examine.
    """
    robot = load_robot()
    clips, source = _clips(config)
    buffer = reference_buffer(robot, clips)
    sides = replay(config, clips, buffer)
    discriminator = ThrowAway(config.amp)
    found = leaks(sides)
    checks = [
        *clip_checks.check_clips(config, robot, clips, source),
        check_agreement(sides),
        check_leaks(found),
        check_own_replay(sides, discriminator),
    ]
    seen = style_checks.iterate_once(config)
    checks += [
        style_checks.check_constants(),
        style_checks.check_bounds(),
        style_checks.check_learned(discriminator),
        style_checks.check_normalizer(config.amp),
        style_checks.check_order(seen),
        *_pay(config, clips, buffer, discriminator, seen.weight),
    ]
    return Examination(source, checks, found)


def _pay(
    config: Config, clips: list[Clip], buffer: ReferenceBuffer, discriminator: ThrowAway, style_weight: float
) -> list[Check]:
    command = economy.walking_command(buffer)
    if not command.any():
        return []  # clips of standing only: there is no walking to compare with
    rolled = economy.roll_out(config, command)
    idle, style = economy.earnings(config, buffer, discriminator, style_weight, rolled)
    walked = economy.Earnings(walking.task_reward(config, walking.nearest_clip(clips, command)), style)
    return [economy.check_walking_pays(idle, walked), economy.check_dying(idle)]


def _clips(config: Config) -> tuple[list[Clip], str]:
    path = Path(config.amp.demonstrations) if config.amp.demonstrations else SHIPPED
    clips = load_clips(path)
    for clip in clips:
        check_rate(clip, config.env.control_dt, str(path))
    return clips, str(path)
