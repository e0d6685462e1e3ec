"""Tells from the name of a joint which side and which part of a leg it is, whatever program wrote it."""

import re
from collections import Counter
from collections.abc import Sequence

from playground_amp.robot.record import SIDES

# What joints are called, after side and decoration are taken off and all but letters; the best name first.
PARTS = {
    "hip": (
        "upleg",
        "upperleg",
        "legupper",
        "uleg",
        "thigh",
        "thighbend",
        "upperthigh",
        "femur",
        "leghip",
        "hip",
        "leg",
    ),
    "knee": ("lowerleg", "lowleg", "leglower", "calf", "shin", "shinbend", "tibia", "legknee", "knee", "shank", "leg"),
    "ankle": ("legankle", "ankle", "foot", "feet", "talus"),
    "shoulder": ("upperarm", "uparm", "armupper", "uarm", "humerus", "shldr", "arm", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "armlower", "larm", "forearmbend", "radius", "elbow"),
    "wrist": ("hand", "wrist"),
}
_MARKS = {"left": ("left", "lft", "lf", "lt", "l"), "right": ("right", "rgt", "rt", "r")}
_ALL_MARKS = {mark for marks in _MARKS.values() for mark in marks}
# What programs put before and after: said by the name as a whole, or by one of its words.
_PREFIX = re.compile(r"^(?:(?i:mixamorig)\d*|(?i:character|skeleton|armature|valvebiped|biped|bip)\d*(?![a-z]))")
_DECORATION = re.compile(
    r"[bcj]|cc|jo?i?nt|jn|jt|bo?ne?|base|def|org|sk|skel|skin|skinned|rig|robot|character|bip|biped|valve|valvebiped"
    r"|armature|mixamorig|bind|actor|human|body"
)
_SHARED = 0.75  # share of the joints whose names begin, or end, with a word that then says nothing
_MIKU_MIKU_DANCE = {"左": "left", "右": "right"}
_MIKU_MIKU_DANCE_PARTS = {"足": "upleg", "ひざ": "knee", "足首": "ankle"}

Words = tuple[str, ...]


def sides_and_parts(names: Sequence[str]) -> list[tuple[str, str]]:
    """As in ('left', 'upleg') for mixamorig:LeftUpLeg, thigh_l, Bip01 L Thigh, J_Bip_L_UpperLeg, lThigh or HipLeft."""
    words = [_words(name) for name in names]
    for end in (0, -1):
        words = _without_shared(words, end)
    return [_japanese(name) or _side_and_part(each) for name, each in zip(names, words, strict=True)]


def _words(name: str) -> Words:
    bare = re.split(r"[:|]", name)[-1]
    bare = _PREFIX.sub("", bare)
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+", bare))


def _without_shared(words: list[Words], end: int) -> list[Words]:
    """Without the words at one end that are decoration, or that most of the names have there."""
    while True:
        counted = Counter(each[end] for each in words if len(each) > 1)
        most, count = counted.most_common(1)[0] if counted else ("", 0)
        shared = most if count >= _SHARED * len(words) and most not in _ALL_MARKS else None
        shorter = [_without(each, end, shared) for each in words]
        if shorter == words:
            return words
        words = shorter


def _without(words: Words, end: int, shared: str | None) -> Words:
    if len(words) < 2 or not (words[end] == shared or _DECORATION.fullmatch(words[end])):
        return words
    return words[1:] if end == 0 else words[:-1]


def _side_and_part(words: Words) -> tuple[str, str]:
    for side in SIDES:
        for mark in _MARKS[side]:
            if mark in words:
                place = words.index(mark)
                return side, "".join(words[:place] + words[place + 1 :])
    whole = "".join(words)
    for side in SIDES:
        if whole.startswith(side) or whole.endswith(side):
            return side, whole.replace(side, "", 1)
    known = {part for parts in PARTS.values() for part in parts}
    for side in SIDES:
        if whole[:1] == side[0] and whole[1:] in known:
            return side, whole[1:]
        if whole[-1:] == side[0] and whole[:-1] in known:
            return side, whole[:-1]
    return "", whole


def _japanese(name: str) -> tuple[str, str] | None:
    """MikuMikuDance's names: 左足, 左ひざ, 左足首."""
    side, part = _MIKU_MIKU_DANCE.get(name[:1]), _MIKU_MIKU_DANCE_PARTS.get(name[1:])
    return (side, part) if side and part else None
