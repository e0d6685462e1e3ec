"""Make the report of a run without judging it anew, or compare two: `python playground_amp/report.py --help`.

`evaluate.py --report` judges and makes the same report.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_checkpoint_flag, add_robot_flag
from playground_amp.errors import UserError
from playground_amp.paths import command_line
from playground_amp.telling import tell

COMPARISON = "comparison.html"


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="Make the report of a run, or compare two runs A B: one HTML file, from what their folders hold."
    )
    parser.add_argument(
        "runs", type=Path, nargs="*", metavar="RUN", help="a run or a policy of one; two of them are compared"
    )
    add_checkpoint_flag(parser)
    add_robot_flag(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"the page (default: report.html in the run folder, {COMPARISON} here)",
    )
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="video to show, instead of filming one")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the report and returns the exit status. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    named = [*arguments.runs, *([arguments.checkpoint] if arguments.checkpoint else [])]
    if not named:
        raise UserError(f"name a run, or two to compare: {command_line('report', 'RUN')}")
    if len(named) > 2 or (len(named) == 2 and arguments.video):
        raise UserError(f"two runs are compared, without --video: {command_line('report', 'A', 'B')}")

    from playground_amp.runs.checkpoint import find_checkpoint

    first, *others = [find_checkpoint(path) for path in named]
    return _compare(first, others[0], arguments) if others else _report(first, arguments)


def _report(checkpoint: Path, arguments: argparse.Namespace) -> int:
    # Imported here: it takes a second, which nobody should wait for a mistyped path.
    from playground_amp.outputs import require_output
    from playground_amp.report.facts import REPORT_PAGE, read_facts

    facts = read_facts(checkpoint, arguments.robot)
    path = arguments.output or facts.report
    if arguments.video and not os.path.isfile(arguments.video):
        raise UserError(f"there is no video {arguments.video}")
    require_output(path, REPORT_PAGE, *filter(None, (checkpoint, arguments.video)))

    from playground_amp.cli.progress import progress
    from playground_amp.report.page import write_report

    with progress("report", first="reading the run") as show:
        write_report(facts, path, film=arguments.video, report_progress=show)
    tell(f"report: {path}")
    return 0


def _compare(one: Path, other: Path, arguments: argparse.Namespace) -> int:
    from playground_amp.outputs import require_output
    from playground_amp.report.facts import REPORT_PAGE, read_facts

    first, second = (read_facts(checkpoint, arguments.robot) for checkpoint in (one, other))
    path = arguments.output or Path(COMPARISON)
    require_output(path, REPORT_PAGE, first.checkpoint, second.checkpoint)

    from playground_amp.report.comparison import write_comparison

    write_comparison(first, second, path)
    tell(f"comparison: {path}")
    return 0
