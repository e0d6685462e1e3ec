"""The web server of the page."""

from contextlib import suppress

import pytest
import viser
from ports import free_port
from websockets import ConnectionClosed, Subprotocol
from websockets.sync.client import connect

from playground_amp.cockpit.server import page_address, start_server


def test_the_address_of_the_page_can_be_typed_into_a_browser() -> None:
    assert page_address("127.0.0.1", 8080) == "http://127.0.0.1:8080"
    assert page_address("::1", 8099) == "http://[::1]:8099"


def test_what_is_no_message_closes_the_connection_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    server = start_server("127.0.0.1", port)
    try:
        for sent in (b"", b"\xff" * 1000, "text", b"\x92\x01\x02", b"\x81\xa4type\xa4Nope"):
            with connect(f"ws://127.0.0.1:{port}", subprotocols=[Subprotocol(f"viser-v{viser.__version__}")]) as page:
                page.send(sent)
                with suppress(ConnectionClosed):
                    while True:
                        page.recv(timeout=10)  # TimeoutError if it stays open
    finally:
        server.stop()
    said = capsys.readouterr().err
    assert said == "the page left aside what a browser sent: it is no message of the page\n"
