"""Telling is never vital: what cannot be told is left out, and whoever tells goes on.

A command's standard streams may be gone (`| head -1`), full (a log on a full disk), closed (`>&-`), the terminal of a
session that was hung up, or unable to write a character (an ASCII terminal). None of this may end a run of hours.
"""

import codecs
import contextlib
import errno
import io
import os
import select
import sys
from typing import Literal

_PATIENCE = 1.0  # s for a stream that does not block and is full at the moment
_ANSWER = "readable"  # the error handler of encodings
_READABLE = {"≤": "<=", "≥": ">=", "→": "->", "…": "...", "×": "x", "·": "*", "±": "+-", "–": "-", "—": "-", "−": "-"}
_READABLE |= dict.fromkeys("─━═╌╍┄┅╴╶╸╺╼╾", "-") | dict.fromkeys("│┃║╎╏", "|")
_BOX_DRAWING = range(0x2500, 0x2580)
_COMMANDS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "?")
"""Characters that command a terminal, or turn the direction of writing: names in strangers' files may hold them."""
_COMMANDS |= {ord(character): character for character in "\n\t"}
_ESCAPED_BYTES = range(0xDC80, 0xDD00)  # how Python holds bytes of a file name that are no text

_told: set[str] = set()


def tell(text: str, to: Literal["stdout", "stderr"] = "stdout") -> None:
    """Prints a line, at once and as mere text; where that is impossible, nothing happens."""
    stream = getattr(sys, to)
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:  # closed before the process started
            print(text.translate(_COMMANDS), file=stream, flush=True)


def warn(text: str) -> None:
    """Prints a line on standard error."""
    tell(text, "stderr")


def warn_once(text: str) -> None:
    """The same, the first time that this process has to say it."""
    if text not in _told:
        _told.add(text)
        warn(text)


def forgive_streams() -> None:
    """Has all that this process prints from now on, libraries included, forgive its streams whatever happens to them.

    A descriptor that is closed is opened on nothing: the next file opened would get its number, and with it whatever
    a library writes there. Streams that somebody else has put in place (a test) stay.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        closed = _open_on_nothing(number)
        stream = getattr(sys, name)
        if stream is not None and stream is not getattr(sys, f"__{name}__"):
            continue
        if number == 0:
            sys.stdin = stream if not closed else open(os.devnull)  # noqa: SIM115 (open as long as the process)
        else:
            setattr(sys, name, _forgiving(number, name, stream))


class _Descriptor(io.RawIOBase):
    """A file descriptor that takes everything and passes on what it can."""

    def __init__(self, number: int, name: str) -> None:
        self.name, self._number, self._refused = f"<{name}>", number, False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, content, /) -> int:  # type: ignore[override]  (any buffer)
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[self._pass_on(rest) :]
        except OSError as error:
            self._note(error)
        return len(content)

    def _pass_on(self, content: memoryview) -> int:
        try:
            return os.write(self._number, content)
        except BlockingIOError:  # somebody has set the terminal that we share to this
            if not select.select([], [self._number], [], _PATIENCE)[1]:
                raise
            return 0

    def _note(self, error: OSError) -> None:
        """Says once, on standard error, that standard output is lost; not to `head`, which had what it wanted."""
        told, self._refused = self._refused, True
        if self._number == 1 and not told and error.errno != errno.EPIPE:
            warn(f"standard output cannot be written ({error.strerror}): going on without it")


def _forgiving(number: int, name: str, stream: io.TextIOBase | None) -> io.TextIOWrapper:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()  # pyright: ignore[reportOptionalMemberAccess]  (None where it was closed)
    buffer = io.BufferedWriter(_Descriptor(number, name))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return io.TextIOWrapper(buffer, encoding=encoding, errors=_ANSWER, line_buffering=True)


def _open_on_nothing(number: int) -> bool:
    """Opens a standard descriptor that is closed on nothing; returns whether it was."""
    try:
        os.fstat(number)
    except OSError:
        nothing = os.open(os.devnull, os.O_RDWR)
        if nothing != number:
            os.dup2(nothing, number)
            os.close(nothing)
        os.set_inheritable(number, True)
        return True
    return False


def _readable(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for a character that an encoding lacks; the bytes of a file name as they are."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if ord(character) in _ESCAPED_BYTES:
        return bytes([ord(character) - 0xDC00]), error.start + 1
    otherwise = "+" if ord(character) in _BOX_DRAWING else "?"
    return _READABLE.get(character, otherwise), error.start + 1


codecs.register_error(_ANSWER, _readable)
