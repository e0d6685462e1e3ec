"""What a command writes to a place that the user names: never over an input or anything that is not its like.

A file is replaced only by one of its kind, recognized by its content; of a folder only the files that an earlier
output put there. What is asked for is held against these rules before the work starts, and again when it is done.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.files import is_open_stream, replacing, require_writable, sync


class OutputKind(NamedTuple):
    """A kind of file that this program writes."""

    name: str  # with its article: "a gate's result (JSON)"
    recognizes: Callable[[Path], bool]  # an earlier one, by its content
    streamed: bool = True  # whether a device or a pipe takes it too


class FolderKind(NamedTuple):
    """A kind of folder that this program writes, with a file that lists the others."""

    name: str
    index: str  # written last: as long as it is not there, the others are no such folder
    listed: Callable[[Path], Mapping[str, str | None] | None]
    """From the index: file name → SHA-256 (None: not known) of what an earlier output put there; None: it is of
    another program."""
    removes: bool = True  # what an earlier output has and the new one lacks


def json_object(name: str, *keys: str) -> OutputKind:
    """The kind of a JSON object that has at least these keys."""

    def recognizes(path: Path) -> bool:
        content = read_json(path)
        return isinstance(content, dict) and set(keys) <= set(content)

    return OutputKind(name, recognizes)


def read_json(path: Path) -> object:
    """The content of a file that may be anything; None if it is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def require_output(path: Path, kind: OutputKind, *apart_from: Path) -> None:
    """Makes the folder of `path` if it is not there.

    Raises UserError unless `path` can become a file of that kind: nothing is there, an empty file, or an earlier one
    of that kind, and it is none of `apart_from` (inputs, other outputs) under whatever name.
    """
    _require_free(path, kind, apart_from)
    if not _is_stream(path):
        require_writable(_real(path).parent, str(path))


def write_output(path: Path, kind: OutputKind, content: bytes, *apart_from: Path) -> None:
    """Writes a file whole or not at all. Raises UserError as `require_output`, or if the disk refuses it."""
    if _is_stream(path):
        with _named_in_errors(path), open(path, "ab", buffering=0) as stream:
            stream.write(content)
        return
    with output_file(path, kind, *apart_from) as unfinished:
        unfinished.write_bytes(content)


@contextmanager
def output_file(path: Path, kind: OutputKind, *apart_from: Path) -> Iterator[Path]:
    """A file to write, whatever its name, which takes its place as `path` when all went well and is gone otherwise.

    Raises UserError as `write_output`.
    """
    _require_free(path, kind._replace(streamed=False), apart_from)
    real = _real(path)
    with _named_in_errors(path), replacing(real, real.with_name(f".{real.name}.{os.getpid()}.tmp")) as unfinished:
        yield unfinished


def require_folder(folder: Path, kind: FolderKind, names: Collection[str], unfinished: Path | None = None) -> None:
    """Raises UserError unless `folder` can hold such an output, whose files are called `names`.

    It can if it is new, empty (but for the `unfinished` output in it), or holds an earlier one as it was written;
    beside that it may hold anything else.
    """
    real = _real(folder)
    if not os.path.lexists(real):
        return
    if not os.path.isdir(real):
        raise UserError(f"{folder} cannot be written: it is a file")
    if all(path == unfinished for path in real.iterdir()):
        return
    listed = _listed(kind, real)
    if listed is None:
        raise UserError(f"{folder} holds other files and is no {kind.name}: name a new folder")
    for name, expected in listed.items():
        path = real / name
        if expected and os.path.isfile(path) and sha256(path.read_bytes()).hexdigest() != expected:
            raise UserError(f"{path} has been changed since it was written: it stays as it is; name a new folder")
    for name in names:
        if name not in listed and os.path.lexists(real / name):
            raise UserError(f"{real / name} is no part of the {kind.name} there: it stays as it is; name a new folder")


@contextmanager
def output_folder(folder: Path, kind: FolderKind) -> Iterator[Path]:
    """A folder to fill, whose files take their places in `folder` when all went well; otherwise nothing has changed.

    Of an earlier output, files that the new one lacks are removed; everything else in the folder stays. The index is
    written last: a reader at any moment finds the old output, the new one, or one that does not match its index.

    Raises UserError as `require_folder`, or if the disk refuses it.
    """
    real = _real(folder)
    with _named_in_errors(folder), contextlib.ExitStack() as stack:
        place = real if os.path.isdir(real) else real.parent
        place.mkdir(parents=True, exist_ok=True)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f".{real.name}.", dir=place)))
        unfinished = scratch / real.name
        unfinished.mkdir()
        yield unfinished
        names = sorted((path.name for path in unfinished.iterdir()), key=lambda name: name == kind.index)
        require_folder(folder, kind, names, scratch)
        for name in names:
            sync(unfinished / name)
        if os.path.isdir(real):
            _put_in_place(unfinished, real, kind, names)
        else:
            sync(unfinished)
            os.rename(unfinished, real)
        sync(real.parent)


def _put_in_place(unfinished: Path, real: Path, kind: FolderKind, names: Collection[str]) -> None:
    earlier = _listed(kind, real) or {}
    for name in names:
        os.replace(unfinished / name, real / name)
    for name in earlier.keys() - names if kind.removes else ():
        (real / name).unlink(missing_ok=True)
    sync(real)


def _listed(kind: FolderKind, real: Path) -> Mapping[str, str | None] | None:
    """What the index lists of the folder itself: whoever wrote it has no say in other folders."""
    listed = kind.listed(real)
    return None if listed is None else {name: each for name, each in listed.items() if name == Path(name).name}


def _require_free(path: Path, kind: OutputKind, apart_from: Collection[Path]) -> None:
    if _is_stream(path):
        if not kind.streamed:
            raise UserError(f"{path} is a device or a pipe: {kind.name} needs a file")
        return
    real = _real(path)
    if os.path.isdir(real):
        raise UserError(f"{path} cannot be written: it is a directory")
    for other in apart_from:
        if _same(real, other):
            raise UserError(f"{path} is the same file as {other}: name another one")
    try:
        status = real.stat()
    except OSError:  # nothing there, or out of reach, which writing will say
        return
    if not status.st_mode & 0o222:
        raise UserError(f"{path} is write-protected: it stays as it is; name another file")
    if status.st_size and not kind.recognizes(real):
        raise UserError(f"{path} is there already and is not {kind.name}: it stays as it is; name another file")


def _real(path: Path) -> Path:
    """The place that a path means, behind all symbolic links."""
    return Path(os.path.realpath(path))


def _same(real: Path, other: Path) -> bool:
    """Whether two paths mean one file, by hard links too."""
    try:
        return real == _real(other) or os.path.samefile(real, other)
    except OSError:
        return False


def _is_stream(path: Path) -> bool:
    """Whether this is a device or a pipe, such as /dev/stdout or /dev/null, which takes bytes and is not replaced."""
    if is_open_stream(path):
        return True
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
