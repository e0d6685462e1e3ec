"""`metrics.jsonl`: one line of strict JSON an iteration, none lost, none doubled, none torn."""

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from playground_amp.files import sync_open_file

Record = Mapping[str, float | int]


class MetricsLog:
    """Appends records to a file; each record has a key `iteration` that counts up by one.

    A line reaches the operating system at once and the disk with `sync()`, which comes before each saved state: a state
    of iteration N on the disk means that lines 1 to N are there too. What a full disk refuses is written later.
    """

    def __init__(self, path: Path, through: int) -> None:
        """Opens `path` and cuts off what follows iteration `through` (0: everything), a torn line included."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 (open as long as the run)
        self._pending, self._torn = bytearray(), False
        kept, self._size = _length_through(path, through)
        self.missing = through - kept
        self._file.truncate(self._size)

    def write(self, record: Record) -> None:
        """Appends a record. Raises OSError if the disk refuses it; the next call tries again."""
        self._pending += (json.dumps({name: strict(value) for name, value in record.items()}) + "\n").encode()
        self._flush()

    def sync(self) -> None:
        """Forces all records to the disk. Raises OSError if it refuses them."""
        self._flush()
        sync_open_file(self._file.fileno())

    def close(self) -> None:
        """Writes what is left. Raises OSError if the disk refuses it."""
        try:
            if self._pending:
                self._flush()
        finally:
            self._file.close()

    def _flush(self) -> None:
        if self._torn:
            self._cut()
        rest = memoryview(bytes(self._pending))
        try:
            while rest:  # a disk that fills up takes a part first, and refuses then
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._torn = True
            with contextlib.suppress(OSError):  # the next attempt comes to it
                self._cut()
            raise
        self._size += len(self._pending)
        self._pending.clear()

    def _cut(self) -> None:
        """Removes what an attempt left of a line."""
        self._file.truncate(self._size)
        self._torn = False


def read_records(path: Path) -> list[dict[str, float | None]]:
    """All records of a file, in order. Raises ValueError at a line that is no strict JSON."""
    return [json.loads(line, parse_constant=_refuse) for line in path.read_text().splitlines()]


def strict(value: float | int) -> float | int | None:
    """JSON knows no NaN and no infinity: both become null."""
    return value if math.isfinite(value) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _length_through(path: Path, through: int) -> tuple[int, int]:
    """The number of sound records from the start up to iteration `through`, and the bytes they take."""
    records, size = 0, 0
    with open(path, "rb") as file:
        for line in file:
            try:
                iteration = json.loads(line)["iteration"]
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n") or iteration > through:
                break
            records, size = records + 1, size + len(line)
    return records, size
