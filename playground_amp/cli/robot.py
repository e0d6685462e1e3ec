"""Your own robot: what its model is and what is wrong with it. `python playground_amp/robot.py --help`.

Exit status: 0 nothing to mend, 1 usable with the mends that are named, 2 it cannot be used, or a mistake in the command
line.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser
from playground_amp.errors import UserError
from playground_amp.telling import tell

FINE_STATUS, MEND_STATUS = 0, 1


def inspect(argv: Sequence[str]) -> int:
    """Say what a robot's model is (MJCF, URDF or a robot's folder), and what is wrong with it."""
    parser = _parser("inspect", inspect)
    parser.add_argument("path", type=Path, metavar="PATH", help="MJCF (.xml, .mjcf), URDF, or the folder of a robot")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there as well")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw front and side view there")
    arguments = parser.parse_args(argv)

    from playground_amp.outputs import require_output
    from playground_amp.robot.inspection.inspection import inspect_robot
    from playground_amp.robot.inspection.page import print_inspection
    from playground_amp.robot.inspection.plain import INSPECTION, plain_inspection, plain_refusal

    if arguments.json:
        require_output(arguments.json, INSPECTION, arguments.path)
    if arguments.picture:
        from playground_amp.rendering.anatomy_picture import ANATOMY_PICTURE, save_anatomy_picture

        require_output(arguments.picture, ANATOMY_PICTURE, arguments.path)
    try:
        inspection = inspect_robot(arguments.path)
    except UserError as error:
        _write_json(arguments.json, plain_refusal(str(arguments.path), error))
        raise
    print_inspection(inspection)
    _write_json(arguments.json, plain_inspection(inspection))
    if arguments.picture:
        save_anatomy_picture(inspection, arguments.picture)
        tell(str(arguments.picture))
    return MEND_STATUS if inspection.to_mend else FINE_STATUS


def _write_json(path: Path | None, content: Mapping[str, object]) -> None:
    from playground_amp.outputs import write_output
    from playground_amp.robot.inspection.plain import INSPECTION

    if path:
        write_output(path, INSPECTION, f"{json.dumps(content, indent=1)}\n".encode())


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"inspect": inspect}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one of the commands and returns the exit status. Raises UserError for a mistake."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        tell(_overview())
        return FINE_STATUS
    if name not in COMMANDS:
        raise UserError(f"'{name}' is no command of robot.py; it can be {', '.join(COMMANDS)}")
    return COMMANDS[name](arguments[1:])


def _overview() -> str:
    lines = [f"  {name:<10}{(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: robot.py COMMAND [...] (robot.py COMMAND --help lists its flags)", "", *lines])


def _parser(name: str, command: Callable[[Sequence[str]], int]) -> CommandParser:
    parser = CommandParser(description=command.__doc__ or "")
    parser.prog = f"{parser.prog} {name}"
    return parser
