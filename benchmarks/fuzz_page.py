"""A target of fuzz.py: what a browser, or whoever connects, may send to the cockpit's page."""

import contextlib
import io
import math
import random
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import viser
from websockets import ConnectionClosed, Subprotocol
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from playground_amp.cockpit.panel import Panel
from playground_amp.cockpit.server import start_server
from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot

_PROTOCOL = Subprotocol(f"viser-v{viser.__version__}")
_ODD = (None, True, -1, 0, 1e308, math.nan, math.inf, 2**62, "", "x", [], [[]], {}, {"a": 1}, b"\0", "é" * 1000)
_KINDS = (
    "GuiUpdateMessage",
    "GuiButtonHoldMessage",
    "GuiFormSubmitMessage",
    "CommandTriggerMessage",
    "ViewerCameraMessage",
)
_KINDS += (
    "FileTransferStartUpload",
    "FileTransferPart",
    "ScenePointerMessage",
    "GuiRemoveMessage",
    "ThemeConfigurationMessage",
)
_FIELDS = (
    "uuid",
    "updates",
    "type",
    "name",
    "value",
    "transfer_uuid",
    "source_component_uuid",
    "part_count",
    "content",
)
_PROPERTIES = (
    "value",
    "min",
    "max",
    "step",
    "label",
    "disabled",
    "visible",
    "order",
    "removed",
    "update_cb",
    "is_button",
)
_QUIET = 0.05  # s without an answer


class _Page(NamedTuple):
    port: int
    server: viser.ViserServer
    panel: Panel
    controls: list[str]


def websocket(rng: random.Random, folder: Path) -> object:
    """A few messages, most of them in the page's own form; after them the page serves others as before."""
    page = _page()
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(said):
        with contextlib.suppress(ConnectionClosed), _connected(page) as visitor:
            for _ in range(rng.choice((1, 2, 6))):
                visitor.send(_message(rng, page))
            _hear(visitor)
        with _connected(page) as other:
            heard = _hear(other)
        wishes, speed, push = page.panel.wishes, page.panel.speed, page.panel.push_force
        page.panel.next_press()
    assert heard, "the page serves nobody any more"
    assert all(math.isfinite(each) for each in (*wishes, speed, push, page.panel.push_angle)), wishes
    assert "Traceback" not in said.getvalue(), said.getvalue()[-300:]
    return wishes


def _message(rng: random.Random, page: _Page) -> bytes | str:
    kind = rng.choice(_KINDS)
    content: dict[str, object] = {"type": kind, "uuid": rng.choice(page.controls)}
    if kind == "GuiUpdateMessage":
        content["updates"] = {rng.choice(_PROPERTIES): rng.choice(_ODD) for _ in range(rng.choice((1, 1, 3)))}
    for _ in range(rng.choice((0, 0, 1, 3))):
        content[rng.choice(_FIELDS)] = rng.choice(_ODD)
    data = bytearray(msgspec.msgpack.encode(content))
    if rng.random() < 0.2:
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.1:
        del data[rng.randrange(len(data)) :]
    return "text" if rng.random() < 0.02 else bytes(data)


@cache
def _page() -> _Page:
    """One for all cases: whoever sends nonsense must not spoil it for the next."""
    config = load_config(STANDARD)
    for port in range(28080, 28180):
        with contextlib.suppress(Exception):
            server = start_server("127.0.0.1", port)
            panel = Panel(server, load_robot(config.robot, "flat"), config, (0.3, 0.0, 0.0))
            return _Page(port, server, panel, sorted(server.gui._gui_input_handle_from_uuid))
    raise RuntimeError("no free port")


def _connected(page: _Page) -> Connection:
    return connect(f"ws://127.0.0.1:{page.port}", subprotocols=[_PROTOCOL], max_size=None, open_timeout=10)


def _hear(visitor: Connection) -> int:
    """Messages until the page says nothing for a moment."""
    heard = 0
    with contextlib.suppress(TimeoutError, ConnectionClosed):
        while True:
            visitor.recv(timeout=_QUIET if heard else 10)
            heard += 1
    return heard
