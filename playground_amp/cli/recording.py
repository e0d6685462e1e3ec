"""`motion.py record`: demonstrations of a policy that follows clips, or of one that is told where to go."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playground_amp.cli.progress import progress
from playground_amp.configs.loader import dump_config
from playground_amp.configs.schema import Config
from playground_amp.motion.checks.judge import check_clips
from playground_amp.motion.clip import Clip, load_clips
from playground_amp.motion.clip_output import TASK, write_clips
from playground_amp.motion.demonstrations import not_covered
from playground_amp.paths import command_line
from playground_amp.physics.registry import check_engine, prepare
from playground_amp.record.followed import follow
from playground_amp.record.follower import follower_config, train_follower
from playground_amp.record.recorder import commands_to_record, record_takes
from playground_amp.record.table import print_followed, print_takes
from playground_amp.record.task import task_of
from playground_amp.record.track import make_track
from playground_amp.record.tracker import tracker_config, trained_tracker
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.runs.tracking.console import make_console
from playground_amp.telling import tell, warn
from playground_amp.untyped import Params

_WARNED = 10  # clips whose figures are told
_EXAMINED = 1000  # frames of a clip that is long


def record_clips(config: Config, paths: Sequence[Path], output: Path, given: Sequence[str]) -> list[Clip]:
    """Trains a policy to follow the clips, and writes what it made of them, with the task that they show.

    `given`: what was set on the command line, which holds for following too.

    Raises:
      UserError: clips that are missing, damaged, of another robot or another rate.
    """
    prepare(check_engine(config.physics, training=True))
    robot = load_robot(config.robot)
    clips = [clip for path in paths for clip in load_clips(path, robot)]
    track = make_track(robot, clips, config.env.control_dt)
    _warn_of_kinematics(robot, clips)
    following = follower_config(config, given)
    with make_console(config.trainer.num_iterations) as console:
        params = train_follower(following, track, console)
    with progress("recording") as show:
        followed = follow(following, params, track, clips, config.trainer.seed, show)
    print_followed(robot, followed)
    kept = [clip for each in followed for clip in each.demonstrations]
    if not kept:
        tell(
            f"none of {len(clips)} clips was followed, so nothing is written: more training "
            f"(--set trainer.num_iterations={2 * config.trainer.num_iterations}) or slower clips may help"
        )
        return []
    write_clips(kept, output, dump_config(task_of(robot, config, followed, output)))
    done = sum(bool(each.demonstrations) for each in followed)
    tell(f"{done} of {len(clips)} clips were followed; {len(kept)} demonstrations are in {output}")
    tell(f"to train on them: {command_line('train', '--config', output / TASK, '--enable-amp')}")
    return kept


def record_trained(config: Config, count: int, output: Path, given: Sequence[str]) -> list[Clip]:
    """Writes what a policy does at so many commands that is trained here to follow generated gaits.

    `given`: what was set on the command line, which holds for following too.
    """
    prepare(check_engine(config.physics, training=True))
    following = tracker_config(config, given)
    params = trained_tracker(load_robot(config.robot), following, tell)
    return record_commands(following, params, count, output)


def record_commands(config: Config, params: Params, count: int, output: Path) -> list[Clip]:
    """Writes what a policy does at so many commands, in its own configuration."""
    prepare(check_engine(config.physics, training=True))
    robot = load_robot(config.robot)
    commands = commands_to_record(config.env.commands, scale_of(robot), count, config.trainer.seed)
    with progress("recording") as show:
        takes = record_takes(
            config, params, commands, config.trainer.seed, lambda share: show(share, f"{len(commands)} robots walk")
        )
    print_takes(robot, takes)
    kept = [take.clip for take in takes if not take.failed]
    if kept:
        write_clips(kept, output)
    tell(f"{len(kept)} of {len(takes)} clips passed and are in {output}")
    if kept and (missing := not_covered(kept, config, str(output))):
        tell(f"train.py --enable-amp needs more: {missing}")
    return kept


def _warn_of_kinematics(robot: Robot, clips: Sequence[Clip]) -> None:
    """Tells what the gates for computed motion would refuse; whether it can be followed, physics says."""
    with progress("checking", first="reading the robot") as show:
        checked = check_clips(robot, [_beginning(clip) for clip in clips], show)
    doubtful = [each for each in checked if each.failed]
    for each in doubtful[:_WARNED]:
        figures = [bound for bound in each.bounds if not bound.holds(each.value(bound))]
        words = ", ".join(
            f"{bound.figure.replace('_', ' ')} {each.value(bound):.3g} {bound.unit}".rstrip() for bound in figures
        )
        warn(f"warning: {each.clip.name}, by its kinematics: {words}; the engine decides")
    if len(doubtful) > _WARNED:
        warn(f"warning: and {len(doubtful) - _WARNED} clips more")


def _beginning(clip: Clip) -> Clip:
    """The first frames of a long clip that ends anyhow: inverse dynamics takes a millisecond a frame."""
    if clip.periodic or len(clip.qpos) <= _EXAMINED:
        return clip
    rows = {name: getattr(clip, name)[:_EXAMINED] for name in ("qpos", "qvel", "contact", "gait_phase")}
    return replace(clip, **rows)
