"""Look for what makes a motion prior fail, before a step is spent: `python playground_amp/doctor.py --help`.

Exit status: 0 healthy, 1 sick, 2 a mistake in the command line, the configuration or a file.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_robot_flag, robot_given
from playground_amp.paths import PACKAGE, STANDARD, find_config

HEALTHY_STATUS, SICK_STATUS = 0, 1
DEFAULT_CONFIG = STANDARD.relative_to(PACKAGE)


def build_parser() -> CommandParser:
    parser = CommandParser(description="Check the motion prior: demonstrations, what gives them away, and what pays.")
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"YAML file (default: {DEFAULT_CONFIG})"
    )
    add_robot_flag(parser)
    parser.add_argument(
        "--demonstrations",
        type=Path,
        metavar="PATH",
        help="folder of clips, or one clip (default: amp.demonstrations, else those that come with the robot)",
    )
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="override keys of the YAML, dotted or as short as is unique",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Examines as the command line says, prints what was found and returns the exit status."""
    arguments = build_parser().parse_args(argv)

    from playground_amp.configs.loader import load_config

    given = arguments.demonstrations
    clips = [] if given is None else [f"amp.demonstrations={json.dumps(str(given))}"]
    path = find_config(arguments.config)
    config = load_config(path, [*arguments.set, *clips], flags=robot_given(arguments), flag_names={"robot": "--robot"})

    from playground_amp.cli.progress import progress
    from playground_amp.doctor.examination import examine
    from playground_amp.doctor.report import print_checks, print_leaks
    from playground_amp.physics.registry import check_engine, prepare

    prepare(check_engine(config.physics))
    with progress("examining", first="reading the clips") as show:
        examination = examine(config, show)
    print_checks(examination.checks, examination.source)
    print_leaks(examination.leaks)
    return HEALTHY_STATUS if all(check.passed for check in examination.checks) else SICK_STATUS
