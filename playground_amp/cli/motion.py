"""Reference motion: make it, check it, look at it. `python playground_amp/motion.py --help`.

Exit status: 0 done and every gate passed, 1 a clip failed a gate, 2 a mistake in the command line or a file.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.motion_curves import curves
from playground_amp.cli.motion_films import film, show
from playground_amp.cli.parser import (
    CommandParser,
    add_robot_flag,
    finite_float,
    positive_int_to,
    require_writable,
    robot_given,
    user_path,
)
from playground_amp.cli.subcommands import Subcommands, run_subcommand, subcommand_parser
from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT, STANDARD, find_config
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.configs.schema import Config
    from playground_amp.motion.clip import Clip
    from playground_amp.robot.record import Robot
    from playground_amp.runs.checkpoint import SavedPolicy

PASSED_STATUS, FAILED_STATUS = 0, 1
DEFAULT_FOLDER = Path("reference_clips")
IMPORT_FOLDER = Path("imported_clips")
RECORDED_FOLDER, RECORDED_COMMANDS = Path("demonstrations"), 140
RECORDER_SETTINGS = ("trainer.num_envs=512", "trainer.num_iterations=1000")
FOLLOWER_SETTINGS = ("trainer.num_envs=512", "trainer.num_iterations=600")


def generate(argv: Sequence[str]) -> int:
    """Make clips of a robot's gait for every command of the task, and check them."""
    parser = subcommand_parser("generate", generate)
    _add_config_flags(parser)
    parser.add_argument(
        "--output", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help=f"folder (default: {DEFAULT_FOLDER})"
    )
    arguments = parser.parse_args(argv)
    require_writable(arguments.output, f"the folder {arguments.output} (--output)")

    from playground_amp.cli.progress import progress
    from playground_amp.motion.clip_output import write_clips
    from playground_amp.motion.generate.stepping import generated_clips
    from playground_amp.robot.robot import load_robot

    config = _config(arguments)
    robot = load_robot(config.robot)
    with progress("generating", first="reading the robot") as show:
        clips = generated_clips(robot, config.env, tell, show)
    write_clips(clips, arguments.output)
    tell(f"{len(clips)} clips in {arguments.output}")
    return _check(robot, clips)


def record(argv: Sequence[str]) -> int:
    """Record what a policy makes of clips in the engine, as demonstrations for AMP: trained here to follow them."""
    parser = subcommand_parser("record", record)
    parser.add_argument(
        "clips",
        type=Path,
        nargs="*",
        metavar="CLIP|FOLDER",
        help="clips to follow: imported, generated, made by hand (default: gaits for every command, made here)",
    )
    _add_config_flags(parser)
    parser.add_argument(
        "--output", type=Path, default=RECORDED_FOLDER, metavar="DIR", help=f"folder ({RECORDED_FOLDER})"
    )
    parser.add_argument(
        "--policy",
        type=user_path,
        metavar="PATH",
        help="a policy of the robot (.pkl or run folder) instead of training",
    )
    parser.add_argument(
        "--commands", type=positive_int_to(10_000), metavar="N", help=f"velocities to record ({RECORDED_COMMANDS})"
    )
    arguments = parser.parse_args(argv)
    for flag in ("policy", "commands"):
        if arguments.clips and getattr(arguments, flag):
            raise UserError(f"--{flag}: clips that are named are followed by a policy of their own, at their commands")
    require_writable(arguments.output.parent, f"the folder {arguments.output} (--output)")

    from playground_amp.cli.recording import record_clips, record_commands, record_trained
    from playground_amp.motion.clip import RECORDED
    from playground_amp.motion.clip_output import require_clip_folder

    require_clip_folder(arguments.output, RECORDED)
    count = arguments.commands or RECORDED_COMMANDS
    if arguments.clips:
        kept = record_clips(_config(arguments, FOLLOWER_SETTINGS), arguments.clips, arguments.output, arguments.set)
    elif arguments.policy:
        policy = _policy(arguments)
        kept = record_commands(policy.config, policy.params, count, arguments.output)
    else:
        kept = record_trained(_config(arguments, RECORDER_SETTINGS), count, arguments.output, arguments.set)
    return PASSED_STATUS if kept else FAILED_STATUS


def check(argv: Sequence[str]) -> int:
    """Check whether a robot can do what clips ask of it."""
    parser = subcommand_parser("check", check)
    add_robot_flag(parser)
    parser.add_argument("paths", type=Path, nargs="*", metavar="PATH", help=f"clip or folder ({DEFAULT_FOLDER})")
    arguments = parser.parse_args(argv)

    from playground_amp.motion.clip import load_clips
    from playground_amp.robot.robot import load_robot

    robot = load_robot(arguments.robot or DEFAULT_ROBOT)
    return _check(robot, [clip for path in arguments.paths or [DEFAULT_FOLDER] for clip in load_clips(path, robot)])


