"""What was copied from a person and what could not be: `motion.py curves`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import add_robot_flag
from playground_amp.cli.recorded_person import add_person_flags, read_person
from playground_amp.cli.subcommands import subcommand_parser
from playground_amp.errors import UserError
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.motion.clip import Clip
    from playground_amp.record.leg_curves import LegCurves
    from playground_amp.runs.checkpoint import SavedPolicy

_AS_FAST = 0.04  # m/s, of WildRobot, by which a demonstration may be faster or slower than a clip


def curves(argv: Sequence[str]) -> int:
    """Draw hip, knee and ankle over the cycle: a person, clips, demonstrations and a policy; and say what was kept."""
    parser = subcommand_parser("curves", curves)
    add_robot_flag(parser)
    add_person_flags(parser, "clips of it")
    parser.add_argument("--output", type=Path, default=Path("curves.png"), metavar="FILE.png", help="the picture")
    arguments = parser.parse_args(argv)

    from playground_amp.motion.clip import load_clips
    from playground_amp.motion.human.strides import symmetric
    from playground_amp.motion.human.walking import find_walking
    from playground_amp.motion.picture import PICTURE
    from playground_amp.outputs import require_output
    from playground_amp.record.curves_picture import print_curves, save_curves
    from playground_amp.record.leg_curves import person_curves, straight
    from playground_amp.runs.checkpoint import find_checkpoint, read_policy

    require_output(arguments.output, PICTURE, arguments.file)
    saved = read_policy(find_checkpoint(arguments.policy), arguments.robot)
    clips = straight(load_clips(arguments.clip, saved.robot))
    if not clips:
        raise UserError(f"{arguments.clip}: no clip goes straight ahead, and only such are compared with the person")
    person = person_curves(saved.robot, symmetric(find_walking(read_person(arguments)[2]).straight.stride))
    speeds = _of_speeds(saved, clips)
    print_curves(person, speeds)
    save_curves(person, speeds, arguments.output)
    tell(str(arguments.output))
    return 0


def _of_speeds(saved: "SavedPolicy", clips: "Sequence[Clip]") -> "list[list[LegCurves]]":
    """For each clip its curves, those of the demonstration as fast, and those of the policy, where they are."""
    import numpy as np

    from playground_amp.cli.progress import progress
    from playground_amp.motion.demonstrations import read_demonstrations
    from playground_amp.record.leg_curves import clip_curves, nearest, straight
    from playground_amp.record.recorder import record_takes
    from playground_amp.robot.scale import scale_of, times

    robot, within = saved.robot, times(_AS_FAST, scale_of(saved.robot).speed)
    demonstrations = straight(read_demonstrations(saved.config)[0])
    commands = np.array([clip.command for clip in clips], np.float32)
    with progress("comparing") as show:
        takes = record_takes(saved.config, saved.params, commands, 1, lambda share: show(share, "the policy walks"))
    speeds = []
    for clip, take in zip(clips, takes, strict=True):
        shown = nearest(demonstrations, float(clip.command[0]), within)
        found = [clip_curves(robot, clip, "clip")]
        found += [clip_curves(robot, shown, "demonstration")] if shown else []
        found += [clip_curves(robot, take.clip, "policy")] if not take.figures.fell else []
        speeds.append(found)
    return speeds
