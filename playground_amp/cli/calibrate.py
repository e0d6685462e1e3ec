"""A robot as it is built, into hardware.yaml: `python playground_amp/calibrate.py --help`.

Exit status: 0 written or shown, 1 the same with something to mend, 2 a mistake, or nothing could be found out.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser
from playground_amp.cli.subcommands import Subcommands, run_subcommand, subcommand_parser
from playground_amp.errors import UserError
from playground_amp.hardware.calibration.person import Person, Script, Terminal
from playground_amp.hardware.calibration.robot_facts import RobotFacts, facts_of_bundle
from playground_amp.hardware.calibration.servos import WAYS, with_ports
from playground_amp.hardware.calibration.steps import directions_step, imu_step, servos_step, zeros_step
from playground_amp.hardware.calibration.zeros import ZeroChange, pose_called
from playground_amp.hardware.hardware_file import HardwareFile, read_hardware
from playground_amp.hardware.hardware_writing import HARDWARE_FILE, write_hardware
from playground_amp.outputs import require_output
from playground_amp.telling import tell

FINE_STATUS, MEND_STATUS = 0, 1
_IDS = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_HIGHEST_ID = 252


def new(argv: Sequence[str]) -> int:
    """Write a first hardware.yaml with what the robot's folder knows: boards, ids by their order, limits."""
    parser = subcommand_parser("new", new)
    _add_file_flag(parser)
    parser.add_argument("--robot", default="wildrobot", metavar="NAME|PATH", help="a robot that ships, or its folder")
    parser.add_argument(
        "--port", action="append", default=[], metavar="DEV", help="a board's port, in robot.yaml's order"
    )
    parser.add_argument("--imu", default="", metavar="DEV", help="the IMU's port")
    arguments = parser.parse_args(argv)

    try:
        from playground_amp.robot.robot import load_robot
        from playground_amp.twin.nominal import hardware_of_robot
    except ImportError:
        raise UserError("calibrate new reads the robot's folder: run it where the whole package is") from None

    require_output(arguments.hardware, HARDWARE_FILE)
    hardware = hardware_of_robot(load_robot(arguments.robot))
    hardware = hardware._replace(boards={**hardware.boards, **with_ports(hardware, arguments.port).boards})
    _write(arguments.hardware, hardware._replace(imu=hardware.imu._replace(port=arguments.imu)))
    return FINE_STATUS


def servos(argv: Sequence[str]) -> int:
    """Find which servo is which joint and which way it turns."""
    parser = subcommand_parser("servos", servos)
    _add_common_flags(parser)
    _add_servo_flags(parser)
    arguments = parser.parse_args(argv)
    person, hardware, robot = _opened(arguments)
    ids = _ids(arguments.ids)
    _write(arguments.hardware, servos_step(person, hardware, robot, arguments.by, arguments.port, ids))
    return FINE_STATUS


def directions(argv: Sequence[str]) -> int:
    """Find which way each joint's servo turns."""
    parser = subcommand_parser("directions", directions)
    _add_common_flags(parser)
    _add_way_flag(parser)
    _add_joints_flag(parser)
    arguments = parser.parse_args(argv)
    person, hardware, robot = _opened(arguments)
    chosen = _chosen(arguments.joints, robot)
    _write(arguments.hardware, directions_step(person, hardware, robot, arguments.by, chosen))
    return FINE_STATUS


def zeros(argv: Sequence[str]) -> int:
    """Read the servos in a pose that is known, and set their zeros by it."""
    parser = subcommand_parser("zeros", zeros)
    _add_common_flags(parser)
    _add_pose_flag(parser)
    _add_joints_flag(parser)
    arguments = parser.parse_args(argv)
    person, hardware, robot = _opened(arguments)
    pose, chosen = pose_called(arguments.pose, robot), _chosen(arguments.joints, robot)
    hardware, changes = zeros_step(person, hardware, robot, {k: pose[k] for k in pose if k in chosen})
    _write(arguments.hardware, hardware)
    return _status(changes)


def imu(argv: Sequence[str]) -> int:
    """Find how the IMU is mounted, from three poses of the robot."""
    parser = subcommand_parser("imu", imu)
    _add_common_flags(parser)
    arguments = parser.parse_args(argv)
    person, hardware, robot = _opened(arguments)
    _write(arguments.hardware, imu_step(person, hardware, robot))
    return FINE_STATUS


def everything(argv: Sequence[str]) -> int:
    """Servos, zeros and IMU, one after the other; the file is written at the end, whole or not at all."""
    parser = subcommand_parser("all", everything)
    _add_common_flags(parser)
    _add_servo_flags(parser)
    _add_pose_flag(parser)
    arguments = parser.parse_args(argv)
    person, hardware, robot = _opened(arguments)
    ids, pose = _ids(arguments.ids), pose_called(arguments.pose, robot)
    hardware = servos_step(person, hardware, robot, arguments.by, arguments.port, ids)
    hardware, changes = zeros_step(person, hardware, robot, pose)
    _write(arguments.hardware, imu_step(person, hardware, robot))
    return _status(changes)


