"""A robot's folder, made from its design: the model in normal form, its meshes, and `robot.yaml` with every origin."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from playground_amp.outputs import FolderKind, output_folder, read_json, require_folder
from playground_amp.robot.description import DESCRIPTION
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.evenness import even_layout
from playground_amp.robot.making.layout import Layout
from playground_amp.robot.making.looks import mesh_content, mesh_file
from playground_amp.robot.making.normal_form import write_mjcf
from playground_amp.robot.making.own_value import OwnValue
from playground_amp.robot.making.robot_yaml import description_text
from playground_amp.robot.making.skeleton import Skeleton
from playground_amp.robot.making.source import Source

INDEX = "made.json"


def _listed(folder: Path) -> Mapping[str, str | None] | None:
    """The files of an earlier output and their sums."""
    index = read_json(folder / INDEX)
    if not isinstance(index, dict) or not isinstance(index.get("files"), dict):
        return None
    return {INDEX: None, **{str(name): str(each) for name, each in index["files"].items()}}


MADE_ROBOT = FolderKind("robot made by robot.py init", INDEX, _listed)


def require_robot_folder(folder: Path) -> None:
    """Raises UserError unless a robot can be written there: nothing is there, or one made earlier and not edited."""
    require_folder(folder, MADE_ROBOT, [DESCRIPTION])


def write_robot(folder: Path, source: Source, anatomy: Anatomy, design: Design, task: Mapping[str, OwnValue]) -> None:
    """Writes the folder, whole or not at all.

    Args:
        folder: where to.
        source: the model.
        anatomy: its parts.
        design: what is made of it.
        task: dotted keys of the training configuration that this robot has its own values for.

    Raises:
        UserError: something else is there, or the disk refuses it.
    """
    held = {name: angle for name, angle in design.home.angles.items() if name not in design.acts}
    layout = even_layout(Skeleton(source), anatomy, design.acts, held)
    model_file = f"{_plain(anatomy.name)}.xml"
    with output_folder(folder, MADE_ROBOT) as unfinished:
        mjcf = write_mjcf(anatomy, layout, design.servos, design.home.height, source.model)
        (unfinished / model_file).write_text(mjcf)
        for mesh in sorted(_shown(layout)):
            (unfinished / mesh_file(source.model, mesh)).write_bytes(mesh_content(source.model, mesh))
        (unfinished / DESCRIPTION).write_text(description_text(source, anatomy, design, layout, model_file, task))
        sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(unfinished.iterdir())}
        index = {"source": source.path.name, "files": sums}
        (unfinished / INDEX).write_text(json.dumps(index, indent=1) + "\n")


def _shown(layout: Layout) -> set[int]:
    return {look.mesh for rigid in layout.bodies for look in rigid.looks if look.mesh is not None}


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or "robot"
