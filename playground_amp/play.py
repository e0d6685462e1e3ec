"""Watch a policy and steer it in the browser, while it trains or after, or film it.  See `play.py --help`.

Exit status: 0, or 2 for a mistake in the command line or the policy, or a machine that cannot draw.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from playground_amp.command_line import CommandParser, require_writable, run_command
from playground_amp.configs.errors import UserError

HOST, PORT = "127.0.0.1", 8080
COMMAND = (0.3, 0.0, 0.0)
SECONDS = 10.0


def build_parser() -> CommandParser:
    parser = CommandParser(description="Watch and steer a policy in the browser, while it trains or after, or film it.")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        required=True,
        metavar="PATH",
        help="final_iter_<N>.pkl, a run folder (its newest policy, again and again), or a bundle of export.py",
    )
    parser.add_argument(
        "--command",
        type=_finite,
        nargs=3,
        default=COMMAND,
        metavar=("FORWARD", "LEFT", "TURN"),
        help=f"m/s, m/s and rad/s that it is asked for at first (default: {COMMAND[0]:g} 0 0)",
    )
    page = parser.add_argument_group("the page")
    page.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default: {HOST})")
    page.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page (default: {PORT})")
    film = parser.add_argument_group("a film instead")
    film.add_argument("--video", type=Path, metavar="FILE.mp4", help="film the robot under --command; needs no screen")
    film.add_argument("--seconds", type=_seconds, metavar="S", help=f"length of the film (default: {SECONDS:g})")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the page until it is interrupted, or films. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    if arguments.video is None and arguments.seconds is not None:
        raise UserError("--seconds is the length of a film: name one with --video FILE.mp4")
    return _serve(arguments) if arguments.video is None else _film(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    _say(f"loading {arguments.checkpoint}")

    # Imported here: it takes seconds, which nobody should wait for a mistyped flag.
    from playground_amp.cockpit.film import check_command
    from playground_amp.cockpit.loop import Cockpit
    from playground_amp.cockpit.policies import open_policies
    from playground_amp.cockpit.server import check_address, start_server

    check_address(arguments.host, arguments.port)
    source = open_policies(arguments.checkpoint, _say)
    check_command(source, arguments.command)
    server = start_server(arguments.host, arguments.port)
    try:
        cockpit = Cockpit(server, source, arguments.command, _say)
        _say(f"walking: open http://{arguments.host}:{arguments.port} in a browser (Ctrl-C ends it)")
        cockpit.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


def _film(arguments: argparse.Namespace) -> int:
    if arguments.video.suffix != ".mp4":
        raise UserError(f"--video {arguments.video}: the film is an MP4, name it FILE.mp4")
    require_writable(arguments.video.parent, str(arguments.video))
    _say(f"loading {arguments.checkpoint}")

    from playground_amp.cockpit.film import check_command, film_command
    from playground_amp.cockpit.policies import open_policies

    source = open_policies(arguments.checkpoint, _say)
    check_command(source, arguments.command)
    result = film_command(source, arguments.command, arguments.seconds or SECONDS, arguments.video, _say)
    print(f"video: {arguments.video} ({result})")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a whole number from 1 to 65535")
    return int(text)


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is no number")
    return value


def _seconds(text: str) -> float:
    value = _finite(text)
    if not 0 < value <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 600 s")
    return value


if __name__ == "__main__":
    run_command(main)
