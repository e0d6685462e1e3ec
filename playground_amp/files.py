"""Files that are read whatever system wrote them, and written whole or not at all: beside their place, then renamed.

What is written here is for places that are this program's own, such as a run folder under its lock; `outputs.py` is
for places that a user names.
"""

import codecs
import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.telling import warn_once

LOCK = ".lock"
_NOT_OFFERED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}  # by this file system
_OPEN_STREAMS = re.compile(r"/dev/(stdin|stdout|stderr|fd/\d+)|/proc/[^/]+/fd/\d+")
LARGEST = 2 << 30  # bytes; whatever is larger is no input of this program
ARCHIVE_ERRORS = (
    *(ValueError, KeyError, OverflowError, MemoryError, OSError, EOFError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)
"""What an archive of arrays (.npz) that may be anything makes NumPy and zipfile raise."""
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins as that of UTF-16 does
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def is_open_stream(path: Path) -> bool:
    """Whether this names a stream that the process was started with, such as /dev/stdout or /dev/fd/63."""
    return _OPEN_STREAMS.fullmatch(os.path.abspath(path)) is not None


def is_missing(path: Path) -> bool:
    """Whether there is nothing of that name."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # out of reach, or no name at all: whoever reads it will say that
        return False
    return False


def require_file(path: Path, what: str) -> None:
    """Raises UserError unless a file of no more than 2 GiB is there. `what`: "the checkpoint", for the message.

    A pipe is refused, for who waits at one may wait for ever, unless the shell has opened it for this command (`<(…)`).
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise UserError(f"{what} {path} cannot be read: No such file or directory") from None
    except (OSError, ValueError) as error:  # a name too long, links in a circle; a null byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{what} {path} cannot be read: {reason}") from None
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{what} {path} cannot be read: Is a directory")
    if not stat.S_ISREG(status.st_mode) and not is_open_stream(path):
        raise UserError(f"{what} {path} cannot be read: it is a pipe or a device, a file is needed")
    if status.st_size > LARGEST:
        raise UserError(f"{what} {path} cannot be read: {status.st_size / 2**30:.1f} GiB, 2 GiB is the most")


def read_input(path: Path, what: str) -> bytes:
    """The content of a file. Raises UserError as `require_file`, or if it cannot be read."""
    require_file(path, what)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read: {error.strerror}") from None


def read_text(path: Path, what: str) -> str:
    """The text of a file in UTF-8, or in what its byte-order mark says. Raises UserError as `read_input`.

    Bytes that are no text come out as U+FFFD, for the parser to name their line.
    """
    content = read_input(path, what)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    return content.decode(encoding, errors="replace")


def require_modest(archive: zipfile.ZipFile) -> None:
    """Raises ValueError, before anything is unpacked, if an archive says that it unpacks to over 2 GiB."""
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > LARGEST:
        raise ValueError(f"it unpacks to {unpacked / 2**30:.1f} GiB, 2 GiB is the most")


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Replaces `path` by `content`; a reader, or a crash at any moment, finds the old file or the new one.

    Raises OSError (a full disk, for one); the old file is then untouched and nothing is left beside it.
    """
    with replacing(path, temporary_path(path)) as temporary, open(temporary, "wb") as file:
        file.write(content)


@contextmanager
def replacing(path: Path, temporary: Path) -> Iterator[Path]:
    """`temporary`, beside `path`, to write: it takes the place of `path` when all went well, and is gone otherwise.

    Raises OSError; `path` is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync(path.parent)


def temporary_path(path: Path) -> Path:
    """Where `path` is written before it is renamed: always the same name, so that a killed write is overwritten."""
    return path.with_name(f".{path.name}.tmp")


def sync(path: Path) -> None:
    """Forces a file to the disk, or a folder's list of names: without it a renamed file can be lost in a power cut.

    A file system that does not offer that is reported once.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync_open_file(descriptor, "folders" if path.is_dir() else "files")
    finally:
        os.close(descriptor)


def sync_open_file(descriptor: int, what: str = "files") -> None:
    """The same of a file that is open."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
        warn_once(
            f"{what} cannot be forced to this disk ({error.strerror}): a power cut can lose what was written last"
        )


def visible(folder: Path, pattern: str) -> list[Path]:
    """What matches in a folder, by name, without hidden files: half-written ones, a Mac's `._name`."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def require_writable(folder: Path, what: str) -> None:
    """Makes the folder if it is not there. Raises UserError, naming `what`, if nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
    except (OSError, ValueError) as error:  # a null byte in the name
        raise UserError(f"{what} cannot be written: {getattr(error, 'strerror', None) or error}") from None


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process; the system lets go of it when the process ends, however it ends.

    A file system without locks is reported once. Raises UserError if the folder cannot be written or another process
    trains in it.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _open_lock(path)
    except OSError as error:
        raise UserError(f"cannot write to the checkpoint directory {folder}: {error.strerror}") from error
    if lock is None:
        raise UserError(f"another process trains in {folder}: stop it, or name another --checkpoint-dir")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(lock)


def is_held(folder: Path) -> bool:
    """Whether a process holds `folder`; False where that cannot be seen. Nothing is written."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(descriptor)
    return False


def _open_lock(path: Path) -> int | None:
    """The descriptor that holds the lock; None if another process does."""
    while True:
        lock = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                os.close(lock)
                raise
            warn_once(
                f"{path.parent} cannot be locked ({error.strerror}): make sure that no other process trains in it"
            )
            return lock
        if _is_still(path, lock):
            return lock
        os.close(lock)  # whoever held it has ended since, and has removed the file


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
