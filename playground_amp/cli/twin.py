"""The robot's other end on this computer: ports to open, servos and an IMU that answer.  See `twin.py --help`.

Exit status: 0, or 2 for a mistake in the command line, the robot or the hardware file.
"""

import argparse
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, add_robot_flag, finite_float, positive_float, whole_number
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import PROTOCOLS
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.twin.live import Twin

HOST, PORT = "127.0.0.1", 8011


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="A twin of the robot: pseudo-terminals that answer as its servos and its IMU do, with MuJoCo's "
        "robot behind them, in real time."
    )
    add_robot_flag(parser)
    built = parser.add_argument_group("how it is built")
    built.add_argument(
        "--hardware", type=Path, metavar="FILE", help="hardware.yaml of the robot (default: drawn by --seed)"
    )
    built.add_argument("--protocol", choices=PROTOCOLS, help="what the servos speak (default: as robot.yaml says)")
    built.add_argument("--seed", type=whole_number, default=0, metavar="N", help="draws what is drawn (default: 0)")
    built.add_argument(
        "--write-hardware", type=Path, metavar="FILE", help="write the hardware.yaml by which this twin can be driven"
    )
    built.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:PLACE][=AMOUNT]",
        help="what is wrong with it from the beginning, such as zero_off=8 or dead_servo:JOINT; may be repeated; "
        "what is not said is drawn by --seed",
    )
    built.add_argument("--damped", action="store_true", help="limp servos resist motion, as shorted motors do")
    life = parser.add_argument_group("how it lives")
    life.add_argument("--speed", type=positive_float, default=1.0, metavar="X", help="times real time (default: 1)")
    life.add_argument("--hold", action="store_true", help="the stand lets go only when it is told to")
    life.add_argument(
        "--push",
        type=_force,
        metavar="N",
        help="a push of so many newtons from a drawn side, every 3 s once it is free",
    )
    life.add_argument(
        "--control", type=_port, default=0, metavar="PORT", help="UDP port of the control socket (default: a free one)"
    )
    page = parser.add_argument_group("the page")
    page.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default: {HOST})")
    page.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page (default: {PORT})")
    page.add_argument("--no-window", action="store_true", help="without a page")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Lives until it is interrupted. Raises UserError."""
    arguments = build_parser().parse_args(argv)

    # Imported here: it takes seconds, which nobody should wait for a mistyped flag.
    from playground_amp.hardware.hardware_file import read_hardware
    from playground_amp.hardware.hardware_writing import write_hardware
    from playground_amp.robot.robot import load_robot
    from playground_amp.twin.live import Twin
    from playground_amp.twin.nominal import hardware_of_robot

    if arguments.hardware is not None and arguments.protocol is not None:
        raise UserError("--protocol: the hardware file says what the servos speak; leave it out")
    robot = load_robot(arguments.robot or DEFAULT_ROBOT)
    if arguments.hardware is None:
        written = hardware_of_robot(robot, arguments.seed, protocol=arguments.protocol)
    else:
        written = read_hardware(arguments.hardware)
    if not arguments.no_window:
        from playground_amp.cockpit.server import check_address

        check_address(arguments.host, arguments.port)
    twin = Twin(
        robot,
        written,
        speed=arguments.speed,
        seed=arguments.seed,
        hold=arguments.hold,
        damped=arguments.damped,
        control_port=arguments.control,
        faults=arguments.fault,
        push=arguments.push or 0.0,
    )
    if arguments.write_hardware is not None:
        write_hardware(arguments.write_hardware, twin.hardware)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with twin:
            _introduce(twin, arguments)
            twin.wait()
    except KeyboardInterrupt:
        pass
    return 0


def _introduce(twin: "Twin", arguments: argparse.Namespace) -> None:
    """Tells where everything is, and opens the window."""
    hardware = twin.hardware
    for name, board in hardware.boards.items():
        tell(f"{name}: {board.port} ({board.protocol}, {board.baud} baud)")
    tell(f"imu: {hardware.imu.port} ({hardware.imu.kind}, {hardware.imu.baud} baud)")
    tell(f"switches: datagrams to UDP port {hardware.switches.port}")
    tell(f"control: UDP port {twin.control_port}")
    for fault in twin.world.faults:
        tell(f"fault: {fault}")
    if not arguments.no_window:
        from playground_amp.cockpit.server import page_address
        from playground_amp.twin.window import open_window

        open_window(twin.world.robot, twin.control_port, arguments.host, arguments.port)
        tell(f"window: {page_address(arguments.host, arguments.port)} (a process of its own, there in some seconds)")
    tell("alive (Ctrl-C ends it)")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a whole number from 1 to 65535")
    return int(text)


def _force(text: str) -> float:
    if not 0 <= (value := finite_float(text)) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1000 N")
    return value
