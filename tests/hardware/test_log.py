"""A robot's log comes back as it was written, whatever happens to the process, the disk or the power."""

import errno
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.hardware import log as log_module
from playground_amp.hardware.log import LogWriter, read_log
from playground_amp.hardware.log_format import MAGIC, LogHeader, step_columns

JOINTS, OBSERVATION, BOARDS = 3, 7, 2


def header() -> LogHeader:
    return LogHeader(
        robot="made_up",
        robot_sha256="a" * 64,
        bundle="bundles/made up",
        bundle_sha256="b" * 64,
        hardware="robot: made_up\n",
        joint_names=("a", "b", "ç"),
        board_names=("left", "right"),
        observation_parts=(("gravity_b", 3), ("rest", 4)),
        control_dt=0.02,
        started="2026-11-28T10:00:00+00:00",
        columns=step_columns(JOINTS, OBSERVATION, BOARDS),
    )


def step(number: int) -> dict[str, Any]:
    """A step whose every number tells its own place."""
    values: dict[str, Any] = {}
    for place, column in enumerate(header().columns):
        row = np.arange(np.prod(column.shape, dtype=int)).reshape(column.shape) % 5 + place + number
        values[column.name] = row.astype(column.type)
    return values


def write(path: Path, steps: int) -> None:
    with LogWriter(path, header()) as log:
        for number in range(steps):
            log.step(**step(number))
            if number == 1:
                log.event(0.5, "stop", reason="tilt", text="it fell über")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a.wrlog", 4)
    found = read_log(tmp_path / "logs" / "a.wrlog")
    assert found.header == header()
    assert found.events == ({"time": 0.5, "name": "stop", "reason": "tilt", "text": "it fell über"},)
    assert found.torn_bytes == 0
    for name, array in found.arrays().items():
        np.testing.assert_array_equal(array, np.stack([step(number)[name] for number in range(4)]))
    (tmp_path / "a.npz").write_bytes(found.to_npz())
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["joint_position"], found.joint_position)


def test_a_log_that_is_cut_anywhere_or_damaged_ends_with_its_last_whole_record(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.wrlog", tmp_path / "cut.wrlog"
    write(whole, 4)
    data = whole.read_bytes()
    write(tmp_path / "short.wrlog", 1)
    size = (tmp_path / "short.wrlog").stat().st_size
    record = (len(data) - size) // 3  # an event is a little shorter than a step here, none is longer
    for end in range(size, len(data), 41):
        path.write_bytes(data[:end])
        found = read_log(path)
        np.testing.assert_array_equal(found.time, [step(number)["time"] for number in range(len(found.time))])
        assert found.torn_bytes < 2 * record
        path.write_bytes(data[:end] + b"\0" * 5000)  # what a file system may leave behind the end
        assert len(read_log(path).time) == len(found.time)
        flipped = bytearray(data)
        flipped[end] ^= 0x10
        path.write_bytes(flipped)
        assert len(read_log(path).time) <= 4


@pytest.mark.parametrize("content", [b"", MAGIC, b"PK\3\4" + b"\0" * 100, MAGIC + b"\xff" * 300])
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UserError, match="no log of a robot"):
        read_log(tmp_path / "x")
    with pytest.raises(UserError, match="cannot be read"):
        read_log(tmp_path / "nowhere")


def test_a_log_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path / "a", 1)
    before = (tmp_path / "a").read_bytes()
    with pytest.raises(UserError, match="is there already"):
        LogWriter(tmp_path / "a", header())
    assert (tmp_path / "a").read_bytes() == before


def test_a_disk_that_is_full_already_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(log_module.os, "write", full)
    with pytest.raises(UserError, match="a cannot be written: No space left on device"):
        LogWriter(tmp_path / "a", header())
    assert not (tmp_path / "a").exists()


def test_what_was_told_100_ms_ago_is_in_the_file(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "a", header(), flush_period=0.02) as log:
        assert len(read_log(tmp_path / "a").time) == 0  # the header is there from the start
        log.step(**step(0))
        deadline = time.monotonic() + 5
        while len(read_log(tmp_path / "a").time) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_full_or_slow_disk_neither_ends_the_run_nor_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_MOST_WAITING", 2000)
    with LogWriter(tmp_path / "slow", header(), flush_period=60) as log:
        for number in range(50):
            log.step(**step(number))
        assert 0 < log.dropped < 50
        kept = 50 - log.dropped
    assert len(read_log(tmp_path / "slow").time) == kept

    with LogWriter(tmp_path / "full", header(), flush_period=60) as log:
        log.step(**step(0))

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(log_module.os, "write", full)
        log.close()
        monkeypatch.undo()
    assert log.failure == "No space left on device"
    assert len(read_log(tmp_path / "full").time) == 0
