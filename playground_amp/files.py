"""Files that are either whole or not there: written beside their place, forced to the disk, then renamed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground_amp.errors import UserError


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Replaces `path` by `content`; a reader, or a crash at any moment, finds the old file or the new one.

    Raises OSError (a full disk, for one); the old file is then untouched and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def temporary_path(path: Path) -> Path:
    """Where `path` is written before it is renamed: always the same name, so that a killed write is overwritten."""
    return path.with_name(f".{path.name}.tmp")


def sync_folder(folder: Path) -> None:
    """Forces the folder's list of names to the disk: without it a renamed file can be lost in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process; the system lets go of it when the process ends, however it ends.

    Raises UserError if the folder cannot be written or another process trains in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o644)
    except OSError as error:
        raise UserError(f"cannot write to the checkpoint directory {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UserError(f"another process trains in {folder}: stop it, or name another --checkpoint-dir") from error
    finally:
        os.close(lock)
