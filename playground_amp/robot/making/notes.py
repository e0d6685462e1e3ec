"""What had to be mended to read a model."""

from typing import Literal, NamedTuple

NoteKind = Literal[
    "mesh missing",
    "mesh pointer",
    "mesh unreadable",
    "mesh folder",
    "old attribute",
    "file ending",
    "free base added",
    "loose body",
    "lost reference",
    "keyframe",
    "gravity",
    "inertia",
]


class Note(NamedTuple):
    """Something about the files that had to be mended to read them."""

    kind: NoteKind
    text: str  # one sentence, without its period
    mend: str  # what its owner can do; empty: nothing needs to be done

    @property
    def line(self) -> str:
        """Both in one."""
        return f"{self.text}: {self.mend}" if self.mend else self.text
