"""Reference motion of a task: the moments that its episodes start from, and the posture that it may pay for."""

from collections.abc import Sequence
from functools import cache

from playground_amp.configs.schema import Config, EnvConfig
from playground_amp.envs.reference_motion import PostureTable, ReferenceStates
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import has_demonstrations, load_demonstrations, reference_states
from playground_amp.motion.posture import make_posture_table, posture_of_recordings
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of

_DRIFT, _TURN = 0.05, 0.25  # m/s, rad/s, of WildRobot: what a walk straight ahead may have besides


def starts_of(config: Config, clips: Sequence[Clip] | None = None) -> ReferenceStates | None:
    """Moments of the demonstrations (`clips`, if they are loaded already); without any, of steps that are made here.

    None where no episode starts on them.

    Raises:
      UserError: demonstrations that are damaged, of another rate, or do not show what the task commands; or legs that
        no steps can be made for.
    """
    if config.env.reference_start_share == 0:
        return None
    if clips is None:
        clips = load_demonstrations(config) if has_demonstrations(config) else _steps(config)
    return reference_states(clips)


def posture_of(config: Config, clips: Sequence[Clip] | None = None) -> PostureTable | None:
    """The postures that the task may pay for; None where nothing is paid for them.

    They are those of stepping, the same for every robot; but of the demonstrations (`clips`, if they are loaded
    already) where those are named in the configuration, and the task only walks ahead.

    Raises:
      UserError: legs that no steps can be made for, or demonstrations as in `starts_of`.
    """
    if not config.paid_weights.get("reference_posture"):
        return None
    commands = config.env.commands
    only_ahead = commands.forward[0] > 0 and not any(commands.sideways)
    if config.amp.demonstrations and only_ahead:
        robot = load_robot(config.robot)
        scale = scale_of(robot)
        ahead = [clip for clip in clips or load_demonstrations(config) if _shows_walking_ahead(clip, scale)]
        if ahead:
            return posture_of_recordings(ahead, robot.home_joint_position if commands.standing_share else None)
    return make_posture_table(_steps(config))


def _shows_walking_ahead(clip: Clip, scale: Scale) -> bool:
    forward, sideways, yaw_rate = clip.command
    straight = abs(sideways) < _DRIFT * scale.speed and abs(yaw_rate) < _TURN * scale.rate
    return clip.is_recorded and forward > 0 and straight


def _steps(config: Config) -> list[Clip]:
    return _steps_of(load_robot(config.robot), config.env.model_dump_json())


@cache
def _steps_of(robot: Robot, env: str) -> list[Clip]:
    """The steps for a section `env` as JSON; starts and posture ask for the same ones."""
    # Imported here: it brings SciPy, which a run with demonstrations that is paid for no posture does without.
    from playground_amp.motion.generate.stepping import stepping_clips

    return stepping_clips(robot, EnvConfig.model_validate_json(env))
