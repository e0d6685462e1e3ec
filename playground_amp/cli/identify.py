"""A servo's constants from logs of its motion on the bench. `python playground_amp/identify.py --help`.

`identify.py LOG…` fits; `identify.py plan` prints what to do on the bench; `identify.py record` takes a log from a bus.
Exit status: 0, or 2 for a mistake in the command line or logs that cannot be used.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_robot_flag, positive_float
from playground_amp.cli.subcommands import subcommand_parser
from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT, command_line
from playground_amp.telling import tell

_LOAD = ("mass", "length", "inertia")


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="Find a servo's constants in logs of its motion on the bench. In place of logs, `plan` prints the "
        "bench protocol and `record` takes a log."
    )
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="CSV or npz: time, target, position, ...")
    others = "logs to foretell instead of fitting; without any, every fifth stretch of the others"
    parser.add_argument("--held-out", type=Path, nargs="+", default=[], metavar="LOG", help=others)
    _add_load_flags(parser)
    add_robot_flag(parser)
    parser.add_argument("--output", type=Path, metavar="FILE.html", help="write a page there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there as well")
    into = "write what the logs tell into that robot's robot.yaml, with ranges for training"
    parser.add_argument("--write", type=Path, metavar="FOLDER", help=into)
    return parser


def _add_load_flags(parser: CommandParser) -> None:
    parser.add_argument("--mass", type=positive_float, metavar="KG", help="of the load, where the log does not say")
    parser.add_argument("--length", type=positive_float, metavar="M", help="from the axis to the load's center of mass")
    parser.add_argument("--inertia", type=positive_float, metavar="KGM2", help="of the load about the axis")


def main(argv: Sequence[str] | None = None) -> int:
    """Does what the command line says and returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] and words[0] in COMMANDS:
        return COMMANDS[words[0]](words[1:])
    arguments = build_parser().parse_args(words)

    from playground_amp.cli.progress import progress
    from playground_amp.identify.identification import identify, usual_servo
    from playground_amp.identify.page import IDENTIFICATION, print_identification, write_json, write_page
    from playground_amp.identify.reading import read_bench_log
    from playground_amp.outputs import require_output
    from playground_amp.report.facts import REPORT_PAGE
    from playground_amp.robot.robot import load_robot

    inputs = [*arguments.logs, *arguments.held_out]
    for path, kind in ((arguments.output, REPORT_PAGE), (arguments.json, IDENTIFICATION)):
        if path:
            require_output(path, kind, *inputs)
    if arguments.write:
        _require_own_robot(arguments.write)
    robot = load_robot(arguments.robot or (str(arguments.write) if arguments.write else DEFAULT_ROBOT))
    logs, held_out = (
        [read_bench_log(path, _load_of(arguments)) for path in paths] for paths in (arguments.logs, arguments.held_out)
    )
    tell(f"fitting {sum(log.seconds for log in logs):.0f} s of {len(logs)} logs, about a minute")
    with progress("identifying", first="choosing where to begin") as show:
        found = identify(logs, held_out, usual_servo(robot), robot.gravity, show)
    print_identification(found)
    if arguments.json:
        write_json(found, arguments.json, *inputs)
    if arguments.output:
        write_page(found, robot.gravity, arguments.output, *inputs)
        tell(f"page: {arguments.output}")
    if arguments.write:
        from playground_amp.configs.loader import load_config
        from playground_amp.identify.robot_yaml import write_robot
        from playground_amp.paths import STANDARD

        control_dt = load_config(STANDARD, [], flags={"robot": str(arguments.write)}).env.control_dt
        tell(f"written: {write_robot(arguments.write, found.constants, control_dt)} (the former one beside it)")
    return 0


def _load_of(arguments: argparse.Namespace) -> dict[str, float]:
    return {name: value for name in _LOAD if (value := getattr(arguments, name)) is not None}


def _require_own_robot(folder: Path) -> None:
    from playground_amp.paths import ROBOTS
    from playground_amp.robot.models import robot_folder

    if robot_folder(str(folder)).is_relative_to(ROBOTS.resolve()):
        raise UserError(
            f"{folder} is a robot that ships: write into a copy of its folder, so that policies for it stay good"
        )


def plan(argv: Sequence[str]) -> int:
    """Print the bench protocol: what to build, which loads, which motions, which log each gives."""
    parser = subcommand_parser("plan", plan)
    add_robot_flag(parser)
    parser.add_argument("--length", type=positive_float, default=0.15, metavar="M", help="of the arm")
    arguments = parser.parse_args(argv)

    from playground_amp.identify.trials import protocol
    from playground_amp.robot.robot import load_robot

    robot = load_robot(arguments.robot or DEFAULT_ROBOT)
    tell(protocol(float(robot.torque_limit.max()), robot.gravity, arguments.length, command_line("identify")))
    return 0


def record(argv: Sequence[str]) -> int:
    """Take one log of the protocol from a servo on its bus."""
    parser = subcommand_parser("record", record)
    parser.add_argument("--hardware", type=Path, required=True, metavar="FILE", help="hardware.yaml")
    parser.add_argument("--joint", required=True, metavar="NAME", help="whose servo is on the bench")
    parser.add_argument("--trial", required=True, metavar="NAME", help="of the protocol: `plan` lists them")
    parser.add_argument("--mass", type=positive_float, required=True, metavar="KG", help="of the load")
    parser.add_argument("--length", type=positive_float, required=True, metavar="M", help="axis to center of mass")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.csv", help="the log")
    parser.add_argument("--yes", action="store_true", help="move without asking")
    arguments = parser.parse_args(argv)

    from playground_amp.hardware.hardware_file import read_hardware
    from playground_amp.identify.bench_session import BENCH_LOG, take_log
    from playground_amp.identify.trials import TRIALS, trial_named
    from playground_amp.outputs import require_output

    hardware = read_hardware(arguments.hardware)
    if arguments.joint not in hardware.servos:
        raise UserError(f"{arguments.hardware}: there is no joint {arguments.joint!r}")
    if arguments.trial not in [trial.name for trial in TRIALS]:
        raise UserError(f"trial {arguments.trial!r} is none of {', '.join(trial.name for trial in TRIALS)}")
    require_output(arguments.output, BENCH_LOG, arguments.hardware)
    if not arguments.yes and input("the servo will turn up to 1.2 rad each way; is the bench clear? [y/N] ") != "y":
        raise UserError("nothing was moved")
    rows = take_log(
        hardware, arguments.joint, trial_named(arguments.trial), arguments.mass, arguments.length, arguments.output
    )
    tell(f"{rows} readings: {arguments.output}")
    return 0


COMMANDS = {"plan": plan, "record": record}
