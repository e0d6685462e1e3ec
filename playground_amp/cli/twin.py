"""The robot's other end on this computer: ports to open, servos and an IMU that answer.  See `twin.py --help`.

Exit status: 0, or 2 for a mistake in the command line, the robot or the hardware file.
"""

from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_robot_flag, positive_float, whole_number
from playground_amp.hardware.hardware_file import PROTOCOLS
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.telling import tell


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
    life = parser.add_argument_group("how it lives")
    life.add_argument("--speed", type=positive_float, default=1.0, metavar="X", help="times real time (default: 1)")
    life.add_argument("--hold", action="store_true", help="the stand lets go only when it is told to")
    life.add_argument(
        "--control", type=whole_number, default=0, metavar="PORT", help="UDP port of the control socket (default: free)"
    )
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

    robot = load_robot(arguments.robot or DEFAULT_ROBOT)
    if arguments.hardware is None:
        written = hardware_of_robot(robot, arguments.seed, protocol=arguments.protocol)
    else:
        written = read_hardware(arguments.hardware)
    twin = Twin(
        robot,
        written,
        speed=arguments.speed,
        seed=arguments.seed,
        hold=arguments.hold,
        control_port=arguments.control,
        faults=arguments.fault,
    )
    if arguments.write_hardware is not None:
        write_hardware(arguments.write_hardware, twin.hardware)
    try:
        with twin:
            for name, board in twin.hardware.boards.items():
                tell(f"{name}: {board.port} ({board.protocol}, {board.baud} baud)")
            tell(f"imu: {twin.hardware.imu.port}")
            tell(f"control: udp {twin.control_port}")
            tell("alive (Ctrl-C ends it)")
            twin.wait()
    except KeyboardInterrupt:
        pass
    return 0
