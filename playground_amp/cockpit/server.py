"""The web server of the page: on the address that was asked for, or not at all."""

import contextlib
import errno
import io
import logging
import socket

import viser

from playground_amp.errors import UserError
from playground_amp.telling import warn_once


def start_server(host: str, port: int) -> viser.ViserServer:
    """viser's server on exactly this address, with the page's look.

    Raises UserError if the address cannot be used.
    """
    check_address(host, port)
    _say_in_a_sentence()
    with contextlib.redirect_stdout(io.StringIO()):  # it announces itself; play.py does so in its own words
        server = viser.ViserServer(host, port, label="WildRobot", verbose=False)
    if server.get_port() != port:  # somebody took it since it was checked: viser then tries the next ones
        server.stop()
        raise _taken(port)
    server.gui.configure_theme(
        control_width="large", show_logo=False, show_share_button=False, brand_color=(242, 115, 31)
    )
    return server


def _say_in_a_sentence() -> None:
    """Has what a browser, or whoever connects, sends in error said in a sentence once, not by a traceback each time."""
    for name in ("websockets.server", "asyncio"):
        logger = logging.getLogger(name)
        logger.addFilter(_without_traceback)  # the same one is added once


def _without_traceback(record: logging.LogRecord) -> bool:
    if not record.exc_info:
        return record.levelno >= logging.ERROR
    warn_once("the page left aside what a browser sent: it is no message of the page")
    return False


def page_address(host: str, port: int) -> str:
    """What a person types into a browser."""
    return f"http://{_bracketed(host)}:{port}"


def check_address(host: str, port: int) -> None:
    """Raises UserError unless this address can be listened on now."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise UserError(f"--host {host}: {error.strerror}") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _taken(port) from None
        raise UserError(f"cannot listen on {_bracketed(host)}:{port}: {error.strerror}") from None


def _bracketed(host: str) -> str:
    """An IPv6 address in the brackets that set its colons apart from the port's."""
    return f"[{host}]" if ":" in host else host


def _taken(port: int) -> UserError:
    return UserError(f"port {port} is taken by another program: name another one, as in --port {port + 1}")
