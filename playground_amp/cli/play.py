"""Watch a policy and steer it in the browser, while it trains or after, or film it.  See `play.py --help`.

Exit status: 0, or 2 for a mistake in the command line or the policy, or a machine that cannot draw.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from playground_amp.cli.parser import CommandParser, add_robot_flag, finite_float, whole_number
from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.telling import tell

HOST, PORT = "127.0.0.1", 8080
SECONDS = 10.0


def build_parser() -> CommandParser:
    parser = CommandParser(description="Watch and steer a policy in the browser, while it trains or after, or film it.")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="PATH",
        help="final_iter_<N>.pkl, a run folder (its newest policy, again and again), or a bundle of export.py "
        "(default: the policy that ships with the robot)",
    )
    add_robot_flag(parser)
    parser.add_argument(
        "--command",
        type=finite_float,
        nargs=3,
        metavar=("FORWARD", "LEFT", "TURN"),
        help="m/s, m/s and rad/s that it is asked for at first (default: 0.3 0 0, scaled to the robot's size)",
    )
    page = parser.add_argument_group("the page")
    page.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default: {HOST})")
    page.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page (default: {PORT})")
    film = parser.add_argument_group("a film instead")
    film.add_argument("--video", type=Path, metavar="FILE.mp4", help="film the robot under --command; needs no screen")
    film.add_argument("--seconds", type=_seconds, metavar="S", help=f"length of the film (default: {SECONDS:g})")
    film.add_argument("--gate", metavar="NAME", help="film an episode of this gate, instead of --command")
    film.add_argument("--cell", metavar="NAME", help="of this cell of the gate (default: its first)")
    film.add_argument("--episode", type=whole_number, metavar="K", help="this one, counted from 0 (default: 0)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the page until it is interrupted, or films. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    _check_together(arguments)
    if arguments.checkpoint is None:
        from playground_amp.robot.models import shipped_policy

        arguments.checkpoint = shipped_policy(arguments.robot or DEFAULT_ROBOT)
    return _serve(arguments) if arguments.video is None else _film(arguments)


def _check_together(arguments: argparse.Namespace) -> None:
    """Raises UserError for flags that mean nothing beside the others."""
    needed_by = {"video": ("seconds", "gate"), "gate": ("cell", "episode")}
    for needed, flags in needed_by.items():
        for flag in flags:
            if getattr(arguments, flag) is not None and getattr(arguments, needed) is None:
                raise UserError(f"--{flag} means nothing without --{needed}")
    for flag in ("command", "seconds"):
        if arguments.gate and getattr(arguments, flag) is not None:
            raise UserError(f"--{flag}: the gate says what its episodes are asked for and how long; leave it out")


def _serve(arguments: argparse.Namespace) -> int:
    tell(f"loading {arguments.checkpoint}")

    # Imported here: it takes seconds, which nobody should wait for a mistyped flag.
    from playground_amp.cockpit.first_command import first_command
    from playground_amp.cockpit.loop import Cockpit
    from playground_amp.cockpit.server import check_address, page_address, start_server
    from playground_amp.policies.opening import open_policy

    check_address(arguments.host, arguments.port)
    source = open_policy(arguments.checkpoint, arguments.robot, tell)
    command = first_command(source, arguments.command and tuple(arguments.command))
    server = start_server(arguments.host, arguments.port)
    try:
        cockpit = Cockpit(server, source, command, tell)
        tell(f"walking: open {page_address(arguments.host, arguments.port)} in a browser (Ctrl-C ends it)")
        cockpit.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


def _film(arguments: argparse.Namespace) -> int:
    if arguments.video.suffix != ".mp4":
        raise UserError(f"--video {arguments.video}: the film is an MP4, name it FILE.mp4")

    from playground_amp.outputs import require_output
    from playground_amp.rendering.video import VIDEO

    require_output(arguments.video, VIDEO, arguments.checkpoint)
    tell(f"loading {arguments.checkpoint}")

    from playground_amp.cli.progress import progress
    from playground_amp.cockpit import film
    from playground_amp.cockpit.first_command import first_command
    from playground_amp.gates.gates import find_gate
    from playground_amp.physics.registry import prepare
    from playground_amp.policies.opening import open_policy
    from playground_amp.robot.robot import load_robot

    path, episode = arguments.video, arguments.episode or 0
    gate = find_gate(arguments.gate) if arguments.gate else None
    source = open_policy(arguments.checkpoint, arguments.robot, tell)
    if gate:
        gate = film.choose_cell(gate.scaled_for(load_robot(source.config.robot, "flat")), arguments.cell, episode)
        prepare(gate.cells[0].physics.engine)
        result = film.film_episode(source, gate, episode, path, tell)
    else:
        command = first_command(source, arguments.command and tuple(arguments.command))
        with progress("filming", first="walking") as show:
            result = film.film_command(source, command, arguments.seconds or SECONDS, path, tell, show)
    tell(f"video: {arguments.video} ({result})")
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a whole number from 1 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    value = finite_float(text)
    if not 0 < value <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 600 s")
    return value
