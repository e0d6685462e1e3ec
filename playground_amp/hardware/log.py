"""A robot's log: every step of a run in one file, whole to the last 100 ms whatever the process or the power does.

with LogWriter(path, header) as log:
    log.event(time, "start", source="keyboard")
    log.step(time=..., phase=..., joint_position=..., ...)  # all of `step_columns`
read_log(path).joint_position  # [T, J] rad
"""

import contextlib
import io
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from playground_amp.errors import UserError
from playground_amp.hardware.log_format import (
    EVENT,
    HEADER,
    MAGIC,
    STEP,
    Frame,
    Json,
    LogHeader,
    frame,
    header_from_json,
    whole_frames,
)

FLUSH_PERIOD = 0.05  # s: what is lost, besides what is on its way to the disk
_to_disk = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_MOST_WAITING = 4 << 20  # bytes kept in memory while the disk does not answer; then records are dropped, and counted
_LARGEST = 2 << 30  # bytes of a log that is read


class LogWriter:
    """Writes a log, in a thread of its own: a disk that is slow or full never keeps the robot waiting. Thread-safe.

    Raises UserError if the file is there already or cannot be made.
    """

    def __init__(self, path: Path, header: LogHeader, flush_period: float = FLUSH_PERIOD):
        self.path = path
        self.dropped = 0  # records that the disk did not take
        self.failure: str | None = None  # why nothing is written any more
        self._row = np.zeros((), header.row)
        self._columns = header.columns
        self._sequence = 0
        self._waiting: list[bytes] = [MAGIC]
        self._size = len(MAGIC)
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._file = _new_file(path)
        self._append(HEADER, header.as_json())
        self._flush()
        if self.failure:  # a disk that is full already is known before anything moves
            os.close(self._file)
            path.unlink()
            raise UserError(f"the log {path} cannot be written: {self.failure}")
        _sync_folder(path)
        self._worker = threading.Thread(target=self._run, args=(flush_period,), name="log", daemon=True)
        self._worker.start()

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def step(self, **values: object) -> None:
        """Appends a step, with a value for each column."""
        for column in self._columns:
            self._row[column.name] = values[column.name]
        self._append(STEP, self._row.tobytes())

    def event(self, time: float, name: str, **details: Json) -> None:
        """Appends an event at a time in s since the log began."""
        self._append(EVENT, json.dumps({"time": time, "name": name, **details}, ensure_ascii=False).encode())

    def close(self) -> None:
        """Writes what is left; the file is whole."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._worker.join()
            os.close(self._file)

    def _append(self, kind: bytes, content: bytes) -> None:
        with self._lock:
            if self._size > _MOST_WAITING:
                self.dropped += 1
                return
            record = frame(kind, self._sequence, content)
            self._sequence += 1
            self._waiting.append(record)
            self._size += len(record)

    def _run(self, period: float) -> None:
        while not self._stopping.wait(period):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            waiting, self._waiting, self._size = self._waiting, [], 0
        if not waiting or self.failure:
            self.dropped += len(waiting) if self.failure else 0
            return
        try:
            content = memoryview(b"".join(waiting))
            while content:
                content = content[os.write(self._file, content) :]
            _to_disk(self._file)
        except OSError as error:  # a record that is half written ends the log, as a cut of power would
            self.failure = error.strerror or str(error)


def _new_file(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        raise UserError(f"the log {path} is there already: it stays as it is; name another file") from None
    except OSError as error:
        raise UserError(f"the log {path} cannot be written: {error.strerror}") from None


def _sync_folder(path: Path) -> None:
    """Has the file's name outlive a cut of power too, where the file system can say so."""
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, eq=False)
class RobotLog:
    """A log that was read: T steps of a robot with J joints on B lines. Units and meanings: `step_columns`."""

    header: LogHeader
    events: tuple[dict[str, Json], ...]  # each with "time" (s since the log began) and "name"
    torn_bytes: int  # behind the last whole record
    time: np.ndarray  # [T] s
    phase: np.ndarray  # [T] place in PHASES
    step_start: np.ndarray  # [T] s
    lateness: np.ndarray  # [T] s
    busy: np.ndarray  # [T] s
    skipped: np.ndarray  # [T]
    joint_position: np.ndarray  # [T, J] rad
    joint_velocity: np.ndarray  # [T, J] rad/s
    joint_age: np.ndarray  # [T, J] s
    counts: np.ndarray  # [T, J]
    orientation: np.ndarray  # [T, 4] wxyz of the IMU
    gyro: np.ndarray  # [T, 3] rad/s in the IMU's frame
    imu_age: np.ndarray  # [T] s
    command: np.ndarray  # [T, 3]
    observation: np.ndarray  # [T, O], NaN where the policy was not asked
    action: np.ndarray  # [T, J], NaN where the policy was not asked
    target: np.ndarray  # [T, J] rad, NaN where none was sent
    voltage: np.ndarray  # [T, J] V
    temperature: np.ndarray  # [T, J] °C
    switches: np.ndarray  # [T, 4]
    counters: np.ndarray  # [T, B, 5] COUNTERS

    def arrays(self) -> dict[str, np.ndarray]:
        """The columns by name."""
        return {column.name: getattr(self, column.name) for column in self.header.columns}

    def to_npz(self) -> bytes:
        """All of it as an archive of NumPy arrays; header and events as JSON text."""
        archive = io.BytesIO()
        texts = {"header": self.header.as_json().decode(), "events": json.dumps(self.events, ensure_ascii=False)}
        arrays: dict[str, Any] = {**{name: np.array(text) for name, text in texts.items()}, **self.arrays()}
        np.savez_compressed(archive, **arrays)
        return archive.getvalue()


def read_log(path: Path) -> RobotLog:
    """Reads a log up to its last whole record. Raises UserError if it is none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"the log {path} is larger than 2 GiB")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"the log {path} cannot be read: {error.strerror}") from None
    frames = whole_frames(data)
    first = next(frames, None) if data.startswith(MAGIC) else None
    try:
        if first is None or first.kind != HEADER:
            raise ValueError
        return _log_of(header_from_json(first.content), first, [*frames], len(data))
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is no log of a robot that this version wrote") from None


def _log_of(header: LogHeader, first: Frame, frames: list[Frame], size: int) -> RobotLog:
    rows = np.frombuffer(b"".join(each.content for each in frames if each.kind == STEP), header.row)
    events = tuple(json.loads(each.content) for each in frames if each.kind == EVENT)
    end = frames[-1].end if frames else first.end
    return RobotLog(header, events, size - end, **{name: rows[name] for name in rows.dtype.names or ()})
