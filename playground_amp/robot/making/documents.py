"""A model's XML as one tree: includes put in place, what could hang or swell taken out or refused.

The files are other people's. Everything is bounded: bytes, elements, depth, includes, copies.
"""

import os
import re
import stat
from pathlib import Path
from xml.etree import ElementTree

from playground_amp.errors import UserError

_MOST_BYTES = 32_000_000  # of XML in all
_MOST_ELEMENTS = 100_000
_MOST_FILES = 100
_DEEPEST = 250
_MOST_COPIES = 100  # of a `replicate`
_UNWANTED = ("size", "visual", "statistic", "custom", "skin", "deformable", "extension", "texture", "plugin")
_SWELLING = ("composite", "flexcomp")
_TEMPLATE = re.compile(r"\{https?://(www\.)?ros\.org/wiki/xacro")  # how tags of a xacro file begin
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class DocumentReader:
    """Reads one model's XML with what it includes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes, self._elements, self._files = 0, 0, 0

    def read(self) -> ElementTree.Element:
        """The root of the whole model. Raises UserError."""
        root = self._parsed(self.path)
        if root.tag not in ("mujoco", "robot"):
            raise UserError(
                f"{self.path} is no model of a robot: its XML begins with <{root.tag}>, not <mujoco> or <robot>"
            )
        if root.tag == "robot" and _is_template(root, self.path):
            raise UserError(
                f"{self.path} is a xacro template, not yet a URDF: expand it with `xacro` and take the result"
            )
        self._put_includes(root, (_real(self.path),))
        self._require_bounded(root, 1)
        if root.tag == "mujoco":
            _strip(root)
        return root

    def _parsed(self, path: Path) -> ElementTree.Element:
        self._files += 1
        if self._files > _MOST_FILES:
            raise UserError(f"{self.path} includes more than {_MOST_FILES} files: no robot's model does")
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise UserError(f"{path} is {'a folder: name the model in it' if os.path.isdir(path) else 'no file'}")
            self._bytes += os.stat(path).st_size
            if self._bytes > _MOST_BYTES:
                raise UserError(f"{path} is too large: a robot's XML has at most {_MOST_BYTES // 1_000_000} MB")
            content = path.read_bytes()
        except FileNotFoundError:
            raise UserError(f"{path} is not there") from None
        except (OSError, ValueError) as error:  # links in a circle, a name too long; a null byte in it
            reason = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"{path} cannot be read: {reason}") from None
        if content.startswith(b"version https://git-lfs"):
            raise UserError(f"{path} is a Git-LFS pointer, not the model: fetch it with `git lfs pull`")
        if _DECLARATION.search(content):
            raise UserError(f"{path} declares entities of its own (<!DOCTYPE …>): no robot's model needs that")
        try:
            return ElementTree.fromstring(content)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise UserError(f"{path} is not XML: {error}") from None

    def _put_includes(self, element: ElementTree.Element, way: tuple[Path, ...]) -> None:
        """Puts the children of an included file's root in place of each `include`, wherever it stands."""
        if len(way) > _MOST_FILES:
            raise UserError(f"{self.path} includes itself")
        stack = [element]
        while stack:
            parent = stack.pop()
            for index, child in reversed(list(enumerate(parent))):
                if child.tag != "include":
                    stack.append(child)
                    continue
                file = child.get("file", "")
                place = self._found(file, way[-1].parent)
                if place in way:
                    raise UserError(f"{self.path}: {place.name} includes itself")
                included = self._parsed(place)
                _find_meshes_beside(included, place.parent)
                self._put_includes(included, (*way, place))
                holds_robot = next(included.iter("joint"), None) is not None  # and is no floor
                if holds_robot and included.get("model") and "scene" in _name_of(element):
                    element.set("model", included.get("model", ""))
                parent[index : index + 1] = list(included)

    def _found(self, file: str, beside: Path) -> Path:
        """An included file: beside the model (as MuJoCo looks for it), or beside the file that includes it."""
        for folder in (_real(self.path).parent, beside):
            if file and os.path.isfile(folder / file):
                return _real(folder / file)
        raise UserError(f"{self.path} includes {file!r}, which is not there: put it beside the model")

    def _require_bounded(self, element: ElementTree.Element, depth: int) -> None:
        stack = [(element, depth)]
        while stack:
            parent, depth = stack.pop()
            self._elements += 1
            if self._elements > _MOST_ELEMENTS or depth > _DEEPEST:
                raise UserError(f"{self.path} has more parts than any robot: over {_MOST_ELEMENTS} or {_DEEPEST} deep")
            if parent.tag in _SWELLING:
                raise UserError(f"{self.path} holds a <{parent.tag}>, which no rigid robot has: take it out")
            if parent.tag == "replicate" and not parent.get("count", "").strip().isdecimal():
                raise UserError(f"{self.path}: <replicate> needs a whole number as count")
            if parent.tag == "replicate" and int(parent.get("count", "0")) > _MOST_COPIES:
                raise UserError(f"{self.path} replicates a part more than {_MOST_COPIES} times: no robot does")
            stack += [(child, depth + 1) for child in parent]


def _real(path: Path) -> Path:
    """Where a path leads, as far as that can be told: `Path.resolve` raises where links lead in a circle."""
    return Path(os.path.realpath(path))


def _find_meshes_beside(included: ElementTree.Element, folder: Path) -> None:
    """Meshes that lie where an included file, and not the model, would look for them get their whole path."""
    folders = [folder / (c.get("meshdir") or c.get("assetdir") or "") for c in included.iter("compiler")]
    for mesh in included.iter("mesh"):
        file = mesh.get("file", "")
        places = [place / file for place in (*folders, folder) if file and os.path.isfile(place / file)]
        if places:
            mesh.set("file", os.path.realpath(places[0]))


def _is_template(root: ElementTree.Element, path: Path) -> bool:
    """Whether a URDF is one to be yet: by its tags, its ending, or values that are to be worked out."""
    return path.suffix.lower() == ".xacro" or any(
        _TEMPLATE.match(element.tag) or any("${" in value or "$(" in value for value in element.attrib.values())
        for element in root.iter()
    )


def _name_of(root: ElementTree.Element) -> str:
    return (root.get("model") or "scene").lower()


def _strip(root: ElementTree.Element) -> None:
    """Takes out what says nothing about the body: pictures, memory sizes, plugins; height fields become planes."""
    for parent in root.iter():
        for child in [child for child in parent if child.tag in _UNWANTED]:
            parent.remove(child)
        if parent.tag == "asset":
            for child in [child for child in parent if child.tag == "hfield"]:
                parent.remove(child)
        if parent.tag == "geom" and (parent.get("type") == "hfield" or "hfield" in parent.attrib):
            parent.attrib.pop("hfield", None)
            parent.attrib.update(type="plane", size="0 0 0.05")
        if parent.tag == "material":
            parent.attrib.pop("texture", None)
            for child in list(parent):
                parent.remove(child)
