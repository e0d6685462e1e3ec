"""Reads BVH, the text format of most motion capture: a hierarchy of joints, then a line of numbers a frame.

The parser is our own because none of the registry's names the line that is wrong.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from scipy.spatial.transform import Rotation

from playground_amp.errors import UserError
from playground_amp.files import read_text
from playground_amp.motion.human.skeleton import SkeletonMotion, place_joints

_AXES = ("x", "y", "z")
_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in _AXES)


class _Joint(NamedTuple):
    name: str
    parent: int
    offset: np.ndarray  # [3]
    channels: tuple[str, ...]
    first: int  # column of its first channel


class _Lines:
    """The file's lines one after the other, braces on lines of their own, empty ones left out."""

    def __init__(self, path: Path, text: str) -> None:
        parts = (
            (number, part.strip())
            for number, line in enumerate(text.splitlines(), 1)
            for part in re.findall(r"[{}]|[^{}]+", line)
        )
        self._parts = [part for part in parts if part[1]]
        self._path = path
        self._next = 0
        self.taken = 1  # line number of what was taken last

    @property
    def number(self) -> int:
        """Line number of what comes next; after the end, of the last line."""
        return self._parts[min(self._next, len(self._parts) - 1)][0] if self._parts else 1

    def peek(self) -> str:
        return self._parts[self._next][1] if self._next < len(self._parts) else ""

    def take(self, wanted: str) -> list[str]:
        """The words of the next line, which must begin with the words `wanted`."""
        words, begin = self.peek().split(), wanted.split()
        if [word.lower() for word in words[: len(begin)]] != [word.lower() for word in begin]:
            self.fail(f"expected {wanted}, found {self._shown()}")
        self.taken = self.number
        self._next += 1
        return words[len(begin) :]

    def labeled(self, label: str) -> list[str]:
        """The words after a label as in `Frames: 120`; some programs leave out the colon or the blank."""
        found = re.match(rf"{label}\s*:?\s*(?![a-z])".replace(" ", r"\s+"), self.peek(), re.IGNORECASE)
        if found is None:
            self.fail(f"expected {label}:, found {self._shown()}")
        words = self.peek()[found.end() :].split()
        self.taken = self.number
        self._next += 1
        return words

    def rest(self) -> Iterator[tuple[int, str]]:
        """What remains, with the line numbers."""
        return iter(self._parts[self._next :])

    def fail(self, problem: str, number: int | None = None) -> NoReturn:
        raise UserError(f"{self._path}, line {number or self.number}: {problem}")

    def numbers(self, words: list[str], count: int, what: str, number: int | None = None) -> list[float]:
        """Exactly so many finite numbers; on the line that was taken last, if no other is given."""
        number = number or self.taken
        if len(words) != count:
            self.fail(f"{what} needs {count} {'number' if count == 1 else 'numbers'}, found {len(words)}", number)
        values = []
        for word in words:
            try:
                value = float(word if "." in word else word.replace(",", "."))  # a comma, in some countries
            except ValueError:
                self.fail(f"{what}: '{word[:40]}' is no number", number)
            if not np.isfinite(value):
                self.fail(f"{what}: {word} is not finite", number)
            values.append(value)
        return values

    def _shown(self) -> str:
        return f"'{self.peek()[:40]}'" if self.peek() else "the end of the file"


def read_bvh(path: Path) -> SkeletonMotion:
    """Reads a BVH file.

    Raises:
      UserError: it cannot be read, or is not what the format asks for; the message names the line.
    """
    lines = _Lines(path, read_text(path, "the motion"))
    lines.take("HIERARCHY")
    joints: list[_Joint] = []
    _read_joint(lines, joints, "ROOT", -1)
    if lines.peek().upper().startswith("ROOT"):
        lines.fail("a second ROOT; one skeleton a file can be imported")
    lines.take("MOTION")
    time, values = _read_motion(lines, sum(len(joint.channels) for joint in joints))
    offset, local = _poses(joints, values)
    parents = tuple(joint.parent for joint in joints)
    position, rotation = place_joints(parents, offset, local, offset[:, 0])
    names = tuple(joint.name for joint in joints)
    return SkeletonMotion(names, parents, time, position, rotation, loops=False, unit=None, source="BVH")


