"""Reading anybody's model of a robot, MJCF or URDF, with its meshes or without them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import mujoco

NoteKind = Literal[
    "mesh missing", "mesh pointer", "mesh folder", "old attribute", "file ending", "free base added", "loose body"
]


class Note(NamedTuple):
    """Something about the files that had to be mended to read them."""

    kind: NoteKind
    text: str  # one sentence
    mend: str  # what its owner can do; empty: nothing needs to be done


@dataclass(frozen=True, eq=False)
class Source:
    """A robot's model as it was read: what stands around it in the world (floor, tables, other bodies) is gone."""

    path: Path
    kind: Literal["MJCF", "URDF"]
    spec: mujoco.MjSpec  # whoever changes it copies it first
    model: mujoco.MjModel  # compiled from it; shared
    notes: tuple[Note, ...]
    lost_meshes: frozenset[str]  # names of geometries whose mesh is a stand-in


def read_source(path: Path) -> Source:
    """Reads a robot's model.

    Args:
        path: an MJCF (.xml, .mjcf), also a scene around a robot, or a URDF.

    Raises:
        UserError: the file is not there, is no model of a robot, or is larger than any robot's model.
    """
    raise NotImplementedError(path)
