"""Watch and steer a policy in the browser, while it trains or after: `python playground_amp/play.py --help`.

Exit status: 0, or 2 for a mistake in the command line or the policy.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from playground_amp.command_line import CommandParser, run_command

HOST, PORT = "127.0.0.1", 8080


def build_parser() -> CommandParser:
    parser = CommandParser(description="Watch and steer a policy in the browser, while it trains or after.")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        required=True,
        metavar="PATH",
        help="final_iter_<N>.pkl, a run folder (its newest policy, again and again), or a bundle of export.py",
    )
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default: {HOST})")
    parser.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page (default: {PORT})")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the page until it is interrupted. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    _say(f"loading {arguments.checkpoint}")

    # Imported here: it takes seconds, which nobody should wait for a mistyped flag.
    from playground_amp.cockpit.loop import Cockpit
    from playground_amp.cockpit.policies import open_policies
    from playground_amp.cockpit.server import check_address, start_server

    check_address(arguments.host, arguments.port)
    source = open_policies(arguments.checkpoint, _say)
    server = start_server(arguments.host, arguments.port)
    try:
        cockpit = Cockpit(server, source, _say)
        _say(f"walking: open http://{arguments.host}:{arguments.port} in a browser (Ctrl-C ends it)")
        cockpit.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a whole number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    run_command(main)