def _read_joint(lines: _Lines, joints: list[_Joint], keyword: str, parent: int) -> None:
    """Reads a joint with all below it."""
    name = " ".join(lines.take(keyword))
    if not name:
        lines.fail(f"a {keyword} without a name", lines.taken)
    lines.take("{")
    first = sum(len(joint.channels) for joint in joints)
    channels = _read_channels(lines, name) if _is_next(lines, "CHANNELS") else ()  # before OFFSET, by some programs
    offset = np.array(lines.numbers(lines.take("OFFSET"), 3, f"OFFSET of {name}"))
    channels = channels or (_read_channels(lines, name) if _is_next(lines, "CHANNELS") else ())
    joints.append(_Joint(name, parent, offset, channels, first))
    index = len(joints) - 1
    while lines.peek() != "}":
        if _is_next(lines, "END"):
            _read_end(lines, joints, name, index)
        else:
            _read_joint(lines, joints, "JOINT", index)
    lines.take("}")


def _is_next(lines: _Lines, keyword: str) -> bool:
    return lines.peek().upper().startswith(keyword)


def _read_channels(lines: _Lines, name: str) -> tuple[str, ...]:
    number = lines.number
    count, *found = lines.take("CHANNELS") or [""]
    channels = tuple(word.lower() for word in found)
    unknown = [word for word, channel in zip(found, channels, strict=True) if channel not in _CHANNELS]
    if unknown:
        lines.fail(f"unknown channel {unknown[0]} of {name}; known are {', '.join(_CHANNELS)}", number)
    if count != str(len(channels)) or len(set(channels)) != len(channels):
        lines.fail(
            f"CHANNELS of {name}: announces {count or 'nothing'}, then names {' '.join(found) or 'none'}", number
        )
    return channels


def _read_end(lines: _Lines, joints: list[_Joint], name: str, parent: int) -> None:
    lines.take("End Site")
    lines.take("{")
    offset = np.array(lines.numbers(lines.take("OFFSET"), 3, f"OFFSET of the end of {name}"))
    lines.take("}")
    joints.append(_Joint(f"{name} end", parent, offset, (), 0))


def _read_motion(lines: _Lines, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Times [T] and channel values [T, columns]."""
    (frames,) = lines.numbers(lines.labeled("Frames"), 1, "Frames")
    (step,) = lines.numbers(lines.labeled("Frame Time"), 1, "Frame Time")
    if not step > 0:
        lines.fail(f"Frame Time is {step:g} s, it must be above 0", lines.taken)
    quick = _quickly([row for _, row in lines.rest()], int(frames), columns)
    if quick is not None:
        return np.arange(len(quick)) * step, quick
    rest = _whole_frames([(number, row.split()) for number, row in lines.rest()], int(frames), columns)
    rows = [lines.numbers(row, columns, "a frame", number) for number, row in rest]
    if len(rows) != frames:
        lines.fail(f"Frames announces {frames:g}, the file holds {len(rows)}: it is damaged or cut off")
    if len(rows) < 2:
        lines.fail("a motion needs two frames or more")
    return np.arange(len(rows)) * step, np.array(rows)


def _quickly(rows: list[str], frames: int, columns: int) -> np.ndarray | None:
    """The frames [T, columns] all at once, as long files need; None: something is wrong with them."""
    try:
        values = np.fromstring(" ".join(rows), sep=" ")
    except ValueError:  # a word that is no number; the line is named by reading word by word
        return None
    whole = frames >= 2 and columns > 0 and len(values) == frames * columns and np.isfinite(values).all()
    return values.reshape(frames, columns) if whole else None


def _whole_frames(rows: list[tuple[int, list[str]]], frames: int, columns: int) -> list[tuple[int, list[str]]]:
    """A frame a line, also where a program has broken long lines or written several frames into one."""
    words = [(number, word) for number, row in rows for word in row]
    if len(rows) == frames or columns == 0 or len(words) != frames * columns:
        return rows
    starts = range(0, len(words), columns)
    return [(words[start][0], [word for _, word in words[start : start + columns]]) for start in starts]


def _poses(joints: list[_Joint], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offsets [T, J, 3], the root's is its place, and rotations [T, J, 3, 3] against the parents."""
    offset = np.tile(np.array([joint.offset for joint in joints]), (len(values), 1, 1))
    local = np.tile(np.eye(3), (len(values), len(joints), 1, 1))
    for index, joint in enumerate(joints):
        columns = dict(zip(joint.channels, range(joint.first, joint.first + len(joint.channels)), strict=True))
        for axis, name in enumerate(_AXES):
            if f"{name}position" in columns:
                offset[:, index, axis] = values[:, columns[f"{name}position"]]
        turns = [channel for channel in joint.channels if channel.endswith("rotation")]
        if turns:
            angles = values[:, [columns[channel] for channel in turns]]
            order = "".join(channel[0].upper() for channel in turns)  # upper case: each about the axes already turned
            local[:, index] = Rotation.from_euler(order, angles, degrees=True).as_matrix()
    return offset, local
