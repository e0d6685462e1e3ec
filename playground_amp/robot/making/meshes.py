"""Where a model's meshes are, and what stands for those that are not there."""

import os
import re
import struct
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from playground_amp.robot.making.notes import Note, NoteKind

STAND_IN = "stand_in.obj"
_POINTER = b"version https://git-lfs"
_READABLE = (".stl", ".obj", ".msh")
_LARGEST = 100_000_000  # bytes of a mesh
_MOST_BYTES = 500_000_000  # of all
_OF_MESHES = re.compile("mesh|asset|stl|visual|collision|geom|cad")
_MOST_PLACES = 20_000  # files looked at for one that is not where it should be
_NAMED = 4  # files that a note names
_STL_HEADER, _STL_TRIANGLE, _STL_MOST = 84, 50, 200_000

# A cube of 2 cm: what a mesh is replaced with. It weighs nothing; whoever measures shapes leaves it out.
_CORNERS = [(x, y, z) for x in (-0.01, 0.01) for y in (-0.01, 0.01) for z in (-0.01, 0.01)]
_FACES = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]
_CUBE = [f"v {x} {y} {z}" for x, y, z in _CORNERS] + [f"f {face}" for face in _FACES]
ASSETS = {STAND_IN: "\n".join([*_CUBE, ""]).encode()}


class Meshes(NamedTuple):
    """What became of a model's meshes."""

    lost: frozenset[str]  # names of those that a stand-in replaces
    notes: tuple[Note, ...]


class MeshFinder:
    """Finds mesh files by the words of a model."""

    def __init__(self, model: Path, folders: list[str], files: Iterable[str], *, stripped: bool = False) -> None:
        """`folders`: the model's mesh folders, as it names them, the last first; `files`: all of its meshes.

        `stripped`: a file may lie in those folders also without the ones that its own name has.
        """
        self._names = {_plain(file).name.lower() for file in files}
        self._beside = Path(os.path.realpath(model)).parent
        self._folders = [self._beside / folder for folder in folders] + [self._beside]
        self._stripped, self._bytes = stripped, 0

    def find(self, file: str) -> tuple[Path | None, bool]:
        """The file that is meant, and whether it lies where the model says."""
        package = file.startswith(("package://", "model://"))
        plain = _plain(file)
        if package:
            expected = [above / plain for above in self._above] + [
                above / Path(*plain.parts[1:]) for above in self._above if len(plain.parts) > 1
            ]
        else:
            names = (plain, plain.name) if self._stripped else (plain,)
            expected = [folder / name for folder in self._folders for name in names]
        for path in expected:
            if os.path.isfile(path):
                return path, True
        return self._index.get(plain.name.lower()), False

    def fault(self, path: Path) -> str | None:
        """Why a file is no mesh that can be read; None: it can."""
        with open(path, "rb") as file:
            head = file.read(_STL_HEADER)
        if head.startswith(_POINTER):
            return "pointer"
        size = path.stat().st_size
        self._bytes += size
        if path.suffix.lower() not in _READABLE or not size or size > _LARGEST or self._bytes > _MOST_BYTES:
            return "unreadable"
        if path.suffix.lower() == ".stl":
            faces = struct.unpack("<I", head[80:84])[0] if len(head) == _STL_HEADER else 0
            if not 0 < faces <= _STL_MOST or _STL_HEADER + faces * _STL_TRIANGLE > size:
                return "unreadable"
        return None

    @cached_property
    def _above(self) -> list[Path]:
        return [self._beside, *self._beside.parents][:6]

    @cached_property
    def _index(self) -> dict[str, Path]:
        """The model's mesh files near it by name, the nearest first.

        Only of folders that hold most of them: other robots have a `base_link.stl` as well. Two folders up are other
        robots' folders too: there only those that are called after meshes are looked into.
        """
        found: dict[str, Path] = {}
        looked = 0
        for steps, top in enumerate(self._above[:3]):
            for folder, inner, names in os.walk(top):
                inner[:] = sorted(name for name in inner if not name.startswith("."))[:_MOST_PLACES]
                if steps == 2 and Path(folder) == top:
                    inner[:] = [name for name in inner if _OF_MESHES.search(name.lower())]
                looked += len(names) + len(inner)
                own = [name for name in names if name.lower() in self._names]
                if 2 * len(own) >= len(self._names):
                    for name in own:
                        if name.lower().endswith(_READABLE):
                            found.setdefault(name.lower(), Path(folder, name))
                if looked > _MOST_PLACES:
                    return found
        return found