def import_(argv: Sequence[str]) -> int:
    """Turn human motion (BVH, Acclaim, DeepMimic, SMPL or joint positions) into clips of a robot, one a speed."""
    parser = subcommand_parser("import", import_)
    _add_import_flags(parser)
    arguments = parser.parse_args(argv)
    for speed in arguments.speeds:
        if not 0 < abs(speed) < 5:
            raise UserError(
                f"--speeds must be above 0, or below for walking backwards, and within 5 m/s, found {speed:g}"
            )

    from playground_amp.cli.progress import progress
    from playground_amp.motion.clip_output import require_clip_folder, write_clips
    from playground_amp.motion.human.importing import MotionFile, import_motion
    from playground_amp.motion.human.landmarks import read_map
    from playground_amp.motion.human.reading import require_rate, source_of
    from playground_amp.motion.human.units import require_unit
    from playground_amp.robot.robot import load_robot

    unit = None if arguments.unit is None else require_unit(arguments.unit)
    if arguments.rate is not None:
        require_rate(arguments.rate)
    source = source_of(arguments.file)
    folder = arguments.output or IMPORT_FOLDER / arguments.file.stem
    require_writable(folder.parent, f"the folder {folder} (--output)")
    require_clip_folder(folder, source)
    config = _config(arguments)
    robot = load_robot(config.robot)
    names = read_map(arguments.map) if arguments.map else {}
    person = MotionFile(arguments.file, names, unit, arguments.up, arguments.rate)
    with progress("importing") as show:
        imported = import_motion(robot, config.env, person, arguments.speeds, show)
    write_clips(imported.clips, folder)
    tell("\n".join([*imported.lines(), f"{len(imported.clips)} clips in {folder}"]))
    _check(robot, imported.clips, warn=True)
    return PASSED_STATUS


COMMANDS: Subcommands = {
    "generate": generate,
    "record": record,
    "check": check,
    "show": show,
    "import": import_,
    "film": film,
    "curves": curves,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one of the commands and returns the exit status. Raises UserError for a mistake."""
    return run_subcommand(COMMANDS, argv)


def _add_import_flags(parser: CommandParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="motion capture: .bvh, .json, .txt, .npz, .npy or .amc")
    parser.add_argument("--map", type=Path, metavar="PATH", help="YAML or JSON: left_knee: NAME OF THE JOINT, ...")
    parser.add_argument(
        "--unit",
        metavar="UNIT|M",
        help="of length: m, cm, mm, inch, foot, cmu or a number of meters (default: by the legs)",
    )
    axes = ("x", "y", "z", "-x", "-y", "-z")
    parser.add_argument("--up", choices=axes, help="axis that points up (default: guessed)")
    rate = "frames a second, of a file that does not say or is wrong about it"
    parser.add_argument("--rate", type=finite_float, metavar="HZ", help=rate)
    what = "of the clips, backwards below 0 (default: those that the task commands, every 0.1 m/s)"
    parser.add_argument("--speeds", "--speed", type=finite_float, nargs="+", default=[], metavar="M/S", help=what)
    _add_config_flags(parser)
    parser.add_argument("--output", type=Path, metavar="DIR", help=f"folder (default: {IMPORT_FOLDER}/NAME OF FILE)")


def _add_config_flags(parser: CommandParser) -> None:
    add_robot_flag(parser)
    parser.add_argument("--config", type=Path, default=STANDARD, metavar="PATH", help="YAML file of the task")
    parser.add_argument("--set", action="extend", nargs="+", default=[], metavar="KEY=VALUE", help="override a key")


def _config(arguments: argparse.Namespace, settings: Sequence[str] = ()) -> "Config":
    from playground_amp.configs.loader import load_config

    return load_config(
        find_config(arguments.config),
        [*settings, *arguments.set],
        flags=robot_given(arguments),
        flag_names={"robot": "--robot"},
    )


def _policy(arguments: argparse.Namespace) -> "SavedPolicy":
    """The policy of `--policy`, for the robot of `--robot` if that is given."""
    from playground_amp.runs.checkpoint import find_checkpoint, read_policy

    if arguments.set or arguments.config != STANDARD:
        raise UserError("--policy: a policy brings its own configuration; --config and --set are for training one")
    return read_policy(find_checkpoint(arguments.policy), arguments.robot)


def _check(robot: "Robot", clips: "Sequence[Clip]", *, warn: bool = False) -> int:
    """Prints what the gates say; `warn`: failures are warnings, since physics will be the judge."""
    from playground_amp.cli.progress import progress
    from playground_amp.motion.checks.judge import check_clips
    from playground_amp.motion.checks.table import print_report

    with progress("checking", first="reading the robot") as show:
        checked = check_clips(robot, clips, show)
    print_report(checked, warn=warn)
    return FAILED_STATUS if any(each.failed for each in checked) else PASSED_STATUS
