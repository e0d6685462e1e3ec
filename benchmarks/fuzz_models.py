"""A target of fuzz.py: models of robots as strangers send them, MJCF and URDF, damaged, and what is made of them."""

import contextlib
import io
import json
import random
import runpy
import sys
import tempfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from playground_amp.configs.own_values import own_values
from playground_amp.paths import PROJECT, ROBOTS
from playground_amp.robot.inspection.inspection import Inspection, inspect_robot
from playground_amp.robot.inspection.page import print_inspection
from playground_amp.robot.inspection.plain import plain_inspection
from playground_amp.robot.making.folder import write_robot
from playground_amp.robot.robot import load_robot

_ODD = (
    "",
    "x",
    "nan",
    "inf",
    "-1",
    "0",
    "1e308",
    "1e-320",
    "0 0 0",
    "1 2 3 4 5 6 7",
    "-0",
    "true",
    "world",
    "²",
    "9" * 400,
)
_ODD_FILES = (
    "../../etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    ".",
    "robot.xml",
    "http://nowhere/a.stl",
    "l" * 300,
    "\\\\a\\b",
)


def model(rng: random.Random, folder: Path) -> object:
    """A model of which bytes or parts were damaged: it is inspected, and some are made a robot of."""
    ending = rng.choice(sorted(_models()))
    path = folder / f"robot{Path(ending).suffix}"
    content = _models()[ending]
    path.write_bytes(_damaged_bytes(rng, content) if rng.random() < 0.3 else _damaged_tree(rng, content))
    inspection = inspect_robot(path)
    with contextlib.redirect_stdout(io.StringIO()):
        print_inspection(inspection)
    json.dumps(plain_inspection(inspection), allow_nan=False)
    return _made(inspection, folder) if rng.random() < 0.5 else inspection


def _made(inspection: Inspection, folder: Path) -> object:
    anatomy, design = inspection.anatomy, inspection.design
    write_robot(folder / "made", inspection.source, anatomy, design, own_values(anatomy, design))
    return load_robot(str(folder / "made"))


def _damaged_bytes(rng: random.Random, content: bytes) -> bytes:
    """Cut, with something taken out, or with something odd put in."""
    start = rng.randrange(len(content))
    end = start + rng.choice((0, 1, 30))
    odd = rng.choice((b"", b"\0", b"<", b"&a;", b"nan", b"\xff", b'<include file="robot.xml"/>', b"<!ENTITY a 'b'>"))
    return content[:start] + odd + (b"" if rng.random() < 0.1 else content[end:])


def _damaged_tree(rng: random.Random, content: bytes) -> bytes:
    """Well-formed: values replaced, parts taken out, doubled, or hung up elsewhere."""
    root = ElementTree.fromstring(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        parts = [(parent, part) for parent in root.iter() for part in parent]
        parent, part = rng.choice(parts)
        match rng.choice(("value", "value", "value", "scaled", "gone", "doubled", "moved")):
            case "value" if part.attrib:
                name = rng.choice(sorted(part.attrib))
                part.set(name, rng.choice(_ODD_FILES if name in ("file", "filename", "meshdir") else _ODD))
            case "scaled" if numeric := [name for name in sorted(part.attrib) if _numbers(part.get(name, ""))]:
                name, factor = rng.choice(numeric), rng.choice((-1.0, 0.0, 1e-3, 1e3, 1e9))
                part.set(name, " ".join(f"{factor * each:g}" for each in _numbers(part.get(name, ""))))
            case "gone":
                parent.remove(part)
            case "doubled":
                parent.append(part)
            case "moved":
                parent.remove(part)
                rng.choice([each for each in root.iter() if each not in set(part.iter())]).append(part)
    return ElementTree.tostring(root)


def _numbers(words: str) -> list[float]:
    try:
        return [float(word) for word in words.split()]
    except ValueError:
        return []


@cache
def _models() -> dict[str, bytes]:
    """Name → content of models that are in order."""
    sys.path.append(str(PROJECT / "tests" / "helpers"))
    from bodies import backlash_duck, tall_biped, urdf

    duck = runpy.run_path(str(PROJECT / "examples" / "duck.py"))["duck"]().encode()
    arms = (ROBOTS / "wildrobot_arms" / "wildrobot_arms.xml").read_bytes()
    with tempfile.TemporaryDirectory() as place:
        made = {each.__name__: each(Path(place) / each.__name__).path for each in (backlash_duck, tall_biped, urdf)}
        others = {f"{name}{path.suffix}": path.read_bytes() for name, path in made.items()}
    return {"duck.xml": duck, "arms.xml": arms, **others}