def _plain(file: str) -> Path:
    """A mesh's path as a model says it, without the scheme of a package."""
    return Path(file.split("://", 1)[1] if "://" in file else file.replace("\\", "/"))


def place_meshes(root: ElementTree.Element, model: Path) -> Meshes:
    """Gives every mesh of an MJCF the absolute path of its file, or the stand-in's."""
    compilers = list(root.iter("compiler"))
    folders = [c.get("meshdir") or c.get("assetdir") or "" for c in reversed(compilers)]
    strip = any(c.get("strippath") == "true" for c in compilers)
    files = [mesh.get("file", "") for mesh in root.iter("mesh")]
    finder = MeshFinder(model, [folder for folder in folders if folder], filter(None, files))
    faults: dict[str, list[str]] = {}
    lost = set()
    for mesh in root.iter("mesh"):
        file = mesh.get("file")
        if not file:
            continue
        mesh.set("name", mesh.get("name") or Path(file).stem)
        path, fault = locate(finder, Path(file).name if strip else file)
        if fault:
            faults.setdefault(fault, []).append(Path(file).name)
        if path is None:
            lost.add(mesh.get("name", ""))
            for attribute in ("content_type", "scale", "refpos", "refquat", "maxhullvert"):
                mesh.attrib.pop(attribute, None)
        mesh.set("file", str(path or STAND_IN))
    for compiler in compilers:
        for attribute in ("meshdir", "texturedir", "assetdir", "strippath"):
            compiler.attrib.pop(attribute, None)
    return Meshes(frozenset(lost), mesh_notes(faults))


def locate(finder: MeshFinder, file: str) -> tuple[Path | None, str | None]:
    """A mesh's file, None where a stand-in is needed, and what was wrong: missing, pointer, unreadable, elsewhere."""
    path, as_said = finder.find(file)
    if path is None:
        return None, "missing"
    if fault := finder.fault(path):
        return None, fault
    return path, None if as_said else "elsewhere"


def mesh_notes(faults: dict[str, list[str]]) -> tuple[Note, ...]:
    """A note a fault, from fault → files."""
    words: dict[str, tuple[NoteKind, str, str]] = {
        "missing": ("mesh missing", "{are} not there", "put {them} where the model looks for {them}"),
        "pointer": ("mesh pointer", "{are} {pointers} instead of {meshes}", "fetch {them} with `git lfs pull`"),
        "unreadable": (
            "mesh unreadable",
            "{are} no STL, OBJ or MSH that can be read",
            "export {them} again as binary STL",
        ),
        "elsewhere": ("mesh folder", "{are} not where the model says, but near it", "correct meshdir"),
    }
    return tuple(
        Note(
            words[fault][0], f"{_listed(files)} {_agreeing(words[fault][1], files)}", _agreeing(words[fault][2], files)
        )
        for fault, files in faults.items()
    )


def _agreeing(words: str, files: list[str]) -> str:
    """A note's words for one file or several."""
    one = {"are": "is", "them": "it", "pointers": "a Git-LFS pointer", "meshes": "a mesh"}
    several = {"pointers": "Git-LFS pointers"}
    return words.format_map({word: one[word] if len(set(files)) == 1 else several.get(word, word) for word in one})


def _listed(files: list[str]) -> str:
    unique = list(dict.fromkeys(files))
    more = len(unique) - _NAMED
    words = f" and {more} more mesh{'es' if more > 1 else ''}" if more > 0 else ""
    return ", ".join(each or "a mesh without a name" for each in unique[:_NAMED]) + words
