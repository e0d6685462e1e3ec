"""Files that are either whole or not there: written beside their place, forced to the disk, then renamed.

What stands here is for places that are this program's own, such as a run folder under its lock; `outputs.py` is for
places that a user names.
"""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.telling import warn_once

LOCK = ".lock"
_NOT_OFFERED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}  # by this file system


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

    A file system that does not offer that is told of once.
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
    except OSError as error:
        raise UserError(f"{what} cannot be written: {error.strerror}") from None


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process; the system lets go of it when the process ends, however it ends.

    A file system without locks is told of once. Raises UserError if the folder cannot be written or another process
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
