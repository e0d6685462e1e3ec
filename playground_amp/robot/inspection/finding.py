"""What an inspection says: one record a finding."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Severity = Literal["mend", "note"]
Kind = Literal[
    "files",
    "root",
    "drives",
    "ranges",
    "torque limits",
    "gains",
    "armature",
    "servo speed",
    "masses",
    "inertia",
    "units",
    "symmetry",
    "feet",
    "IMU",
    "home",
    "standing",
    "collision",
]

_NAMED = 4
_IN_URDF = {
    'say <compiler angle="degree"/> if these are degrees': "turn degrees into radians, if these are",
    'say <compiler angle="radian"/> if these are radians': "give radians, if they were turned into degrees twice",
    "forcerange=": '<limit effort="…"/>',
    "range= in the model": '<limit lower="…" upper="…"/>',
    "give armature= (rotor inertia times gear ratio squared), or name": "a URDF cannot tell it: name",
    "kv= of the servos or damping= of the joints": '<dynamics damping="…"/> of the joints',
    "correct meshdir": "correct the meshes' filename=",
}


class Finding(NamedTuple):
    """Something about a robot that its owner should mend, or should know."""

    severity: Severity  # mend: until it is, it walks badly or is not the real robot; note: `init` takes care of it
    kind: Kind
    what: str  # one sentence, without its period
    mend: str  # what to do; of a note: what `init` does
    where: tuple[str, ...] = ()  # names in the model; empty: the whole robot
    figure: float | None = None  # the number that tells how bad it is
    unit: str = ""  # of the figure


def in_words_of_urdf(finding: Finding) -> Finding:
    """The same with what its owner should do in the terms of a URDF, where it is in those of an MJCF."""
    return finding._replace(mend=urdf_words(finding.mend))


def urdf_words(mend: str) -> str:
    """What mends a model, in the terms of a URDF."""
    for word, urdf in _IN_URDF.items():
        mend = mend.replace(word, urdf)
    return mend


def listed(names: Sequence[str]) -> str:
    """The first few of some names, and how many more there are."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def more_pairs(number: int) -> str:
    """Pairs beside the one that is named: "1 more pair"."""
    return f"{number} more pair{'' if number == 1 else 's'}"


def counted(names: Sequence[str], thing: str) -> str:
    """How many of a thing, and which: "3 joints (a, b, c)"."""
    return f"{len(names)} {thing}{'' if len(names) == 1 else 's'} ({listed(names)})"
