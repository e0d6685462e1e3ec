"""Look for what makes a motion prior fail, before a step is spent: `python playground_amp/doctor.py --help`.

With a policy, it also measures how alike its walks are to the demonstrations.

Exit status: 0 healthy, 1 sick, 2 a mistake in the command line, the configuration or a file.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, add_checkpoint_flag, add_robot_flag, robot_given
from playground_amp.paths import PACKAGE, STANDARD, find_config

if TYPE_CHECKING:
    from playground_amp.configs.schema import Config
    from playground_amp.motion.likeness import Likeness
    from playground_amp.runs.checkpoint import SavedPolicy

HEALTHY_STATUS, SICK_STATUS = 0, 1
DEFAULT_CONFIG = STANDARD.relative_to(PACKAGE)


def build_parser() -> CommandParser:
    parser = CommandParser(description="Check the motion prior: demonstrations, what gives them away, and what pays.")
    parser.add_argument("--config", type=Path, metavar="PATH", help=f"YAML file (default: {DEFAULT_CONFIG})")
    add_checkpoint_flag(parser)
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

    policy = _read_policy(arguments) if arguments.checkpoint else None
    config = _resolve_config(arguments, policy)

    from playground_amp.cli.progress import progress
    from playground_amp.doctor.examination import examine
    from playground_amp.doctor.report import print_checks, print_leaks, print_likeness
    from playground_amp.physics.registry import check_engine, prepare

    prepare(check_engine(config.physics))
    with progress("examining", first="reading the clips") as show:
        examination = examine(config, show)
    print_checks(examination.checks, examination.source)
    print_leaks(examination.leaks)
    columns = {"the demonstrations themselves": examination.own, "the policy": policy and _measure(policy, config)}
    if known := {name: alike for name, alike in columns.items() if alike is not None}:
        print_likeness(known)
    return HEALTHY_STATUS if all(check.passed for check in examination.checks) else SICK_STATUS


def _read_policy(arguments: argparse.Namespace) -> "SavedPolicy":
    from playground_amp.runs.checkpoint import find_checkpoint, read_policy

    return read_policy(find_checkpoint(arguments.checkpoint), arguments.robot)


def _resolve_config(arguments: argparse.Namespace, policy: "SavedPolicy | None") -> "Config":
    """Of the file, or without one of the policy, with what the command line changes."""
    from playground_amp.configs.loader import load_config, overridden

    given = arguments.demonstrations
    clips = [] if given is None else [f"amp.demonstrations={json.dumps(str(given))}"]
    changes, flags, names = [*arguments.set, *clips], robot_given(arguments), {"robot": "--robot"}
    if policy is not None and arguments.config is None:
        return overridden(policy.config, str(policy.path), changes, flags=flags, flag_names=names)
    return load_config(find_config(arguments.config or DEFAULT_CONFIG), changes, flags=flags, flag_names=names)


def _measure(policy: "SavedPolicy", config: "Config") -> "Likeness | None":
    """The policy in the task that it was trained for, beside the clips of a configuration."""
    from playground_amp.cli.progress import progress
    from playground_amp.motion.demonstrations import read_demonstrations
    from playground_amp.record.beside import walk_beside

    clips, _ = read_demonstrations(config)
    with progress("comparing", first="the policy walks") as show:
        beside = walk_beside(policy.config, policy.params, clips)
        show(0.5, "training a fresh judge")
        return beside.likeness(policy.robot)