def show(argv: Sequence[str]) -> int:
    """Read all joints, the IMU and the switches once, and print them; nothing moves."""
    parser = subcommand_parser("show", show)
    _add_file_flag(parser)
    arguments = parser.parse_args(argv)

    from playground_amp.hardware.calibration.reading_table import reading_table
    from playground_amp.hardware.robot_bus import RobotBus

    hardware = read_hardware(arguments.hardware)
    with RobotBus(hardware) as bus:
        table = reading_table(hardware, bus)
    tell(table.text)
    return MEND_STATUS if table.silent else FINE_STATUS


COMMANDS: Subcommands = {
    "new": new,
    "servos": servos,
    "directions": directions,
    "zeros": zeros,
    "imu": imu,
    "all": everything,
    "show": show,
}


_OF_A_ROBOT = ("servos", "directions", "zeros", "imu", "all")  # commands that ask for its joints


def main(argv: Sequence[str] | None = None, bundle: Path | None = None) -> int:
    """Runs the command that is named first and returns its exit status. `bundle`: in which joints are looked up."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if bundle is not None and arguments[:1] and arguments[0] in _OF_A_ROBOT:
        arguments.insert(1, f"--bundle={bundle}")  # one that is named comes later, and wins
    return run_subcommand(COMMANDS, arguments)


def _add_file_flag(parser: CommandParser) -> None:
    parser.add_argument(
        "--hardware", type=Path, default=Path("hardware.yaml"), metavar="FILE", help="default: hardware.yaml"
    )


def _add_common_flags(parser: CommandParser) -> None:
    _add_file_flag(parser)
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="take joints, home and ranges from its manifest")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers to the questions, a line each")


def _add_way_flag(parser: CommandParser) -> None:
    parser.add_argument("--by", choices=WAYS, default="moving", help="the servo moves a little, or your hand moves it")


def _add_servo_flags(parser: CommandParser) -> None:
    _add_way_flag(parser)
    parser.add_argument(
        "--port", action="append", default=[], metavar="DEV", help="a board's port; default: the file's"
    )
    parser.add_argument("--ids", default="1-30", metavar="A-B,C", help="which ids to look for; default: 1-30")


def _add_pose_flag(parser: CommandParser) -> None:
    parser.add_argument(
        "--pose", default="home", metavar="home|zero|FILE", help="the pose it is held in; FILE: joint: rad"
    )


def _add_joints_flag(parser: CommandParser) -> None:
    parser.add_argument("--joints", default="", metavar="A,B", help="these alone; default: all")


def _opened(arguments: argparse.Namespace) -> tuple[Person, HardwareFile, RobotFacts]:
    """Who answers, the file as it is, and the robot that it is of."""
    require_output(arguments.hardware, HARDWARE_FILE)
    hardware = read_hardware(arguments.hardware)
    robot = facts_of_bundle(arguments.bundle) if arguments.bundle else _facts_of_folder(hardware.robot)
    if set(robot.joint_names) != set(hardware.joint_names):
        different = sorted(set(robot.joint_names) ^ set(hardware.joint_names))
        raise UserError(f"{arguments.hardware} has other joints than robot {robot.name}: {', '.join(different)}")
    person = Terminal() if arguments.answers is None else Script(_lines_of(arguments.answers))
    return person, hardware, robot


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UserError(f"the answers {path} cannot be read: {error}") from None


def _facts_of_folder(name: str) -> RobotFacts:
    try:
        from playground_amp.robot.robot import load_robot
        from playground_amp.twin.positive_motion import facts_of_robot
    except ImportError:
        raise UserError("without MuJoCo the joints are taken from a bundle: give --bundle DIR") from None
    return facts_of_robot(load_robot(name))


def _write(path: Path, hardware: HardwareFile) -> None:
    write_hardware(path, hardware)
    tell(f"{path}")


def _status(changes: Sequence[ZeroChange]) -> int:
    return MEND_STATUS if any(change.problem for change in changes) else FINE_STATUS


def _chosen(text: str, robot: RobotFacts) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text else robot.joint_names
    for name in names:
        if name not in robot.joint_names:
            raise UserError(f"--joints: there is no joint {name!r}; there are {', '.join(robot.joint_names)}")
    return names


def _ids(text: str) -> list[int]:
    """The ids of 1-30 or 1,2,7-9."""
    ids: list[int] = []
    for part in text.split(","):
        found = _IDS.fullmatch(part.strip())
        if not found or not int(found[1]) <= int(found[2] or found[1]) <= _HIGHEST_ID:
            raise UserError(f"--ids must be like 1-30 or 1,2,7-9, up to {_HIGHEST_ID}, found {text!r}")
        ids += range(int(found[1]), int(found[2] or found[1]) + 1)
    return ids
