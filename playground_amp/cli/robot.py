"""Your own robot: what its model is and what is wrong with it. `python playground_amp/robot.py --help`.

Exit status: 0 nothing to mend, 1 usable with the mends that are named, 2 it cannot be used, or a mistake in the command
line.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from playground_amp.cli.subcommands import Subcommands, run_subcommand, subcommand_parser
from playground_amp.errors import UserError
from playground_amp.paths import command_line
from playground_amp.telling import tell, warn

FINE_STATUS, MEND_STATUS = 0, 1


def inspect(argv: Sequence[str]) -> int:
    """Say what a robot's model is (MJCF, URDF or a robot's folder), and what is wrong with it."""
    parser = subcommand_parser("inspect", inspect)
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


def init(argv: Sequence[str]) -> int:
    """Make a robot's folder of an MJCF or a URDF: its model in normal form, and a robot.yaml with every origin."""
    arguments = _asked_of_init(argv)

    from playground_amp.configs.own_values import own_values
    from playground_amp.outputs import require_output
    from playground_amp.rendering.anatomy_picture import ANATOMY_PICTURE, save_anatomy_picture
    from playground_amp.robot.inspection.finding import urdf_words
    from playground_amp.robot.inspection.inspection import inspection_of
    from playground_amp.robot.making.designing import design_of
    from playground_amp.robot.making.folder import require_robot_folder, write_robot
    from playground_amp.robot.making.recognition import anatomy_of
    from playground_amp.robot.making.source import read_source

    require_robot_folder(arguments.output)
    folder = Path(os.path.realpath(arguments.output))
    picture = folder.with_name(f"{folder.name}.png")
    if not arguments.no_picture:
        require_output(picture, ANATOMY_PICTURE, arguments.path)
    source = read_source(arguments.path)
    for note in source.notes:
        warn(urdf_words(note.line) if source.kind == "URDF" else note.line)
    anatomy = anatomy_of(source)
    derived = arguments.gains == "derived"
    found = arguments.home == "found"
    design = design_of(source, anatomy, servo=arguments.servo, derived=derived, acting=arguments.joints, found=found)
    write_robot(arguments.output, source, anatomy, design, own_values(anatomy, design))
    tell(f"{anatomy.name}: {anatomy.mass:.3g} kg, legs of {anatomy.leg_length:.3g} m, {len(design.acts)} joints act")
    tell(f"home: {design.home.origin}")
    inspection = inspection_of(arguments.path, source, anatomy, design)
    if not arguments.no_picture:
        save_anatomy_picture(inspection, picture)
        tell(f"picture: {picture}")
    count = len(inspection.to_mend)
    asked = f"; {count} {'thing' if count == 1 else 'things'} to mend" if count else ""
    tell(f"wrote {arguments.output}: read its robot.yaml{asked} ({command_line('robot', 'inspect', arguments.path)})")
    return FINE_STATUS if design.home.stands else MEND_STATUS


def _asked_of_init(argv: Sequence[str]) -> argparse.Namespace:
    parser = subcommand_parser("init", init)
    parser.add_argument("path", type=Path, metavar="PATH", help="MJCF (.xml, .mjcf) or URDF of a biped")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the robot's new folder")
    parser.add_argument("--servo", metavar="NAME", help="the servo of every joint, such as XL330 or STS3215")
    gains = "the model's gains where it has some, or derived from weight and inertia"
    parser.add_argument("--gains", choices=("model", "derived"), default="model", help=gains)
    home = "a keyframe of the model in which it stands, where there is one, or a pose that is found"
    parser.add_argument("--home", choices=("keyframe", "found"), default="keyframe", help=home)
    names = "joints that act beside those of legs and waist: names, `arms`, `head`"
    parser.add_argument("--joints", nargs="+", default=[], metavar="NAME", help=names)
    parser.add_argument("--no-picture", action="store_true", help="without FOLDER.png, its front and side view")
    return parser.parse_args(argv)


COMMANDS: Subcommands = {"inspect": inspect, "init": init}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one of the commands and returns the exit status. Raises UserError for a mistake."""
    return run_subcommand(COMMANDS, argv)
