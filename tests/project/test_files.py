"""Files are whole or not there; what a file system does not offer is told of and done without."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from playground_amp import telling
from playground_amp.errors import UserError
from playground_amp.files import LOCK, exclusive, read_input, read_text, temporary_path, visible, write_atomically


@pytest.fixture(autouse=True)
def nothing_told_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_told", set())


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_write_left_is_written_over(tmp_path: Path) -> None:
    temporary_path(tmp_path / "file").write_bytes(b"half")
    write_atomically(tmp_path / "file", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_an_input_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with open(tmp_path / "large", "wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    for name, reason in (
        ("nothing", "No such file or directory"),
        (".", "Is a directory"),
        ("pipe", "it is a pipe or a device, a file is needed"),
        ("/dev/zero", "it is a pipe or a device"),
        ("circle", "Too many levels of symbolic links"),
        ("large", "3.0 GiB, 2 GiB is the most"),
        ("x" * 300, "File name too long"),
        ("x\0y", "null byte"),
    ):
        with pytest.raises(UserError, match=r"the clip .* cannot be read") as error:
            read_input(tmp_path / name, "the clip")
        assert reason in str(error.value)


def test_what_the_shell_has_opened_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"content")
    os.close(writing)
    assert read_input(Path(f"/dev/fd/{reading}"), "the configuration file") == b"content"
    os.close(reading)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_by_its_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "text").write_bytes("Knöchel".encode(encoding))
    assert read_text(tmp_path / "text", "the motion") == "Knöchel"


def test_hidden_files_are_not_meant(tmp_path: Path) -> None:
    for name in ("b.npz", "a.npz", "._a.npz", ".c.npz.tmp", "a.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in visible(tmp_path, "*.npz")] == ["a.npz", "b.npz"]


@pytest.mark.parametrize("what", ["folders", "files"])
def test_without_fsync_it_is_told_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    fsync = os.fsync

    def refusing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == (what == "folders"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    for content in (b"1", b"2"):
        write_atomically(tmp_path / "folder" / "file", content)
        assert (tmp_path / "folder" / "file").read_bytes() == content
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"{what} cannot be forced to this disk (Invalid argument)" in said[0]


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_without_locks_it_is_told_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    def refusing(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refusing)
    for _ in range(2):
        with exclusive(tmp_path):
            pass
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "make sure that no other process trains in it" in said[0]


def test_a_lock_leaves_nothing_and_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path):
            assert (tmp_path / LOCK).exists()
            with pytest.raises(UserError, match="another process trains in"), exclusive(tmp_path):
                pass
            assert (tmp_path / LOCK).exists()
        assert list(tmp_path.iterdir()) == []
    (tmp_path / LOCK).touch()  # of a process that was killed
    with exclusive(tmp_path):
        pass


def test_a_lock_on_a_file_that_is_gone_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, opened = fcntl.flock, []

    def slow(descriptor: int, how: int) -> None:
        if not opened:  # whoever held it ends between our opening and our locking it
            (tmp_path / LOCK).unlink()
        opened.append(descriptor)
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with exclusive(tmp_path), pytest.raises(UserError), exclusive(tmp_path):
        pass
    assert len(opened) == 3
