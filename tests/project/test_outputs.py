"""What a user names is never written over an input or anything that is not its like; whole, or not at all."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from playground_amp.errors import UserError
from playground_amp.outputs import (
    FolderKind,
    json_object,
    output_file,
    output_folder,
    read_json,
    require_folder,
    require_output,
    write_output,
)

RESULT = json_object("a result (JSON)", "score")
OURS = b'{"score": 1}'


def listed(folder: Path) -> dict[str, str | None] | None:
    index = read_json(folder / "index.json")
    return {"index.json": None, **index["files"]} if isinstance(index, dict) and "files" in index else None


SET = FolderKind("set", "index.json", listed)


def write_set(folder: Path, **contents: str) -> None:
    """A set of text files, with their sums in its index."""
    with output_folder(folder, SET) as unfinished:
        for name, content in contents.items():
            (unfinished / name).write_text(content)
        sums = {name: sha256(content.encode()).hexdigest() for name, content in contents.items()}
        (unfinished / "index.json").write_text(json.dumps({"files": sums}))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("before", [None, b"", OURS])
def test_a_new_file_an_empty_one_and_an_earlier_one_of_the_kind_are_written(
    tmp_path: Path, before: bytes | None
) -> None:
    path = tmp_path / "new folder" / "result.json"
    require_output(path, RESULT)
    if before is not None:
        path.write_bytes(before)
    require_output(path, RESULT)
    write_output(path, RESULT, b'{"score": 2}')
    assert tree(tmp_path) == {"new folder/result.json": b'{"score": 2}'}


@pytest.mark.parametrize("foreign", [b"text", b"[1, 2]", b'{"name": "an app"}', b"[" * 100_000])
def test_what_is_no_file_of_the_kind_stays(tmp_path: Path, foreign: bytes) -> None:
    path = tmp_path / "notes.json"
    path.write_bytes(foreign)
    for write in (lambda: require_output(path, RESULT), lambda: write_output(path, RESULT, OURS)):
        with pytest.raises(UserError, match="is there already and is not a result") as caught:
            write()
        assert "\n" not in str(caught.value)
    assert tree(tmp_path) == {"notes.json": foreign}


def test_a_write_protected_file_stays_for_root_too(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(OURS)
    path.chmod(0o444)
    with pytest.raises(UserError, match="write-protected"):
        require_output(path, RESULT)


def test_an_input_stays_whatever_it_is_called(tmp_path: Path) -> None:
    source = tmp_path / "source.json"
    source.write_bytes(OURS)  # of the very kind
    (tmp_path / "hard").hardlink_to(source)
    (tmp_path / "soft").symlink_to(source)
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    for name in ("source.json", "hard", "soft", "folder/source.json", "./source.json"):
        with pytest.raises(UserError, match="is the same file as"):
            require_output(tmp_path / name, RESULT, source)
        with pytest.raises(UserError, match="is the same file as"):
            write_output(tmp_path / name, RESULT, b'{"score": 2}', source)
    with pytest.raises(UserError, match="is the same file as"):  # two outputs that are not there yet
        require_output(tmp_path / "folder/new", RESULT, tmp_path / "new")
    assert source.read_bytes() == OURS


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    link = tmp_path / "newest.json"
    link.symlink_to(tmp_path / "results" / "1.json")
    for content in (OURS, b'{"score": 2}'):
        write_output(link, RESULT, content)
        assert link.is_symlink()
        assert (tmp_path / "results" / "1.json").read_bytes() == content
    other = tmp_path / "thesis.tex"
    other.write_text("years")
    link.unlink()
    link.symlink_to(other)
    with pytest.raises(UserError, match="is there already"):
        write_output(link, RESULT, OURS)
    assert other.read_text() == "years"


def test_devices_and_pipes_take_it_and_stay(tmp_path: Path) -> None:
    require_output(Path("/dev/null"), RESULT)
    write_output(Path("/dev/null"), RESULT, OURS)
    assert Path("/dev/null").is_char_device()
    read_end, write_end = os.pipe()
    write_output(Path(f"/dev/fd/{write_end}"), RESULT, OURS)
    os.close(write_end)
    assert os.read(read_end, 100) == OURS
    os.close(read_end)
    kept = tmp_path / "kept.txt"
    kept.write_text("before\n")
    with kept.open("a") as file:
        write_output(Path(f"/proc/self/fd/{file.fileno()}"), RESULT, OURS)
    assert kept.read_bytes() == b"before\n" + OURS  # as `--json /dev/stdout >>kept.txt` means it
    with pytest.raises(UserError, match="is a device or a pipe"):
        require_output(Path("/dev/null"), RESULT._replace(streamed=False))


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_file_that_was_not_finished_leaves_no_trace(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(OURS)

    def fail() -> None:
        with output_file(path, RESULT) as unfinished:
            unfinished.write_text('{"sco')
            raise failure

    with pytest.raises(UserError if failure is OSError else failure):
        fail()
    assert tree(tmp_path) == {"result.json": OURS}


def test_a_folder_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail() -> None:
        with output_folder(tmp_path / "set", SET) as unfinished:
            (unfinished / "a").write_text("2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    write_set(tmp_path / "set", a="1")
    assert tree(tmp_path / "set").keys() == {"a", "index.json"}
    assert (tmp_path / "set").stat().st_mode & 0o077  # as other folders, not a temporary one
    before = tree(tmp_path)
    with pytest.raises(RuntimeError):
        fail()
    assert tree(tmp_path) == before
    (tmp_path / "empty").mkdir()
    write_set(tmp_path / "empty", a="1")
    assert tree(tmp_path / "empty") == tree(tmp_path / "set")


def test_of_a_folder_only_what_an_earlier_output_put_there_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_set(folder, a="1", b="1")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    (folder / "notes").write_text("mine")
    (folder / "elsewhere").symlink_to(tmp_path)
    write_set(folder, a="2", c="2")
    assert (folder / "elsewhere").is_symlink()
    (folder / "elsewhere").unlink()
    found = tree(folder)
    assert found.pop("index.json")
    assert found == {"a": b"2", "c": b"2", ".git/HEAD": b"ref", "notes": b"mine"}


def test_an_index_has_no_say_in_other_folders(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    folder = tmp_path / "set"
    write_set(folder, a="1")
    (folder / "index.json").write_text(json.dumps({"files": {"../precious": None, str(tmp_path / "precious"): None}}))
    write_set(folder, b="2")
    assert (tmp_path / "precious").read_text() == "mine"


def test_folders_that_are_not_of_the_kind_stay(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    require_folder(folder, SET, ["a"])  # empty
    (folder / "index.json").write_text('{"name": "an app"}')
    before = tree(folder)
    with pytest.raises(UserError, match="holds other files and is no set"):
        require_folder(folder, SET, ["a"])
    with pytest.raises(UserError, match="holds other files and is no set"):
        write_set(folder, a="1")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="it is a file"):
        require_folder(tmp_path / "file", SET, ["a"])
    assert tree(folder) == before


def test_a_part_that_was_changed_and_a_file_that_is_no_part_stay(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_set(folder, a="1")
    (folder / "b").write_text("mine")
    with pytest.raises(UserError, match="b is no part of the set there"):
        write_set(folder, a="2", b="2")
    (folder / "a").write_text("changed by hand")
    with pytest.raises(UserError, match="a has been changed since it was written"):
        write_set(folder, a="2")
    assert (tree(folder)["a"], tree(folder)["b"]) == (b"changed by hand", b"mine")
