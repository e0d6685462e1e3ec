"""Hold a robot's log against the simulation and name what is wrong: `python playground_amp/compare.py LOG`.

Exit status: 0 no cause found, 1 a cause is named, 2 a mistake in the command line or the file.
"""

from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_robot_flag
from playground_amp.telling import tell

HEALTHY_STATUS, CAUSE_STATUS = 0, 1


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="Replay a log of run.py through the simulation: how far both part, joint by joint, and what is the "
        "likely cause. Exit status: 0 no cause found, 1 a cause is named."
    )
    parser.add_argument("log", type=Path, metavar="LOG", help="a log that run.py wrote (.wrlog)")
    add_robot_flag(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help="the page (default: LOG with the ending .html)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument(
        "--for-identify", type=Path, metavar="FILE", help="write what identifying servos needs, as .npz too"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Compares as the command line says and returns the exit status. Raises UserError for a mistake."""
    arguments = build_parser().parse_args(argv)

    # Imported here: it takes a second, which nobody should wait for a mistyped path.
    from playground_amp.cli.progress import progress
    from playground_amp.compare.gap_report import make_report, open_log
    from playground_amp.compare.identification import IDENTIFY, write_columns
    from playground_amp.compare.telling_gaps import report_json, summary_text
    from playground_amp.outputs import json_object, require_output, write_output
    from playground_amp.report.facts import REPORT_PAGE

    path = arguments.log
    page, figures, columns = arguments.output or path.with_suffix(".html"), arguments.json, arguments.for_identify
    log, robot = open_log(path, arguments.robot)
    kind = json_object("the figures of a gap report (JSON)", "causes_named", "gaps")
    require_output(page, REPORT_PAGE, path)
    if figures:
        require_output(figures, kind, path, page)
    if columns:
        require_output(columns, IDENTIFY, path, page)

    from playground_amp.compare.gap_page import write_page

    with progress("comparing", first="reading the log") as show:
        report = make_report(path, log, robot, lambda words: show(0.0, words))
    write_page(report, page)
    if figures:
        write_output(figures, kind, report_json(report), path, page)
    if columns:
        write_columns(log, columns, path)
    tell(summary_text(report))
    tell(f"report: {page}")
    return CAUSE_STATUS if report.named else HEALTHY_STATUS
