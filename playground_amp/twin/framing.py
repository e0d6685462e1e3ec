"""Frames out of what a line carries: the same search in every protocol."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from playground_amp.twin.serial_line import SplitOff


class Framing(NamedTuple):
    """What a protocol's frames look like."""

    header: bytes
    known: int  # bytes from the front that tell a frame's size
    size: Callable[[bytearray], int | None]  # from those; None: no frame begins like this
    is_right: Callable[[bytes], bool]  # a frame's checksum

    def split(self, buffer: bytearray) -> Iterator[SplitOff]:
        """Takes whole frames and garbage off the buffer's front."""
        while True:
            start = buffer.find(self.header)
            del buffer[: start if start >= 0 else max(0, len(buffer) - len(self.header) + 1)]
            if start < 0 or len(buffer) < self.known:
                return
            size = self.size(buffer)
            if size is None:
                del buffer[:1]
            elif len(buffer) < size:
                return
            elif self.is_right(frame := bytes(buffer[:size])):
                del buffer[:size]
                yield SplitOff(frame, len(buffer))
            else:
                del buffer[:1]


def complement(content: bytes | bytearray) -> int:
    """The checksum of Feetech's and of 0x55 0x55 frames, of what stands between the header and it."""
    return ~sum(content) & 0xFF


def ends_in_complement(frame: bytes) -> bool:
    """Whether the last byte of a frame with a header of two is the right one."""
    return frame[-1] == complement(frame[2:-1])
