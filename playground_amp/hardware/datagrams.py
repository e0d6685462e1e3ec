"""Datagrams from programs on the same computer, which are read without waiting for them."""

import contextlib
import socket
from collections.abc import Iterator

LOCALHOST = "127.0.0.1"
_MOST_AT_ONCE = 256  # so that whoever sends without pause does not hold up the loop


def listen(port: int) -> socket.socket:
    """A socket at a port of this computer alone; 0: at a free one. Raises OSError if it cannot be opened."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.bind((LOCALHOST, port))
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def arrived(listening: socket.socket, size: int) -> Iterator[bytes]:
    """What has come so far, the oldest first, each cut to `size` bytes."""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        for _ in range(_MOST_AT_ONCE):
            yield listening.recv(size)
